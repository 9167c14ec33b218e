"""Keeps the index in Redis equal to SQL, one callback after a change or all after a loss, and asks it on behalf of agents."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from callbacks.callback import LIVE_STATES, Callback
from callbacks.queue.callback_queue import CallbackQueue, Mode, QueueUntrusted, Reserved
from callbacks.queue.circuit import QueueAway, QueueError
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
    """The outbox handler of `callback.changed`: place a callback as SQL has it now and ring the bell. Safe to repeat."""

    def handle(payload: dict[str, Any]) -> None:
        refresh(engine, queue, [str(payload["id"])])

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
    """The queue with the epoch that SQL knows. It may have no answer, and what it is not told now the outbox tells it later.

    Safe to share between threads. Without a `queue` it never has an answer.
    """

    def __init__(self, engine: Engine, queue: CallbackQueue | None) -> None:
        self._engine = engine
        self._queue = queue
        self._epoch = ""  # as SQL had it when this process looked last

    def reserve_next(self, queues: Sequence[str] | None, holder: str, nonce: str, lease: timedelta) -> Reserved | None:
        """Reserve the earliest due of these queues (None: of all); None also when there is no trusted answer."""
        return self._ask(lambda queue, epoch: queue.claim(epoch, queues, holder, nonce, lease))

    def reserve(self, callback_id: str, holder: str, nonce: str, lease: timedelta) -> Reserved | None:
        """Reserve this one if it is ready."""
        return self._ask(lambda queue, epoch: queue.claim_id(epoch, callback_id, holder, nonce, lease))

    def renew(self, callback_id: str, nonce: str, lease: timedelta) -> None:
        self._tell(lambda queue: queue.renew(callback_id, nonce, lease))

    def release(self, callback_id: str, nonce: str) -> None:
        """Undo a reservation that came to nothing."""
        self._tell(lambda queue: queue.release(callback_id, nonce))

    def show(self, callback: Callback, now: datetime) -> None:
        """Let the index know of a change at once."""
        self._tell(lambda queue: queue.upsert([callback], now))

    def correct(self, callback_id: str) -> None:
        """Place this one as SQL has it now: the index offered what is not so."""
        self._tell(lambda queue: refresh(self._engine, queue, [callback_id], "force"))

    def is_trusted(self) -> bool:
        """Whether the queue carries the epoch that SQL knows now. Raises QueueAway."""
        self._learn_epoch()
        return self._queue is not None and self._queue.is_trusted(self._epoch)

    def _ask(self, ask: Callable[[CallbackQueue, str], Found]) -> Found | None:
        """Ask, and once more when only the epoch was news to this process."""
        if self._queue is None:
            return None
        try:
            if not self._epoch:
                self._learn_epoch()
            return ask(self._queue, self._epoch)
        except QueueUntrusted:
            if not self._learn_epoch():
                return None
        except QueueAway:
            return None
        try:
            return ask(self._queue, self._epoch)
        except QueueError:
            return None

    def _tell(self, tell: Callable[[CallbackQueue], object]) -> None:
        if self._queue is None:
            return
        try:
            tell(self._queue)
        except QueueError as error:
            log.debug("queue.not_told", reason=str(error))

    def _learn_epoch(self) -> bool:
        """Read from SQL which epoch is to be trusted; tell whether that was news to this process."""
        if self._queue is None:
            return False
        name = index_epochs.c.name == self._queue.name
        with reading(self._engine) as connection:
            epoch = connection.scalar(sa.select(index_epochs.c.epoch).where(name)) or ""
        is_news = epoch != self._epoch
        self._epoch = epoch
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
