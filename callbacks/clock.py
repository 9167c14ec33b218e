"""What time alone does: waiting callbacks become ready, lost leases come back, late ones are flagged, the index stays true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from callbacks.backlog import count_queues
from callbacks.callback import LEASED_STATES, LIVE_STATES, Callback, Step, next_state
from callbacks.promises import OpenPromise, break_passed, open_and_near, open_and_passed, warn_near
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.circuit import QueueError
from callbacks.queue.consistency import Comparison
from callbacks.queue.index import Index, rebuild, refresh
from callbacks.tables import callbacks, is_in
from callbacks.transition import move_all, of_row
from runtime.sql.database import reading, writing

log = structlog.get_logger()

# Callbacks of one kind in one tick: what is left over comes a second later.
_LIMIT: Final = 1000
# A lease lost twice is no accident: the callback itself may be what stops the agents.
_ALERT_AFTER_LEASES: Final = 2
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Ticked:
    """How many callbacks and promises a tick touched."""

    promoted: int = 0
    leases_lost: int = 0
    overdue: int = 0
    promises_near: int = 0
    promises_broken: int = 0
    index_repaired: int = 0
    index_rebuilt: bool = False


class Clock:
    """The clock of one process, for one thread. Any number of processes may have one. Without `queue` it tends SQL alone."""

    def __init__(self, engine: Engine, queue: CallbackQueue | None) -> None:
        self._engine = engine
        self._queue = queue
        self._index = Index(engine, queue)
        self._comparison = None if queue is None else Comparison(engine, queue)

    def tick(self, now: datetime) -> Ticked:
        """Do what is due at `now`, in one SQL transaction when there is anything, then tend the index."""
        promoted: list[Callback] = []
        lost: list[Callback] = []
        overdue: list[Callback] = []
        near: list[OpenPromise] = []
        broken: list[OpenPromise] = []
        if _anything_due(self._engine, now):
            with writing(self._engine) as connection:
                promoted = _promote(connection, now)
                lost = _take_back_leases(connection, now)
                overdue = _flag_overdue(connection, now)
                near = warn_near(connection, now, _LIMIT)
                broken = break_passed(connection, now, _LIMIT)
        for promise in near:
            log.warning("promise.due_soon", **_fields(promise), minutes=(promise.until - now) // _MINUTE)
        for promise in broken:
            log.error("promise.broken", **_fields(promise), minutes=(now - promise.until) // _MINUTE)
        count_queues(self._engine, now)
        repaired, rebuilt = self._tend_index([*promoted, *lost, *overdue], now)
        return Ticked(len(promoted), len(lost), len(overdue), len(near), len(broken), repaired, rebuilt)

    def _tend_index(self, changed: Sequence[Callback], now: datetime) -> tuple[int, bool]:
        """Bring the index up to date; while its server is away there is nothing to do but wait."""
        queue, comparison = self._queue, self._comparison
        if queue is None or comparison is None:
            return 0, False
        try:
            if not self._index.is_trusted():
                return 0, rebuild(self._engine, queue)
            queue.upsert(changed, now)
            # What the index reserved and SQL never claimed is found here, with claims whose renewal it missed.
            refresh(self._engine, queue, [*queue.promote(now), *queue.expired()], "force", now)
            queue.due_warnings(now)
            return comparison.look(now), False
        except QueueError:  # said once by the circuit
            return 0, False


def _anything_due(engine: Engine, now: datetime) -> bool:
    """Whether to begin a transaction that writes at all: most seconds nothing is due."""
    with reading(engine) as connection:
        return any(
            connection.execute(query.limit(1)).first()
            for query in (
                *(sa.select(callbacks.c.id).where(*where) for where in (_waited(now), _lease_over(now), _late(now))),
                open_and_near(now),
                open_and_passed(now),
            )
        )


def _fields(promise: OpenPromise) -> dict[str, object]:
    return {
        "callback_id": promise.callback_id,
        "queue": promise.queue,
        "number": promise.number,
        "spoken": promise.spoken,
    }


def _waited(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return is_in(["waiting"]), callbacks.c.sub_state != "needs_number", callbacks.c.not_before <= now


def _lease_over(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return is_in(LEASED_STATES), callbacks.c.lease_expires_at < now


def _late(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    # `closed_at` says no more than the states do, but by it the index of those that are not late yet is found.
    is_open = (is_in(LIVE_STATES), callbacks.c.closed_at.is_(None))
    return *is_open, callbacks.c.overdue.is_(False), callbacks.c.due_at < now


def _promote(connection: Connection, now: datetime) -> list[Callback]:
    waited = _locked(connection, _waited(now), callbacks.c.not_before)
    free = {"sub_state": "", "not_before": None}
    summary = "The callback may be rung again"
    return _step_all(connection, waited, "promote", now, "callback.ready", lambda _: summary, free)


def _take_back_leases(connection: Connection, now: datetime) -> list[Callback]:
    lost = _locked(connection, _lease_over(now), callbacks.c.lease_expires_at)
    values = {
        "holder": None,
        "nonce": None,
        "lease_expires_at": None,
        "lost_leases": callbacks.c.lost_leases + 1,
    }
    without_number = [callback for callback in lost if callback.sub_state == "needs_number"]
    with_number = [callback for callback in lost if callback.sub_state != "needs_number"]
    moved: list[Callback] = []
    steps: tuple[tuple[Step, list[Callback]], ...] = (("expire", with_number), ("lose_number", without_number))
    for step, some in steps:
        moved += _step_all(connection, some, step, now, "callback.lease_lost", _lease_lost, values)
    for callback in moved:
        if callback.lost_leases >= _ALERT_AFTER_LEASES:
            log.warning("callback.lease_lost_again", callback_id=callback.id, times=callback.lost_leases)
    return moved


def _lease_lost(before: Callback) -> str:
    return f"{before.holder} did not finish in time; the callback is back in the queue"


def _flag_overdue(connection: Connection, now: datetime) -> list[Callback]:
    late = _locked(connection, _late(now), callbacks.c.due_at)
    return move_all(connection, late, now, "callback.overdue", lambda _: "The callback is late", {"overdue": True})


def _step_all(
    connection: Connection,
    locked: Sequence[Callback],
    step: Step,
    now: datetime,
    kind: str,
    summary: Callable[[Callback], str],
    values: Mapping[str, Any],
) -> list[Callback]:
    """The same step of the state machine for all of these, wherever it leads each."""
    moved: list[Callback] = []
    to = {callback.id: next_state(callback.state, step, callback.holder) for callback in locked}
    for state in sorted(set(to.values())):
        some = [callback for callback in locked if to[callback.id] == state]
        moved += move_all(connection, some, now, kind, summary, {**values, "state": state})
    return moved


def _locked(connection: Connection, where: Sequence[sa.ColumnElement[bool]], longest: sa.Column[Any]) -> list[Callback]:
    """Callbacks to which a condition applies, at most a thousand, first those to which it did longest.

    Whoever is at work on one comes before the clock.
    """
    query = sa.select(callbacks).where(*where).order_by(longest).limit(_LIMIT)
    return [of_row(row) for row in connection.execute(query.with_for_update(skip_locked=True, key_share=True))]
