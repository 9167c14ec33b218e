"""`ringback customers`: erase a person."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

customers = typer.Typer(no_args_is_help=True)


@customers.callback()
def _customers() -> None:
    """Erase a person's data."""


@customers.command("erase")
def erase(
    who: Annotated[str, typer.Argument(help="A telephone number, or a customer's id.")],
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
