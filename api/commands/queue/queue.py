"""`ringback queue`: the callbacks by deadline; claim, attempt, note and complete them from the terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from api.commands.queue import pages as queue_pages
from api.commands.queue.missed import missed, revive
from api.commands.queue.stores import find, me, mine, moment, stores
from callbacks.callback import AttemptOutcome, ClosingOutcome, State

if TYPE_CHECKING:
    from api.wiring import Wiring

queue = typer.Typer()

WATCH_SECONDS = 2.0

Id = Annotated[str, typer.Argument(help="The callback's id, or its end, which the table shows.")]
Held = Annotated[str, typer.Argument(help="The callback's id, or its end; without it the one that you hold.")]


def _attempt_outcome(value: str) -> AttemptOutcome:
    for outcome in get_args(AttemptOutcome):
        if outcome == value:
            found: AttemptOutcome = outcome
            return found
    raise typer.BadParameter(_not_one_of(value, get_args(AttemptOutcome)))


def _closing_outcome(value: str) -> ClosingOutcome:
    for outcome in get_args(ClosingOutcome):
        if outcome == value:
            found: ClosingOutcome = outcome
            return found
    raise typer.BadParameter(_not_one_of(value, get_args(ClosingOutcome)))


def _state(value: str | None) -> State | None:
    for state in get_args(State):
        if state == value:
            found: State = state
            return found
    if value is not None:
        raise typer.BadParameter(_not_one_of(value, get_args(State)))
    return None


def _not_one_of(value: str, names: tuple[str, ...]) -> str:
    return f"there is no {value!r} here. There are: {', '.join(names)}"


@queue.callback(invoke_without_command=True)
def by_deadline(
    context: typer.Context,
    name: Annotated[str | None, typer.Option("--queue", help="One queue only.")] = None,
    state: Annotated[str | None, typer.Option(help="One state only; without it all that are not closed.")] = None,
    intent: Annotated[str | None, typer.Option(help="One intent only.")] = None,
    language: Annotated[str | None, typer.Option(help="One language only.")] = None,
    is_mine: Annotated[bool, typer.Option("--mine", help="Only what you hold.")] = False,
    late: Annotated[bool, typer.Option("--late", help="Only what is late.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 30,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every 2 seconds until Ctrl-C.")] = False,
) -> None:
    """Show the callbacks by deadline."""
    if context.invoked_subcommand is not None:
        return
    from api.known_names import require_names
    from callbacks.board import Filter
    from runtime.sql.database import reading

    wanted = Filter(name, _state(state), intent, language, me() if is_mine else None, True if late else None)
    with stores() as wiring:
        with reading(wiring.database) as connection:
            flows = wiring.published_flows
            names = [name] if name else []
            require_names(connection, flows.company, flows.live_flows(), queues=names, intent=intent, language=language)
        console = queue_pages.console()
        if not watch:
            console.print(queue_pages.table(wiring, wanted, limit, console.width))
            return
        from rich.live import Live

        fitting = min(limit, queue_pages.rows_that_fit(console))
        try:
            with Live(
                queue_pages.table(wiring, wanted, fitting, console.width), console=console, auto_refresh=False
            ) as live:
                while True:
                    time.sleep(WATCH_SECONDS)
                    live.update(queue_pages.table(wiring, wanted, fitting, console.width), refresh=True)
        except KeyboardInterrupt:
            return


@queue.command("show")
def show(callback_id: Id) -> None:
    """Show one callback in full: its messages, promises with their reasons, attempts, notes."""
    with stores() as wiring:
        queue_pages.console().print(queue_pages.sheet(wiring, find(wiring.database, callback_id).id))


@queue.command("history")
def history(callback_id: Id) -> None:
    """Show what happened with the customer of a callback, the newest last."""
    from api.commands.queue.view import event_in_words
    from callbacks.schedule.local_time import zone_of
    from customers.history import events_of
    from runtime.sql.database import reading

    with stores() as wiring:
        callback = find(wiring.database, callback_id)
        with reading(wiring.database) as connection:
            events = events_of(connection, callback.customer_id)
        zone = zone_of(wiring.company(), callback.queue)
        for event in reversed(events):
            typer.echo(event_in_words(event, zone))


@queue.command("claim")
def claim(
    callback_id: Annotated[str | None, typer.Argument(help="Without it the earliest due that is ready.")] = None,
    name: Annotated[str | None, typer.Option("--queue", help="Of this queue only.")] = None,
) -> None:
    """Take a callback for ten minutes, so that no colleague rings the same customer."""
    from api.known_names import require_names
    from runtime.sql.database import reading

    with stores() as wiring:
        if callback_id is not None:
            claimed = wiring.desk.claim(find(wiring.database, callback_id).id, me())
        else:
            with reading(wiring.database) as connection:
                require_names(connection, wiring.company(), (), queues=[name] if name else [])
            found = wiring.desk.claim_next([name] if name else None, me())
            if found is None:
                typer.echo("No callback is ready to be rung.", err=True)
                raise typer.Exit(1)
            claimed = found
        queue_pages.console().print(queue_pages.sheet(wiring, claimed.id))


@queue.command("renew")
def renew(callback_id: Held = "") -> None:
    """Hold a callback for ten minutes more."""
    from api.commands.queue.view import read_here
    from callbacks.schedule.local_time import zone_of

    with stores() as wiring:
        held = mine(wiring.database, callback_id)
        renewed = wiring.desk.renew(held.id, held.nonce or "", me())
        assert renewed.lease_expires_at is not None
        until = read_here(renewed.lease_expires_at, zone_of(wiring.company(), held.queue))
        typer.echo(f"{renewed.id} is yours until {until}.")


@queue.command("release")
def release(callback_id: Held = "") -> None:
    """Give a callback back to the queue."""
    with stores() as wiring:
        held = mine(wiring.database, callback_id)
        released = wiring.desk.release(held.id, held.nonce or "", me())
        typer.echo(f"{released.id} is {released.state} again.")


@queue.command("attempt")
def attempt(
    callback_id: Id,
    outcome: Annotated[str, typer.Option(help="busy, no_answer, voicemail_reached, wrong_person …")],
    note: Annotated[str, typer.Option(help="What the next colleague should know.")] = "",
    later: Annotated[str | None, typer.Option(help='With call_later: when, such as "2030-03-05 14:00".')] = None,
) -> None:
    """Write down an attempt; its outcome decides when the customer is rung again."""
    with stores() as wiring:
        held = mine(wiring.database, callback_id)
        _write_attempt(wiring, held.id, held.nonce or "", _attempt_outcome(outcome), note, later, held.queue)


@queue.command("later")
def later(
    callback_id: Id,
    when: Annotated[str, typer.Argument(help='The time agreed, such as "2030-03-05 14:00", in the queue\'s zone.')],
    note: Annotated[str, typer.Option(help="What the next colleague should know.")] = "",
) -> None:
    """You spoke with the customer: ring again at the time agreed, which is the new promise."""
    with stores() as wiring:
        held = mine(wiring.database, callback_id)
        _write_attempt(wiring, held.id, held.nonce or "", "call_later", note, when, held.queue)


@queue.command("note")
def note(callback_id: Id, text: Annotated[str, typer.Argument(help="What colleagues should know.")]) -> None:
    """Add a note without an attempt, whoever holds the callback."""
    with stores() as wiring:
        noted = wiring.desk.note(find(wiring.database, callback_id).id, text, me())
        typer.echo(f"Noted with {noted.id}.")


@queue.command("number")
def number(
    callback_id: Id, to_ring: Annotated[str, typer.Argument(help="In international form: +37167000000.")]
) -> None:
    """Give a callback that lacks one the number to ring."""
    with stores() as wiring:
        try:
            given = wiring.desk.give_number(find(wiring.database, callback_id).id, to_ring, me())
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        typer.echo(f"{given.id} is {given.state}.")


@queue.command("complete")
def complete(
    callback_id: Held = "",
    outcome: Annotated[str, typer.Option(help="resolved, not_needed, answered_elsewhere …")] = "resolved",
    note: Annotated[str, typer.Option(help="What was agreed.")] = "",
) -> None:
    """End a callback with an outcome."""
    with stores() as wiring:
        held = mine(wiring.database, callback_id)
        done = wiring.desk.complete(held.id, held.nonce or "", me(), _closing_outcome(outcome), note)
        typer.echo(f"{done.id} is {done.state.replace('_', ' ')}.")


@queue.command("undo")
def undo(callback_id: Id) -> None:
    """Take back an outcome that was a mistake of yours, within ten minutes: you hold the callback again."""
    with stores() as wiring:
        closed = find(wiring.database, callback_id)
        undone = wiring.desk.undo(closed.id, closed.nonce or "", me())
        typer.echo(f"{undone.id} is {undone.state} by you again.")


queue.command("missed")(missed)
queue.command("revive")(revive)


def _write_attempt(
    wiring: Wiring, callback_id: str, nonce: str, outcome: AttemptOutcome, note: str, later: str | None, name: str
) -> None:
    from api.commands.queue.view import state_in_words
    from callbacks.schedule.local_time import zone_of

    company = wiring.company()
    at = moment(later, company, name) if later is not None else None
    moved = wiring.desk.attempt(callback_id, nonce, me(), outcome, note, call_later_at=at)
    typer.echo(f"{moved.id} is {state_in_words(moved, zone_of(company, name))}.")
