"""Turns of which nothing follows are written while the event loop goes on (docs/decisions/0021, 0024)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from ivr import new_turns, new_turns_postgresql
from ivr.effects import has_consequences
from ivr.journal.turn_record import TurnRecord
from runtime.batches import Batches
from runtime.handover import Handed, Handover, settle_here
from runtime.sql.database import when_it_is_my_turn_to_write
from runtime.statements import Statements

log = structlog.get_logger()

MAX_BATCH: Final = 256


class TurnsBeside:
    """Writes turns, and the calls that begin with them, in one statement a batch.

    What does not go in so goes to the journal's thread, `otherwise`, which finds out why: a turn that was taken before, a call
    that is open, a database that is away, a process that ended on its way.
    """

    def __init__(self, beside: Statements, engine: Engine, otherwise: Handover[TurnRecord, TurnRecord]) -> None:
        self._beside = beside
        self._engine = engine
        is_sqlite = engine.dialect.name == "sqlite"
        self._new_turns = new_turns if is_sqlite else new_turns_postgresql
        self._otherwise = otherwise
        self._batches: Batches[TurnRecord, TurnRecord] = Batches(self._write, MAX_BATCH)

    def takes(self, record: TurnRecord) -> bool:
        """Whether this turn may go this way now."""
        return self._beside.is_ready and not has_consequences(record)

    async def give(self, record: TurnRecord, patience_seconds: float) -> TurnRecord:
        """As the journal's `write`. Raises TimeoutError; it may be written all the same."""
        return await self._batches.give(record, patience_seconds)

    def _write(self, batch: list[Handed[TurnRecord, TurnRecord]], over: Callable[[], None]) -> None:
        try:
            statement, values = self._new_turns.statement([each.work for each in batch])
        except Exception:  # one of them is at fault; the thread tries each alone
            log.exception("turns.not_written_beside", turns=len(batch))
            self._otherwise.take_in(batch)
            over()
            return

        def ask(give_turn_back: Callable[[], None]) -> None:
            def tell(_nothing: None, error: DBAPIError | None) -> None:
                give_turn_back()
                self._settle(batch, error)
                over()

            self._beside.ask(statement, values, tell)

        when_it_is_my_turn_to_write(self._engine, ask)

    def _settle(self, batch: list[Handed[TurnRecord, TurnRecord]], error: DBAPIError | None) -> None:
        if error is None:
            settle_here((each, each.work) for each in batch)
            return
        if not isinstance(error, IntegrityError):
            log.warning("turns.not_written_beside", turns=len(batch), reason=str(error)[:200])
        if left := [each for each in batch if not each.result.done()]:
            self._otherwise.take_in(left)
