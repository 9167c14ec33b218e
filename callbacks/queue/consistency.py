"""Looks, a window at a time, whether index and SQL say the same of each callback, and puts right what differs.

What differs once may be on its way through a claim or the outbox; what differs a tick later as well is wrong. A minute's window
goes both ways, as far as SQL has live callbacks and as far as the index has places, and the next goes on where it ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine, Row

from callbacks.callback import LIVE_STATES, Callback
from callbacks.queue.callback_queue import CallbackQueue, Entry, Place, place_of
from callbacks.tables import callbacks, is_in
from callbacks.transition import of_row
from runtime.moments import to_ms
from runtime.sql.database import reading

log = structlog.get_logger()

# So many of each side are compared a minute: all, of a usual house; 1,000,000 within 100 minutes, or two when many are wrong.
WINDOW: Final = 10_000
EVERY: Final = timedelta(minutes=1)
# More than are on their way at any moment: then the round goes on every tick instead of every minute.
_MANY: Final = 200
_ASKED_TOGETHER: Final = 1_000
_COMPARED: Final = (
    callbacks.c.id,
    callbacks.c.version,
    callbacks.c.state,
    callbacks.c.queue,
    callbacks.c.due_at,
    callbacks.c.not_before,
    callbacks.c.nonce,
)


class Comparison:
    """How far one process has compared index and SQL. For one thread."""

    def __init__(self, engine: Engine, queue: CallbackQueue) -> None:
        self._engine = engine
        self._queue = queue
        self._looked_at: datetime | None = None
        self._hurries = False
        self._compared_to = ""  # the last id of SQL
        self._places_left: list[tuple[str, str]] = []  # of the index, with a cursor
        self._suspects: dict[str, str] = {}

    @property
    def has_suspects(self) -> bool:
        """Whether something differed at the last look, which the next one settles."""
        return bool(self._suspects)

    def look(self, now: datetime) -> int:
        """Put right what differed at the last look and still does, and, once a minute, compare the next window.

        Returns how many callbacks were put right. Raises QueueAway.
        """
        suspects, self._suspects = self._suspects, {}
        repaired = repair(self._engine, self._queue, suspects) if suspects else 0
        if repaired:
            log.info("queue.repaired", suspected=len(suspects), repaired=repaired)
        if repaired >= _MANY:
            self._hurries = True
        if self._hurries or self._looked_at is None or abs(now - self._looked_at) >= EVERY:
            self._looked_at = now
            if not self._hurries:
                self._hurries = drift(self._engine, self._queue) >= _MANY
            self._suspects = self._missing() | self._strays()
            if not self._compared_to and not self._places_left:
                self._hurries = False  # the round is over
        return repaired

    def _missing(self) -> dict[str, str]:
        """From SQL to the index: live callbacks of this window that do not stand as they should."""
        query = sa.select(*_COMPARED).where(
            callbacks.c.id > self._compared_to, is_in(LIVE_STATES), callbacks.c.closed_at.is_(None)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(callbacks.c.id).limit(WINDOW)).all()
        self._compared_to = rows[-1].id if len(rows) == WINDOW else ""
        entries = self._queue.entries([row.id for row in rows])
        return {row.id: "" for row, entry in zip(rows, entries, strict=True) if not _agree(row, entry)}

    def _strays(self) -> dict[str, str]:
        """From the index to SQL: what stands in the places of this window and should not, by the place."""
        strays: dict[str, str] = {}
        of_these = sa.select(callbacks.c.id, callbacks.c.state, callbacks.c.queue)
        self._places_left = self._places_left or [(place, "0") for place in self._queue.places()]
        seen = 0
        while self._places_left and seen < WINDOW:
            place, cursor = self._places_left.pop()
            cursor, ids = self._queue.members(place, cursor, _ASKED_TOGETHER)
            if cursor != "0":
                self._places_left.append((place, cursor))
            seen += len(ids)
            with reading(self._engine) as connection:
                known = connection.execute(of_these.where(callbacks.c.id.in_(ids)))
                belongs = {name: _full_place(state, its_queue) for name, state, its_queue in known}
            strays |= {name: place for name in ids if belongs.get(name) != place}
        return strays


def repair(engine: Engine, queue: CallbackQueue, suspects: Mapping[str, str]) -> int:
    """Place as SQL has them now those that still differ; return how many did.

    `suspects` are ids, each with a place (ready:QUEUE, wait, lease) in which it should not stand, or "" if it may stand in none.
    """
    wrong: list[str] = []
    ahead: set[str] = set()  # the index is not only behind: its version is ahead of SQL's, or it stands twice
    entries = dict(zip(suspects, queue.entries(list(suspects)), strict=True))
    strayed = {callback_id for callback_id, place in suspects.items() if place and queue.is_member(place, callback_id)}
    known = {row.id: row for row in _rows(engine, suspects)}
    for callback_id, place in suspects.items():
        row, entry = known.get(callback_id), entries[callback_id]
        is_stray = callback_id in strayed and (row is None or _full_place(row.state, row.queue) != place)
        if is_stray or (row is not None and not _agree(row, entry)):
            wrong.append(callback_id)
            if is_stray or (row is not None and int(entry.version or 0) > row.version):
                ahead.add(callback_id)
    now = datetime.now(UTC)
    queue.upsert((known[name] for name in wrong if name in known and name not in ahead), now, "force")
    queue.upsert((known[name] for name in wrong if name in known and name in ahead), now, "truth")
    queue.forget(name for name in wrong if name not in known)
    return len(wrong)


def drift(engine: Engine, queue: CallbackQueue) -> int:
    """By how many callbacks the places of index and SQL differ. A change on its way through the outbox counts for a moment."""
    by_state = sa.select(callbacks.c.state, sa.func.count()).where(callbacks.c.state.in_(LIVE_STATES))
    ours: Counter[Place] = Counter()
    with reading(engine) as connection:
        for state, count in connection.execute(by_state.group_by(callbacks.c.state)):
            ours[place_of(state)] += count
    theirs = queue.counts()
    return max(
        abs(ours["ready"] - theirs.ready), abs(ours["wait"] - theirs.waiting), abs(ours["lease"] - theirs.leased)
    )


def _rows(engine: Engine, ids: Iterable[str]) -> Iterator[Callback]:
    rest = iter(ids)
    with reading(engine) as connection:
        while some := list(islice(rest, _ASKED_TOGETHER)):
            yield from map(of_row, connection.execute(sa.select(callbacks).where(callbacks.c.id.in_(some))))


def _agree(row: Callback | Row[*tuple[Any, ...]], entry: Entry) -> bool:
    place = place_of(row.state)
    if place == "gone":
        return not entry.score
    if not entry.score or entry.version != str(row.version) or entry.queue != row.queue:
        return False
    if entry.place != place or entry.nonce != (row.nonce or ""):
        return False
    match place:
        case "ready":
            return float(entry.score) == to_ms(row.due_at)
        case "wait":
            return float(entry.score) == (float("inf") if row.not_before is None else to_ms(row.not_before))
        case _:
            return True  # how long a lease lasts, the server says


def _full_place(state: str, queue: str) -> str:
    """The name of the place where a callback belongs."""
    place = place_of(state)
    return f"ready:{queue}" if place == "ready" else place
