"""`ringback customers`: find, show, name, merge and erase people."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.queue.stores import me, stores

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from customers.customer import Customer
    from flows.company.company import Company

customers = typer.Typer(no_args_is_help=True)


@customers.callback()
def _customers() -> None:
    """Customers: find, show, name, merge, erase; mark a shared number."""


Person = Annotated[str, typer.Argument(help="A customer's id, or a telephone number.")]
Limit = Annotated[int, typer.Option(help="Show at most so many.", min=1, max=500)]


@customers.command("list")
def list_(limit: Limit = 50) -> None:
    """Show customers who have a name or a number, the newest first."""
    _show_found("", limit)


@customers.command("find")
def find(
    text: Annotated[str, typer.Argument(help="Part of a name, or of a number: the last four figures will do.")],
    limit: Limit = 50,
) -> None:
    """Find customers by name or number, as people type them."""
    _show_found(text, limit)


@customers.command("show")
def show(who: Person) -> None:
    """Show one customer with the history, the newest last."""
    from api.commands.queue.view import event_in_words
    from callbacks.schedule.local_time import zone_of
    from customers.customer import load
    from customers.history import events_of
    from runtime.sql.database import reading

    with stores() as wiring, reading(wiring.database) as connection:
        owner = load(connection, [_the_one(connection, wiring.company(), who)])
        for person in owner.values():
            typer.echo(line_of(person))
            zone = zone_of(wiring.company(), next(iter(wiring.company().queues)))
            for event in reversed(events_of(connection, person.id)):
                typer.echo(event_in_words(event, zone))


@customers.command("name")
def name_(who: Person, name: Annotated[str, typer.Argument(help='The name; "" takes it away.')]) -> None:
    """Name a customer. Greetings in English and Korean say the name."""
    from customers.changes import change_name
    from runtime.sql.database import writing

    with stores() as wiring, writing(wiring.database) as connection:
        customer_id = _the_one(connection, wiring.company(), who)
        change_name(connection, customer_id, name, me(), datetime.now(UTC))
        _show(connection, customer_id)


@customers.command("merge")
def merge(
    kept: Annotated[str, typer.Argument(help="The customer who stays: id or number.")],
    other: Annotated[str, typer.Argument(help="The customer who is the same person: id or number.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Put numbers, messages, callbacks and history of two customers under one. There is no way back."""
    from customers.customer import load
    from ivr.merging import MergeRefused, merge_customers
    from runtime.sql.database import writing

    with stores() as wiring, writing(wiring.database) as connection:
        ids = [_the_one(connection, wiring.company(), who) for who in (kept, other)]
        for person in load(connection, ids).values():
            typer.echo(line_of(person))
        if not yes:
            typer.confirm(f"Merge {ids[1]} into {ids[0]} for good?", abort=True)
        try:
            merge_customers(connection, ids[0], ids[1], me(), datetime.now(UTC))
        except MergeRefused as refused:
            typer.echo(str(refused), err=True)
            raise typer.Exit(1) from None
        _show(connection, ids[0])


@customers.command("shared")
def shared(
    number: Annotated[str, typer.Argument(help="A number that called.")],
    off: Annotated[bool, typer.Option("--off", help="It is one person's again.")] = False,
) -> None:
    """Mark a number from which several people ring: no name and no promise is spoken, and messages join nothing."""
    from customers.changes import share_number
    from customers.phone import normalise
    from runtime.sql.database import writing

    with stores() as wiring, writing(wiring.database) as connection:
        wanted = normalise(number, wiring.company().home_country) or number
        customer_id = share_number(connection, wanted, not off, me(), datetime.now(UTC))
        if customer_id is None:
            raise typer.BadParameter(f"nobody has called from {number}; `ringback customers find {number}` searches")
        _show(connection, customer_id)


def _show_found(text: str, limit: int) -> None:
    from customers.directory import find_customers
    from runtime.sql.database import reading

    with stores() as wiring, reading(wiring.database) as connection:
        page = find_customers(connection, text, wiring.company().home_country, limit)
    for person in page.items:
        typer.echo(line_of(person))
    if not page.items:
        typer.echo(f"Nobody is found by {text!r}." if text else "There are no customers yet.")
    elif page.next is not None:
        typer.echo(f"… and more: --limit shows up to 500, `find` searches ({len(page.items)} shown)")


def _show(connection: Connection, customer_id: str) -> None:
    from customers.customer import load

    typer.echo(line_of(load(connection, [customer_id])[customer_id]))


def line_of(person: Customer) -> str:
    """A customer in one line: id, name, numbers, language."""
    from customers.phone import spoken_form

    numbers = [
        spoken_form(number) + (" (shared)" if number in person.shared else "")
        for number in (*person.numbers, *person.addresses)
    ]
    merged = f"merged into {person.merged_into}" if person.merged_into else ""
    told = (person.id, person.name or "(no name)", ", ".join(numbers), person.language or "", merged)
    return "  ".join(each for each in told if each)


def _the_one(connection: Connection, company: Company, who: str) -> str:
    """The id of the customer with this id or number. Raises BadParameter."""
    from customers.customer import find_by_number, load
    from customers.phone import normalise

    if load(connection, [who]):
        return who
    number = normalise(who, company.home_country)
    owner = find_by_number(connection, number or who)
    if owner is None:
        raise typer.BadParameter(f"nobody is known by {who}; `ringback customers find TEXT` searches")
    return owner.id


@customers.command("erase")
def erase(
    who: Person,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person: numbers, name, words and audio. The counts of calls, messages and callbacks stay. There is no way back."""
    from api.wiring import opened
    from customers.phone import normalise
    from ivr.erasure import ErasureRefused, erase_person, find_person
    from ivr.published_flows import NothingPublished
    from runtime.sql.database import reading

    with opened("customers", with_line=True) as wiring:
        try:
            wiring.published_flows.refresh()
            number = normalise(who, wiring.company().home_country)
        except NothingPublished:
            number = normalise(who, "")
        with reading(wiring.database) as connection:
            ids = find_person(connection, number or who)
        if not ids:
            typer.echo(
                f"Nobody is known by {who}. Give a number with its country, such as +37120000001, or an id.", err=True
            )
            raise typer.Exit(1)
        if not yes:
            typer.confirm(f"Erase {who} ({', '.join(ids)}) for good?", abort=True)
        try:
            done = erase_person(wiring.database, ids, getpass.getuser(), wiring.settings.data_dir / "spool")
        except ErasureRefused as refused:
            typer.echo(str(refused), err=True)
            raise typer.Exit(1) from None
        wiring.deliver_removals()
    typer.echo(
        f"Erased: {done.calls} calls, {done.messages} messages, {done.callbacks} callbacks have nobody's name now."
    )
    if not done.is_scrubbed:
        typer.echo("The database was busy: its file may hold the data until you run this again.", err=True)
        raise typer.Exit(1)
