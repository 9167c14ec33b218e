"""What happened, made durable before the answer goes out: one thread writes it in batches.

A turn's key is (call, turn). A repeated webhook meets the row of the first one and gets what that one was given: `write` returns
it, and the conductor answers from it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from ivr.journal.spool import Spool
from ivr.journal.turn_record import TurnRecord, pack, unpack
from ivr.journal.turn_writer import Apply, TurnWriter
from ivr.published_flows import NothingPublished
from runtime.batch_queue import BatchQueue, Pending, resolve

log = structlog.get_logger()

MAX_BATCH = 256
# A caller is never kept waiting for SQL longer than this; the turn goes to the spool instead (docs/decisions/0003).
PATIENCE_SECONDS = 0.25
# While SQL is away it is tried again this often.
RETRY_SECONDS = 0.5
# So often a living process looks for the spool of one that died.
ADOPT_SECONDS = 10.0
# Turns taken while SQL is away are remembered, so that a repeated webhook still gets the same answer.
MAX_REMEMBERED = 20_000


class Journal:
    """Writes turns, and what follows from them, in batched transactions of one thread.

    `apply` writes the rows that follow from records within the same transaction and says whether there were any; a record
    without events is a repeat. `after_commit` is told after a commit with such rows. When SQL fails or is slow, turns go to
    the spool and from there to SQL, in order, as soon as it is back.
    """

    def __init__(
        self,
        engine: Engine,
        apply: Apply,
        after_commit: Callable[[], None],
        spool: Spool,
    ) -> None:
        self.patience_seconds = PATIENCE_SECONDS
        self._writer = TurnWriter(engine, apply)
        self._after_commit = after_commit
        self._spool = spool
        self._waiting: BatchQueue[TurnRecord, TurnRecord] = BatchQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._is_behind = threading.Event()
        # Held where the spool gains an entry or is found empty: else one could slip in just as the journal stops looking.
        self._spooling = threading.Lock()
        self._adopted_at = 0.0
        self._remembered: OrderedDict[tuple[str, int], TurnRecord] = OrderedDict()

    @property
    def is_behind(self) -> bool:
        """Whether turns wait in the spool."""
        return self._is_behind.is_set()

    @property
    def spooled(self) -> int:
        """How many turns wait in the spool of this process."""
        return self._spool.entries

    def start(self) -> None:
        """Start writing, first what an earlier process had to leave behind."""
        self._adopt()
        self._thread.start()

    def stop(self, patience_seconds: float = 5.0) -> None:
        """Write what waits, then end. What SQL does not take now stays in the spool for the next start."""
        self._waiting.end()
        self._thread.join(patience_seconds)
        if not self._thread.is_alive():
            self._spool.close()

    async def write(self, record: TurnRecord) -> TurnRecord:
        """Make a turn durable, in SQL or in the spool. Returns the record itself, or the one that stood under its key already."""
        if self._is_behind.is_set():
            return await asyncio.to_thread(self._put_aside, record)
        try:
            return await self._waiting.submit(record, self.patience_seconds)
        except TimeoutError:
            log.warning("journal.slow", call_id=record.call.call_id, turn=record.turn)
            self._is_behind.set()
            return await asyncio.to_thread(self._put_aside, record)

    def _put_aside(self, record: TurnRecord) -> TurnRecord:
        """Spool a turn; one that was taken already while SQL was away is answered with what it was."""
        key = (record.call.call_id, record.turn)
        known = self._remembered.setdefault(key, record)
        if known is not record:
            return known
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        try:
            with self._spooling:
                self._spool.append([pack(record)])
                self._is_behind.set()
        except OSError as error:
            # Neither SQL nor the disk: the caller is still answered, and the reconciler finds the call at the provider.
            log.error("journal.lost", call_id=record.call.call_id, turn=record.turn, reason=str(error))
        return record

    def _adopt(self) -> None:
        """Take over what dead processes left in their spools."""
        self._adopted_at = time.monotonic()
        try:
            if self._spool.adopt():
                self._is_behind.set()
        except OSError as error:  # a full disk: what is there stays there until the next time
            log.error("spool.not_adopted", reason=str(error)[:200])

    def _run(self) -> None:
        while True:
            if time.monotonic() - self._adopted_at > ADOPT_SECONDS:
                self._adopt()
            batch = self._waiting.take(MAX_BATCH, RETRY_SECONDS)
            try:
                if batch:
                    self._write_batch(batch)
                else:
                    self._catch_up()
            except Exception:
                # The thread goes on: those who wait for this batch spool their turns when their patience ends.
                log.exception("journal.failed", turns=len(batch or ()))
                self._is_behind.set()
            if batch is None:
                return

    def _write_batch(self, batch: list[Pending[TurnRecord, TurnRecord]]) -> None:
        if self._is_behind.is_set():
            stored = [self._put_aside(each.work) for each in batch]
        else:
            try:
                stored = self._commit([each.work for each in batch])
            except SQLAlchemyError:
                # Alone, each turn either goes in or shows what is wrong; a deadlock between two processes dissolves.
                stored = [self._commit_alone(each.work) for each in batch]
        resolve(zip(batch, stored, strict=True))

    def _commit_alone(self, record: TurnRecord) -> TurnRecord:
        if not self._is_behind.is_set():
            try:
                return self._commit([record])[0]
            except SQLAlchemyError as error:
                reason = str(error.__cause__ or error)[:300]
                log.error("journal.sql_away", call_id=record.call.call_id, turn=record.turn, reason=reason)
                self._is_behind.set()
        return self._put_aside(record)

    def _catch_up(self) -> None:
        """Bring the spool's turns into SQL, in order, as long as SQL takes them."""
        if not self._is_behind.is_set():
            return
        place = written = 0
        try:
            while True:
                entries, following = self._spool.read(place)
                if not entries:
                    if self._is_caught_up(place):
                        break
                    continue
                self._commit([unpack(entry) for entry in entries], from_spool=True)
                place, written = following, written + len(entries)
        # The second just after a start, before the flows are read; the third when the disk fails.
        except (SQLAlchemyError, NothingPublished, OSError) as error:
            log.warning("journal.still_behind", reason=str(error.__cause__ or error)[:200])
            return
        self._after_commit()
        log.info("journal.caught_up", turns=written)

    def _is_caught_up(self, place: int) -> bool:
        """Go back to writing at once if nothing was spooled behind `place`."""
        with self._spooling:
            if not self._spool.forget(place):
                return False
            self._is_behind.clear()
            self._remembered.clear()
            return True

    def _commit(self, records: list[TurnRecord], *, from_spool: bool = False) -> list[TurnRecord]:
        written = self._writer.write(records, from_spool=from_spool)
        if written.has_consequences:
            self._after_commit()
        return written.stored
