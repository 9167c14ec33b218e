"""`ringback queue`: the callbacks by deadline; claim, complete, release them from the terminal, straight on the stores."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from api.commands.queue_missed import missed, revive
from callbacks.callback import OUTCOMES, Outcome, State

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from sqlalchemy.engine import Engine

    from callbacks.callback import Callback
    from callbacks.desk import Desk
    from flows.company import Company

queue = typer.Typer()

WATCH_SECONDS = 2.0
# Wide enough for a line each when nobody looks: a file, a pipe, a test.
_PIPE_COLUMNS = 200

Id = Annotated[str, typer.Argument(help="The callback's id, or its end, which the table shows.")]


def _outcome(value: str) -> Outcome:
    for outcome in OUTCOMES:
        if outcome == value:
            return outcome
    raise typer.BadParameter(f"{value!r} is none of {', '.join(OUTCOMES)}")


def _state(value: str | None) -> State | None:
    for state in get_args(State):
        if state == value:
            found: State = state
            return found
    if value is not None:
        raise typer.BadParameter(f"{value!r} is none of {', '.join(get_args(State))}")
    return None


@queue.callback(invoke_without_command=True)
def by_deadline(
    context: typer.Context,
    name: Annotated[str | None, typer.Option("--queue", help="One queue only.")] = None,
    state: Annotated[str | None, typer.Option(help="One state only; without it all that are not final.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 30,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every 2 seconds until Ctrl-C.")] = False,
) -> None:
    """Show the callbacks by deadline."""
    if context.invoked_subcommand is not None:
        return
    wanted = _state(state)
    with _database() as engine:
        console = _console()
        if not watch:
            console.print(_table(engine, name, wanted, limit))
            return
        from rich.live import Live

        try:
            with Live(_table(engine, name, wanted, limit), console=console, auto_refresh=False) as live:
                while True:
                    time.sleep(WATCH_SECONDS)
                    live.update(_table(engine, name, wanted, limit), refresh=True)
        except KeyboardInterrupt:
            return


@queue.command("show")
def show(callback_id: Id) -> None:
    """Show one callback in full: its messages, promises with their reasons, attempts."""
    with _database() as engine:
        _console().print(_sheet(engine, _find(engine, callback_id).id))


@queue.command("claim")
def claim(
    callback_id: Annotated[str | None, typer.Argument(help="Without it the earliest due that is ready.")] = None,
    name: Annotated[str | None, typer.Option("--queue", help="Of this queue only.")] = None,
) -> None:
    """Take a callback, so that no colleague rings the same customer."""
    with _desk() as (engine, desk):
        if callback_id is not None:
            claimed = desk.claim(_find(engine, callback_id).id, getpass.getuser())
        else:
            found = desk.claim_next([name] if name else None, getpass.getuser())
            if found is None:
                typer.echo("Nothing is ready.", err=True)
                raise typer.Exit(1)
            claimed = found
        _console().print(_sheet(engine, claimed.id))


@queue.command("release")
def release(callback_id: Id) -> None:
    """Give a callback back to the queue."""
    with _desk() as (engine, desk):
        mine = _mine(engine, callback_id)
        released = desk.release(mine.id, mine.nonce or "", getpass.getuser())
        typer.echo(f"{released.id} is {released.state} again.")


@queue.command("attempt")
def attempt(
    callback_id: Id,
    outcome: Annotated[str, typer.Option(help="busy, no_answer, voicemail_reached, wrong_person …")],
    note: Annotated[str, typer.Option(help="What the next colleague should know.")] = "",
) -> None:
    """Write down an attempt; its outcome decides when the customer is rung again."""
    from api.commands.queue_view import state_in_words

    with _desk() as (engine, desk):
        mine = _mine(engine, callback_id)
        moved = desk.attempt(mine.id, mine.nonce or "", getpass.getuser(), _outcome(outcome), note)
        typer.echo(f"{moved.id} is {state_in_words(moved)}.")


@queue.command("number")
def number(
    callback_id: Id, to_ring: Annotated[str, typer.Argument(help="In international form: +37167000000.")]
) -> None:
    """Give a callback that lacks one the number to ring."""
    with _desk() as (engine, desk):
        try:
            given = desk.give_number(_find(engine, callback_id).id, to_ring, getpass.getuser())
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        typer.echo(f"{given.id} is {given.state}.")


@queue.command("complete")
def complete(
    callback_id: Id,
    outcome: Annotated[str, typer.Option(help="resolved, not_needed, answered_elsewhere …")] = "resolved",
    note: Annotated[str, typer.Option(help="What was agreed.")] = "",
) -> None:
    """End a callback with an outcome."""
    with _desk() as (engine, desk):
        mine = _mine(engine, callback_id)
        done = desk.complete(mine.id, mine.nonce or "", getpass.getuser(), _outcome(outcome), note)
        typer.echo(f"{done.id} is {done.state.replace('_', ' ')}.")


queue.command("missed")(missed)
queue.command("revive")(revive)


@contextmanager
def _database() -> Iterator[Engine]:
    from api.wiring import opened

    with opened("queue") as wiring:
        yield wiring.database


@contextmanager
def _desk() -> Iterator[tuple[Engine, Desk]]:
    """The desk on the stores of the settings; a step that is refused is one line and exit 1."""
    from api.wiring import opened
    from callbacks.callback import CallbackError
    from ivr.published_flows import NothingPublished

    with opened("queue") as wiring:
        try:
            wiring.published_flows.refresh()
            yield wiring.database, wiring.desk
        except (CallbackError, NothingPublished) as error:
            typer.echo(f"{str(error)[0].upper()}{str(error)[1:]}", err=True)
            raise typer.Exit(1) from None


def _find(engine: Engine, part: str) -> Callback:
    """The one callback whose id ends or begins so."""
    import sqlalchemy as sa

    from callbacks.tables import callbacks
    from callbacks.transition import of_row
    from runtime.sql.database import reading

    with reading(engine) as connection:
        ids = callbacks.c.id
        fits = ids.startswith(part, autoescape=True) | ids.endswith(part, autoescape=True)
        found = [of_row(row) for row in connection.execute(sa.select(callbacks).where(fits).limit(2))]
    if len(found) == 1:
        return found[0]
    raise typer.BadParameter(
        f"{part!r} is part of {'more than one' if found else 'no'} callback's id; `ringback queue` shows them"
    )


def _mine(engine: Engine, part: str) -> Callback:
    """The callback, when it is this operator who holds it."""
    callback = _find(engine, part)
    if callback.holder == getpass.getuser():
        return callback
    from api.commands.queue_view import short_id

    held = f"held by {callback.holder}" if callback.holder else callback.state.replace("_", " ")
    typer.echo(f"{callback.id} is {held}. Claim it first: ringback queue claim {short_id(callback)}", err=True)
    raise typer.Exit(1)


def _table(engine: Engine, name: str | None, state: State | None, limit: int) -> RenderableType:
    from api.commands.queue_view import table
    from callbacks.board import Filter, list_callbacks
    from customers.customer import load
    from runtime.sql.database import reading
    from voicemail.mailbox import voicemails_of_callback

    with reading(engine) as connection:
        page = list_callbacks(connection, Filter(name, state), limit)
        people = load(connection, list({callback.customer_id for callback in page.items}))
        messages = voicemails_of_callback(connection, [callback.id for callback in page.items])
    return table(page.items, people, messages, datetime.now(UTC), page.next is not None)


def _sheet(engine: Engine, callback_id: str) -> RenderableType:
    import sqlalchemy as sa

    from api.commands.queue_view import sheet
    from callbacks.tables import attempts, promises
    from callbacks.transition import read
    from customers.customer import load
    from runtime.sql.database import reading
    from voicemail.mailbox import voicemails_of_callback

    with reading(engine) as connection:
        callback = read(connection, callback_id)
        owner = load(connection, [callback.customer_id])[callback.customer_id]
        messages = voicemails_of_callback(connection, [callback_id])[callback_id]
        told = sa.select(promises).where(promises.c.callback_id == callback_id).order_by(promises.c.made_at)
        tried = sa.select(attempts).where(attempts.c.callback_id == callback_id).order_by(attempts.c.at)
        return sheet(
            callback,
            owner,
            messages,
            connection.execute(told).all(),
            connection.execute(tried).all(),
            datetime.now(UTC),
            _company(engine),
        )


def _company(engine: Engine) -> Company | None:
    from ivr.published_flows import NothingPublished, PublishedFlows

    published_flows = PublishedFlows(engine)
    try:
        published_flows.refresh()
        return published_flows.company
    except NothingPublished:
        return None


def _console() -> Console:
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_COLUMNS)
