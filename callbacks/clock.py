"""What time alone does: waiting callbacks become ready, lost leases come back, late ones are flagged, the index stays true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from callbacks.backlog import count_queues
from callbacks.callback import LEASED_STATES, LIVE_STATES, Callback
from callbacks.promises import promise_summary
from callbacks.queue.callback_queue import CallbackQueue, QueueError
from callbacks.queue.consistency import compare
from callbacks.queue.index import learn_epoch, rebuild, refresh
from callbacks.tables import callbacks, is_in, promises
from callbacks.transition import CHANGED, of_row
from customers.tables import history
from runtime.ids import derived_id
from runtime.sql.database import insert_or_ignore, reading, writing
from runtime.sql.outbox import outbox

log = structlog.get_logger()

# Callbacks of one kind in one tick: what is left over comes a second later.
_LIMIT: Final = 1000
# A lease lost twice is no accident: the callback itself may be what stops the agents.
_ALERT_AFTER_LEASES: Final = 2


@dataclass(frozen=True, slots=True)
class Ticked:
    """How many callbacks and promises a tick touched."""

    promoted: int = 0
    leases_lost: int = 0
    overdue: int = 0
    promises_broken: int = 0
    index_repaired: int = 0
    index_rebuilt: bool = False


@dataclass(frozen=True, slots=True)
class _Event:
    """A line of history that many callbacks get at once."""

    customer_id: str
    callback_id: str
    kind: str
    summary: str
    key: tuple[str | int, ...]


@dataclass(slots=True)
class _Changes:
    callbacks: dict[str, Callback] = field(default_factory=dict)
    events: list[_Event] = field(default_factory=list)


def tick(engine: Engine, queue: CallbackQueue | None, now: datetime) -> Ticked:
    """Do what is due at `now`, in one SQL transaction when there is anything, then tend the index. Any number may run at once."""
    changes = _Changes()
    promoted = lost = overdue = broken = 0
    if _anything_due(engine, now):
        with writing(engine) as connection:
            promoted = _promote(connection, now, changes)
            lost = _take_back_leases(connection, now, changes)
            overdue = _flag_overdue(connection, now, changes)
            broken = _break_promises(connection, now, changes)
            _write_down(connection, now, changes)
    count_queues(engine, now)
    repaired, rebuilt = _tend_index(engine, queue, now, changes) if queue is not None else (0, False)
    return Ticked(promoted, lost, overdue, broken, repaired, rebuilt)


def _anything_due(engine: Engine, now: datetime) -> bool:
    """Whether to begin a transaction that writes at all: most seconds nothing is due."""
    with reading(engine) as connection:
        return any(
            connection.execute(sa.select(sa.literal(1)).select_from(table).where(*where).limit(1)).first()
            for table, where in (
                (callbacks, _waited(now)),
                (callbacks, _lease_over(now)),
                (callbacks, _late(now)),
                (promises.join(callbacks, promises.c.callback_id == callbacks.c.id), _broken(now)),
            )
        )


def _waited(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        is_in(["waiting"]),
        callbacks.c.sub_state != "needs_number",
        callbacks.c.not_before <= now,
    )


def _lease_over(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return is_in(LEASED_STATES), callbacks.c.lease_expires_at < now


def _late(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    # `closed_at` says no more than the states do, but by it the index of those that are not late yet is found.
    is_open = (is_in(LIVE_STATES), callbacks.c.closed_at.is_(None))
    return *is_open, callbacks.c.overdue.is_(False), callbacks.c.due_at < now


def _broken(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return promises.c.outcome.is_(None), promises.c.promised_until < now, is_in(LIVE_STATES)


def _promote(connection: Connection, now: datetime, changes: _Changes) -> int:
    return _change(
        connection,
        _waited(now),
        callbacks.c.not_before,
        {"state": "ready", "sub_state": "", "not_before": None},
        "callback.ready",
        "The callback may be rung again",
        changes,
    )


def _flag_overdue(connection: Connection, now: datetime, changes: _Changes) -> int:
    return _change(
        connection,
        _late(now),
        callbacks.c.due_at,
        {"overdue": True},
        "callback.overdue",
        "The callback is late",
        changes,
    )


def _change(
    connection: Connection,
    where: Sequence[sa.ColumnElement[bool]],
    longest: sa.Column[datetime],
    values: dict[str, object],
    kind: str,
    summary: str,
    changes: _Changes,
) -> int:
    """One step for all callbacks to which a condition applies, at most a thousand, first those to which it did longest."""
    some = sa.select(callbacks.c.id).where(*where).order_by(longest).limit(_LIMIT)
    some = some.with_for_update(skip_locked=True, key_share=True)  # whoever is at work on one comes before the clock
    rows = connection.execute(
        callbacks.update()
        .where(callbacks.c.id.in_(some))
        .values(**values, version=callbacks.c.version + 1)
        .returning(*callbacks.c)
    ).all()
    for callback in map(of_row, rows):
        changes.callbacks[callback.id] = callback
        changes.events.append(_Event(callback.customer_id, callback.id, kind, summary, (callback.id, callback.version)))
    return len(rows)


def _take_back_leases(connection: Connection, now: datetime, changes: _Changes) -> int:
    some = sa.select(callbacks).where(*_lease_over(now)).limit(_LIMIT)
    holders = {row.id: row.holder for row in connection.execute(some.with_for_update(skip_locked=True, key_share=True))}
    if not holders:
        return 0
    needs_number = callbacks.c.sub_state == "needs_number"
    rows = connection.execute(
        callbacks.update()
        .where(callbacks.c.id.in_(list(holders)), *_lease_over(now))
        .values(
            state=sa.case((needs_number, "waiting"), else_="ready"),
            holder=None,
            nonce=None,
            lease_expires_at=None,
            lost_leases=callbacks.c.lost_leases + 1,
            version=callbacks.c.version + 1,
        )
        .returning(*callbacks.c)
    ).all()
    for callback in map(of_row, rows):
        holder = holders[callback.id]
        if callback.lost_leases >= _ALERT_AFTER_LEASES:
            log.warning("callback.lease_lost_again", callback_id=callback.id, times=callback.lost_leases)
        changes.callbacks[callback.id] = callback
        summary = f"{holder} did not finish in time; the callback is back in the queue"
        changes.events.append(
            _Event(callback.customer_id, callback.id, "callback.lease_lost", summary, (callback.id, callback.version))
        )
    return len(rows)


def _break_promises(connection: Connection, now: datetime, changes: _Changes) -> int:
    joined = promises.join(callbacks, promises.c.callback_id == callbacks.c.id)
    some = sa.select(promises.c.id).select_from(joined).where(*_broken(now)).limit(_LIMIT)
    some = some.with_for_update(skip_locked=True, of=promises)
    broken = (
        promises.update()
        .where(promises.c.id.in_(some), promises.c.outcome.is_(None))
        .values(outcome="broken")
        .returning(promises.c.id, promises.c.callback_id, promises.c.promised_until, promises.c.spoken)
    )
    rows = connection.execute(broken).all()
    spoken = [row for row in rows if row.spoken]
    if spoken:
        customer_of: dict[str, str] = dict(
            connection.execute(
                sa.select(callbacks.c.id, callbacks.c.customer_id).where(
                    callbacks.c.id.in_([row.callback_id for row in spoken])
                )
            ).all()
        )
        changes.events += [
            _Event(
                customer_of[row.callback_id],
                row.callback_id,
                "promise.broken",
                promise_summary("broken", row.promised_until),
                (row.id,),
            )
            for row in spoken
        ]
    return len(rows)


def _write_down(connection: Connection, now: datetime, changes: _Changes) -> None:
    """History and outbox of all changes in one statement each."""
    if changes.events:
        connection.execute(
            insert_or_ignore(connection, history),
            [
                {
                    "id": derived_id("hi", event.customer_id, event.kind, *event.key),
                    "customer_id": event.customer_id,
                    "at": now,
                    "kind": event.kind,
                    "summary": event.summary,
                    "callback_id": event.callback_id,
                    "data": {},
                }
                for event in changes.events
            ],
        )
    if changes.callbacks:
        connection.execute(
            outbox.insert(),
            [
                {"kind": CHANGED, "payload": {"id": callback_id}, "created_at": now, "not_before": now, "tries": 0}
                for callback_id in changes.callbacks
            ],
        )


def _tend_index(engine: Engine, queue: CallbackQueue, now: datetime, changes: _Changes) -> tuple[int, bool]:
    """Bring the index up to date; while its server is away there is nothing to do but wait."""
    try:
        learn_epoch(engine, queue)
        if not queue.is_trusted():
            return 0, rebuild(engine, queue)
        queue.upsert(changes.callbacks.values(), now)
        # Whoever was lent out in the index but never confirmed in SQL is found here, with those whose renewal was missed.
        refresh(engine, queue, [*queue.promote(now), *queue.expired()], "force", now)
        queue.due_warnings(now)
        return compare(engine, queue), False
    except QueueError:  # said once by the queue itself
        return 0, False
