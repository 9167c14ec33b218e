"""Looks, a window at a time, whether index and SQL say the same of each callback, and puts right what differs.

What differs once may be on its way through a claim or the outbox; what differs a tick later as well is wrong. A minute's window
goes both ways, as far as SQL has live callbacks and as far as the index has places, and the next goes on where it ended.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine, Row

from callbacks.callback import HELD_STATES, LIVE_STATES, Callback
from callbacks.queue.callback_queue import CallbackQueue, Standing
from callbacks.queue.index import drift
from callbacks.tables import callbacks, is_in
from callbacks.transition import of_row
from runtime.sql.database import reading

log = structlog.get_logger()

# So many of each side are compared a minute: all, of a usual house; 1,000,000 within 100 minutes, or two when many are wrong.
WINDOW: Final = 10_000
_EVERY_SECONDS: Final = 60.0
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


def compare(engine: Engine, queue: CallbackQueue) -> int:
    """Put right what differed at the last tick and still does, and, once a minute, look at the next window.

    Returns how many callbacks were put right. Raises QueueAway.
    """
    suspects, queue.suspects = queue.suspects, {}
    repaired = repair(engine, queue, suspects) if suspects else 0
    if repaired:
        log.info("queue.repaired", suspected=len(suspects), repaired=repaired)
    if repaired >= _MANY:
        queue.hurries = True
    if queue.hurries or time.monotonic() >= queue.compare_at:
        queue.compare_at = time.monotonic() + _EVERY_SECONDS
        if not queue.hurries:
            queue.hurries = drift(engine, queue) >= _MANY
        queue.suspects = _missing(engine, queue) | _strays(engine, queue)
        if not queue.compared_to and not queue.places_left:
            queue.hurries = False  # the round is over
    return repaired


def repair(engine: Engine, queue: CallbackQueue, suspects: Mapping[str, str]) -> int:
    """Place as SQL has them now those that still differ; return how many did.

    `suspects` are ids, each with a place (ready:QUEUE, wait, lease) in which it should not stand, or "" if it may stand in none.
    """
    apart: list[str] = []
    wrong: dict[
        str, bool
    ] = {}  # whether the index is not only behind: its version is ahead of SQL's, or it stands twice
    standing = dict(zip(suspects, queue.standing(list(suspects)), strict=True))
    strayed = {callback_id for callback_id, place in suspects.items() if place and queue.stands(place, callback_id)}
    known = {row.id: row for row in _rows(engine, suspects)}
    for callback_id, place in suspects.items():
        row, stands = known.get(callback_id), standing[callback_id]
        is_stray = callback_id in strayed and (row is None or _place(row.state, row.queue) != place)
        if is_stray or (row is not None and not _agree(row, stands)):
            apart.append(callback_id)
            wrong[callback_id] = is_stray or (row is not None and int(stands.version or 0) > row.version)
    now = datetime.now(UTC)
    queue.upsert((known[name] for name in apart if name in known and not wrong[name]), now, "force")
    queue.upsert((known[name] for name in apart if name in known and wrong[name]), now, "truth")
    queue.forget(name for name in apart if name not in known)
    return len(apart)


def _missing(engine: Engine, queue: CallbackQueue) -> dict[str, str]:
    """From SQL to the index: live callbacks of this window that do not stand as they should."""
    query = sa.select(*_COMPARED).where(
        callbacks.c.id > queue.compared_to, is_in(LIVE_STATES), callbacks.c.closed_at.is_(None)
    )
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(callbacks.c.id).limit(WINDOW)).all()
    queue.compared_to = rows[-1].id if len(rows) == WINDOW else ""
    standing = queue.standing([row.id for row in rows])
    return {row.id: "" for row, stands in zip(rows, standing, strict=True) if not _agree(row, stands)}


def _strays(engine: Engine, queue: CallbackQueue) -> dict[str, str]:
    """From the index to SQL: what stands in the places of this window and should not, by the place."""
    strays: dict[str, str] = {}
    of_these = sa.select(callbacks.c.id, callbacks.c.state, callbacks.c.queue)
    queue.places_left = queue.places_left or [(place, "0") for place in queue.places()]
    seen = 0
    while queue.places_left and seen < WINDOW:
        place, cursor = queue.places_left.pop()
        cursor, ids = queue.placed(place, cursor, _ASKED_TOGETHER)
        if cursor != "0":
            queue.places_left.append((place, cursor))
        seen += len(ids)
        with reading(engine) as connection:
            known = connection.execute(of_these.where(callbacks.c.id.in_(ids)))
            belongs = {name: _place(state, its_queue) for name, state, its_queue in known}
        strays |= {name: place for name in ids if belongs.get(name) != place}
    return strays


def _rows(engine: Engine, ids: Iterable[str]) -> Iterator[Callback]:
    rest = iter(ids)
    with reading(engine) as connection:
        while some := list(islice(rest, _ASKED_TOGETHER)):
            yield from map(of_row, connection.execute(sa.select(callbacks).where(callbacks.c.id.in_(some))))


def _agree(row: Callback | Row[*tuple[Any, ...]], stands: Standing) -> bool:
    place = _place(row.state, row.queue)
    if not place:
        return not stands.score
    if not stands.score or stands.version != str(row.version) or stands.queue != row.queue:
        return False
    if stands.place != place.partition(":")[0] or stands.nonce != (row.nonce or ""):
        return False
    match stands.place:
        case "ready":
            return float(stands.score) == _ms(row.due_at)
        case "wait":
            return float(stands.score) == (float("inf") if row.not_before is None else _ms(row.not_before))
        case _:
            return True  # how long a lease lasts, the server says


def _place(state: str, queue: str) -> str:
    """Where a callback belongs in the index; nowhere when it is final."""
    if state in HELD_STATES:
        return "lease"
    if state == "waiting":
        return "wait"
    return f"ready:{queue}" if state == "ready" else ""


def _ms(at: datetime) -> float:
    return round(at.timestamp() * 1000)
