"""The one way to claim: the index reserves what is next, one SQL transaction makes it true, then the index is told.

SQL takes the same step as for every other change of a callback (transition.py). While the index cannot answer, SQL also says
which callback is next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from callbacks.callback import Callback, CallbackError, Step, UnknownCallback, next_state
from callbacks.queue.callback_queue import Reserved
from callbacks.queue.index import Index
from callbacks.ready import next_ready
from callbacks.transition import move, read
from runtime.ids import new_id
from runtime.sql.database import reading, writing

# An index that was wrong so often in a row is no help: SQL says what is next.
MAX_STALE: Final = 20

# Finds the callback to claim within the transaction that claims it, locked; None when there is none.
Find = Callable[[Connection], Callback | None]


class Claims:
    """The claims of one process. Safe to share between threads."""

    def __init__(self, engine: Engine, index: Index, lease: timedelta) -> None:
        self._engine = engine
        self._index = index
        self._lease = lease

    def next(self, queues: Sequence[str] | None, holder: str, now: datetime | None = None) -> Callback | None:
        """Claim the earliest due callback of these queues (None: of all), or None when nothing is ready."""
        nonce = new_id("no")
        for _ in range(MAX_STALE):
            reserved = self._index.reserve_next(queues, holder, nonce, self._lease)
            if reserved is None:
                break
            with self._released_on_error(reserved.id, nonce):
                claimed = self._claim(_unchanged(reserved), holder, nonce, now)
            if claimed is not None:
                return claimed
            self._index.correct(reserved.id)
        with reading(self._engine) as connection:  # most agents who find nothing need not wait for their turn to write
            if next_ready(connection, queues) is None:
                return None
        return self._claim(lambda connection: next_ready(connection, queues, lock=True), holder, nonce, now)

    def this(self, callback_id: str, holder: str, now: datetime | None = None) -> Callback:
        """Claim this one, also when it waits for a number. Raises UnknownCallback, IllegalStep."""
        nonce = new_id("no")
        self._index.reserve(callback_id, holder, nonce, self._lease)
        with self._released_on_error(callback_id, nonce):
            claimed = self._claim(lambda connection: read(connection, callback_id, lock=True), holder, nonce, now)
        assert claimed is not None
        return claimed

    def _claim(self, find: Find, holder: str, nonce: str, now: datetime | None) -> Callback | None:
        now = now or datetime.now(UTC)
        found: Callback | None = None
        try:
            with writing(self._engine) as connection:
                found = find(connection)
                if found is None:
                    return None
                claimed = self._step(connection, found, holder, nonce, now)
        except DBAPIError:
            mine = None if found is None else self._committed(found.id, nonce)
            if mine is None:
                raise
            claimed = mine
        self._index.show(claimed, now)
        return claimed

    def _step(self, connection: Connection, callback: Callback, holder: str, nonce: str, now: datetime) -> Callback:
        step: Step = "inspect" if callback.state == "waiting" and callback.sub_state == "needs_number" else "claim"
        values = {
            "state": next_state(callback.state, step, callback.holder),
            "holder": holder,
            "nonce": nonce,
            "lease_expires_at": now + self._lease,
        }
        summary = f"{holder} took the callback"
        return move(connection, callback, now, "callback.claimed", summary, values, data={"holder": holder})

    def _committed(self, callback_id: str, nonce: str) -> Callback | None:
        """The callback, if the commit was made although the word of it was lost: then it carries this nonce."""
        with reading(self._engine) as connection:
            callback = read(connection, callback_id)
        return callback if callback.nonce == nonce else None

    @contextmanager
    def _released_on_error(self, callback_id: str, nonce: str) -> Iterator[None]:
        """Let the index not keep a reservation that came to nothing until its lease ends."""
        try:
            yield
        except Exception as error:
            self._index.release(callback_id, nonce)
            if isinstance(error, CallbackError):
                self._index.correct(callback_id)
            raise


def _unchanged(reserved: Reserved) -> Find:
    """What the index reserved, if SQL has it ready in this very version; None when the index was behind."""

    def find(connection: Connection) -> Callback | None:
        try:
            callback = read(connection, reserved.id, lock=True)
        except UnknownCallback:
            return None
        return callback if callback.state == "ready" and callback.version == reserved.version else None

    return find
