"""What was promised for a callback, and whether it was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from callbacks.callback import LIVE_STATES, Callback
from callbacks.schedule.local_time import in_words, zone_of_promise
from callbacks.tables import callback_sources, callbacks, is_in, promises
from customers.history import event_row, record, record_many
from runtime.sql.database import insert_once

# Said of an open promise whose moment has not passed when the matter ends: with contact it was kept, without it fell away.
InTime = Literal["kept", "superseded"]

# So long before its moment it is told that a promise is about to break.
WARN_BEFORE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class OpenPromise:
    """An open promise whose moment is near or has passed, with what an operator needs to find it."""

    callback_id: str
    queue: str
    number: str | None
    until: datetime
    spoken: bool


def promise(
    connection: Connection,
    promise_id: str,
    callback_id: str,
    until: datetime,
    made_at: datetime,
    spoken: bool,
    ledger: dict[str, Any],
) -> None:
    """Write down a promise with the reasons for its moment; the same id again changes nothing."""
    insert_once(
        connection,
        promises,
        id=promise_id,
        callback_id=callback_id,
        promised_until=until,
        made_at=made_at,
        spoken=spoken,
        ledger=ledger,
    )


def spoken(connection: Connection, call_id: str, until: datetime) -> None:
    """Note that the caller has heard a moment that was only quoted when the callback of this call was made: now it binds."""
    of_call = sa.select(callback_sources.c.callback_id).where(callback_sources.c.call_id == call_id)
    heard = connection.scalars(
        promises.update()
        .where(promises.c.callback_id.in_(of_call), promises.c.promised_until == until, promises.c.spoken.is_(False))
        .values(spoken=True)
        .returning(promises.c.callback_id)
    ).all()
    for callback_id in heard:
        connection.execute(
            callbacks.update()
            .where(
                callbacks.c.id == callback_id,
                callbacks.c.promised_until.is_(None) | (callbacks.c.promised_until > until),
            )
            .values(promised_until=until)
        )


def settle(connection: Connection, callback: Callback, now: datetime, in_time: InTime) -> None:
    """Decide the callback's open promises at `now`: broken when their moment has passed, else `in_time`."""
    settled = connection.execute(
        promises.update()
        .where(promises.c.callback_id == callback.id, promises.c.outcome.is_(None))
        .values(outcome=sa.case((promises.c.promised_until >= now, in_time), else_="broken"))
        .returning(promises.c.id, promises.c.outcome, promises.c.promised_until, promises.c.spoken, promises.c.ledger)
    ).all()
    for row in settled:
        if row.spoken and row.outcome != "superseded":
            record(
                connection,
                callback.customer_id,
                now,
                f"promise.{row.outcome}",
                _summary(row.outcome, row.promised_until, row.ledger),
                key=(row.id,),
                callback_id=callback.id,
                data={"promised_until": row.promised_until.isoformat()},
            )


def open_and_passed(now: datetime) -> sa.Select[tuple[str]]:
    """The ids of open promises of live callbacks whose moment has passed."""
    return _open(promises.c.promised_until < now)


def open_and_near(now: datetime) -> sa.Select[tuple[str]]:
    """The ids of open promises of live callbacks whose moment is near, and of which nothing was told yet."""
    near = promises.c.promised_until.between(now, now + WARN_BEFORE)
    return _open(near & promises.c.warned_at.is_(None))


def warn_near(connection: Connection, now: datetime, limit: int) -> list[OpenPromise]:
    """The promises that are about to break, at most so many. Each is returned once, whichever process asks."""
    some = open_and_near(now).limit(limit).with_for_update(skip_locked=True, of=promises)
    rows = connection.execute(
        promises.update()
        .where(promises.c.id.in_(some), promises.c.warned_at.is_(None))
        .values(warned_at=now)
        .returning(*promises.c)
    ).all()
    return _with_callbacks(connection, rows)[1]


def break_passed(connection: Connection, now: datetime, limit: int) -> list[OpenPromise]:
    """Note that promises whose moment has passed are broken, at most so many, and return them. History tells the spoken ones."""
    some = open_and_passed(now).limit(limit).with_for_update(skip_locked=True, of=promises)
    rows = connection.execute(
        promises.update()
        .where(promises.c.id.in_(some), promises.c.outcome.is_(None))
        .values(outcome="broken")
        .returning(*promises.c)
    ).all()
    customer_of, broken = _with_callbacks(connection, rows)
    record_many(
        connection,
        [
            event_row(
                customer_of[row.callback_id],
                now,
                "promise.broken",
                _summary("broken", row.promised_until, row.ledger),
                key=(row.id,),
                callback_id=row.callback_id,
                data={"promised_until": row.promised_until.isoformat()},
            )
            for row in rows
            if row.spoken
        ],
    )
    return broken


def _open(where: sa.ColumnElement[bool]) -> sa.Select[tuple[str]]:
    joined = promises.join(callbacks, promises.c.callback_id == callbacks.c.id)
    query = sa.select(promises.c.id).select_from(joined)
    return query.where(promises.c.outcome.is_(None), where, is_in(LIVE_STATES))


def _with_callbacks(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[dict[str, str], list[OpenPromise]]:
    """The customers of these promises, by callback, and the promises with the queue and number of their callbacks."""
    columns = (callbacks.c.id, callbacks.c.customer_id, callbacks.c.queue, callbacks.c.number)
    query = sa.select(*columns).where(callbacks.c.id.in_([row.callback_id for row in rows]))
    of = {each.id: each for each in connection.execute(query)}
    found = [
        OpenPromise(
            row.callback_id, of[row.callback_id].queue, of[row.callback_id].number, row.promised_until, row.spoken
        )
        for row in rows
    ]
    return {each.id: each.customer_id for each in of.values()}, found


def open_again(connection: Connection, callback_id: str, made_since: datetime | None) -> None:
    """A closing is undone: the promises that it decided in time are open again; one whose moment has passed is broken soon."""
    decided = promises.c.outcome.in_(["kept", "superseded"])
    query = promises.update().where(promises.c.callback_id == callback_id, decided)
    if made_since is not None:
        query = query.where(promises.c.made_at >= made_since)
    connection.execute(query.values(outcome=None))


def _summary(outcome: str, until: datetime, ledger: dict[str, Any]) -> str:
    """The sentence of history about a promise that was kept or broken."""
    return f"The promise to ring back by {in_words(until, zone_of_promise(ledger))} was {outcome}"
