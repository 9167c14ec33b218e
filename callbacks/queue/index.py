"""Keeps the index in Redis equal to SQL: one callback after a change, all of them after a loss."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from callbacks.callback import HELD_STATES, LIVE_STATES, Callback
from callbacks.queue.callback_queue import CallbackQueue, Counts, Mode, QueueAway, QueueError, QueueUntrusted
from callbacks.tables import callbacks, index_epochs, is_in
from callbacks.transition import of_row
from runtime.ids import new_id
from runtime.sql.database import insert_once, reading, writing
from runtime.sql.outbox import Handler

log = structlog.get_logger()

Found = TypeVar("Found")

# A builder that was killed leaves the work to another after this.
_BUILDER_PATIENCE = timedelta(seconds=60)
_PAGE = 1000


def deliver_changed(engine: Engine, queue: CallbackQueue) -> Handler:
    """The outbox handler of `callback.changed`: place callbacks as SQL has them now and ring the bell. Safe to repeat.

    Its payload names one (`id`) or those that changed together (`ids`).
    """

    def handle(payload: dict[str, Any]) -> None:
        refresh(engine, queue, [str(name) for name in payload.get("ids") or [payload["id"]]])

    return handle


def refresh(
    engine: Engine, queue: CallbackQueue, ids: Sequence[str], mode: Mode = "news", now: datetime | None = None
) -> None:
    """Place these callbacks as SQL has them now. `force` also corrects the place of a version that the index knows."""
    if not ids:
        return
    now = now or datetime.now(UTC)
    with reading(engine) as connection:
        found = [of_row(row) for row in connection.execute(sa.select(callbacks).where(callbacks.c.id.in_(ids)))]
    queue.upsert(found, now, mode)
    queue.forget(set(ids) - {callback.id for callback in found})


class Index:
    """The index as the desk sees it: it may have no answer, and what it is not told now the outbox tells it later."""

    def __init__(self, engine: Engine, queue: CallbackQueue | None) -> None:
        self._engine = engine
        self._queue = queue

    def ask(self, ask: Callable[[CallbackQueue], Found]) -> Found | None:
        """Ask, and once more when only the epoch was news to this process; None also when there is no trusted answer."""
        if self._queue is None:
            return None
        try:
            if not self._queue.epoch:
                learn_epoch(self._engine, self._queue)
            return ask(self._queue)
        except QueueUntrusted:
            if not learn_epoch(self._engine, self._queue):
                return None
        except QueueAway:
            return None
        try:
            return ask(self._queue)
        except QueueError:
            return None

    def tell(self, tell: Callable[[CallbackQueue], object]) -> None:
        if self._queue is None:
            return
        try:
            tell(self._queue)
        except QueueError as error:
            log.debug("queue.not_told", reason=str(error))

    def show(self, callback: Callback, now: datetime) -> None:
        """Let the index know of a change at once."""
        self.tell(lambda queue: queue.upsert([callback], now))

    def correct(self, callback_ids: Sequence[str]) -> None:
        """Place these as SQL has them now: the index offered what is not so."""
        self.tell(lambda queue: refresh(self._engine, queue, callback_ids, "force"))


def learn_epoch(engine: Engine, queue: CallbackQueue) -> bool:
    """Read from SQL which epoch is to be trusted; tell whether that was news to this process."""
    with reading(engine) as connection:
        epoch = connection.scalar(sa.select(index_epochs.c.epoch).where(index_epochs.c.name == queue.name)) or ""
    is_news = epoch != queue.epoch
    queue.epoch = epoch
    return is_news


def rebuild(engine: Engine, queue: CallbackQueue) -> bool:
    """Build the index anew from SQL; False when another process is at it. Changes made meanwhile come by the outbox.

    Raises QueueAway; the index then stays untrusted.
    """
    builder = new_id("rb")
    if not queue.begin_rebuild(builder, _BUILDER_PATIENCE):
        return False
    began, count = time.monotonic(), 0
    try:
        for page in _live_pages(engine):
            queue.upsert(page, datetime.now(UTC), "quiet")
            count += len(page)
        epoch = new_id("ep")
        with writing(engine) as connection:
            if not insert_once(connection, index_epochs, name=queue.name, epoch=epoch):
                connection.execute(index_epochs.update().where(index_epochs.c.name == queue.name).values(epoch=epoch))
    except SQLAlchemyError:
        queue.give_up_rebuild(builder)  # the next tick begins anew; only a builder who died is waited for
        raise
    queue.end_rebuild(builder, epoch)
    log.info("queue.rebuilt", callbacks=count, ms=round((time.monotonic() - began) * 1000))
    return True


def drift(engine: Engine, queue: CallbackQueue) -> int:
    """By how many callbacks the places of index and SQL differ. A change on its way through the outbox counts for a moment."""
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(callbacks.c.state, sa.func.count())
            .where(callbacks.c.state.in_(LIVE_STATES))
            .group_by(callbacks.c.state)
        )
        by_state: dict[str, int] = dict(rows.all())
    held = sum(by_state.get(state, 0) for state in HELD_STATES)
    ours = Counts(by_state.get("ready", 0), by_state.get("waiting", 0), held)
    theirs = queue.counts()
    return max(abs(ours.ready - theirs.ready), abs(ours.waiting - theirs.waiting), abs(ours.leased - theirs.leased))


def _live_pages(engine: Engine) -> Iterator[list[Callback]]:
    last = ""
    while True:
        with reading(engine) as connection:
            page = _page(connection, last)
        if page:
            yield page
            last = page[-1].id
        if len(page) < _PAGE:
            return


def _page(connection: Connection, after: str) -> list[Callback]:
    query = sa.select(callbacks).where(callbacks.c.id > after, is_in(LIVE_STATES), callbacks.c.closed_at.is_(None))
    return [of_row(row) for row in connection.execute(query.order_by(callbacks.c.id).limit(_PAGE))]
