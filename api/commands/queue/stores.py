"""What the commands of `ringback queue` open, whom they act for, and how they find the callback that is meant."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from api.wiring import Wiring
    from callbacks.callback import Callback
    from flows.company.company import Company


def me() -> str:
    """The agent at this terminal."""
    return getpass.getuser()


@contextmanager
def stores() -> Iterator[Wiring]:
    """The parts by the settings. A step that is refused is one line and exit 1."""
    from api.known_names import UnknownName
    from api.wiring import opened
    from callbacks.callback import CallbackError
    from ivr.published_flows import NothingPublished

    with opened("queue") as wiring:
        try:
            wiring.published_flows.refresh()
            yield wiring
        except UnknownName as error:
            raise typer.BadParameter(str(error)) from None
        except (CallbackError, NothingPublished) as error:
            typer.echo(f"{str(error)[0].upper()}{str(error)[1:]}", err=True)
            raise typer.Exit(1) from None


def find(engine: Engine, part: str) -> Callback:
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


def mine(engine: Engine, part: str) -> Callback:
    """The callback, when it is this agent who holds it; else one line that says what can be done, and exit 1.

    Without a part of its id it is the one that the agent holds.
    """
    if not part:
        return _only_mine(engine)
    callback = find(engine, part)
    if callback.holder == me():
        return callback
    typer.echo(_why_not_mine(callback), err=True)
    raise typer.Exit(1)


def _only_mine(engine: Engine) -> Callback:
    import sqlalchemy as sa

    from api.commands.queue.view import short_id
    from callbacks.tables import callbacks
    from callbacks.transition import of_row
    from runtime.sql.database import reading

    query = sa.select(callbacks).where(callbacks.c.holder == me(), callbacks.c.closed_at.is_(None))
    with reading(engine) as connection:
        held = [of_row(row) for row in connection.execute(query.order_by(callbacks.c.due_at).limit(10))]
    if len(held) == 1:
        return held[0]
    ids = ", ".join(short_id(callback) for callback in held)
    typer.echo(
        f"You hold several: {ids}. Name one." if held else "You hold none. Claim one: `ringback queue claim`", err=True
    )
    raise typer.Exit(1)


def moment(written: str, company: Company, queue: str) -> datetime:
    """A moment as a person writes it; without a zone in that of the queue."""
    from callbacks.schedule.local_time import zone_of
    from flows.values.dates import read_moment

    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        try:
            at = read_moment(written)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone_of(company, queue))


def _why_not_mine(callback: Callback) -> str:
    from api.commands.queue.view import short_id

    name, state = short_id(callback), callback.state.replace("_", " ")
    if callback.holder:
        remedy = f"Ask {callback.holder} to release it. You can add a note: `ringback queue note {name} TEXT`"
        return f"{callback.id} is held by {callback.holder}. {remedy}"
    if callback.is_final:
        remedy = f"If that was a mistake of yours: `ringback queue undo {name}`. To add a note: `ringback queue note {name} TEXT`"
        return f"{callback.id} is closed: {state}. {remedy}"
    lost = " A claim ends after ten minutes; `ringback queue renew` makes it longer." if callback.lost_leases else ""
    return f"{callback.id} is {state}, and nobody holds it.{lost} Claim it: `ringback queue claim {name}`"
