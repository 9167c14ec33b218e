"""What is known of a caller when the phone rings: asked of SQL for all who ring at that moment at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.session import Caller
from runtime.batches import Batches
from runtime.handover import Handed, Handover, settle, settle_here
from runtime.sql.bulk import rows_beside, select_many, select_many_beside
from runtime.sql.database import from_ms, reading
from runtime.statements import Statements

log = structlog.get_logger()

MAX_BATCH = 64


# Row by row by its key: joined, PostgreSQL reads all customers as long as it has not counted them.
_QUERY = (
    "SELECT n.number, (SELECT c.name FROM customers c WHERE c.id = n.customer_id) AS name,"
    " (SELECT c.language FROM customers c WHERE c.id = n.customer_id) AS language,"
    " (SELECT min(b.promised_until) FROM callbacks b WHERE b.customer_id = n.customer_id"
    " AND b.closed_at IS NULL AND b.promised_until IS NOT NULL) AS earliest"
    " FROM customer_numbers n WHERE n.number {among}"
)
_NAMES = "number, name, language, earliest"


def look_up(connection: Connection, numbers: Collection[str]) -> dict[str, Caller]:
    """Name, language and earliest open promise of the customers with these numbers; unknown ones are left out."""
    return _callers(select_many(connection, _QUERY, _NAMES, numbers))


def _callers(rows: Iterable[list[Any]]) -> dict[str, Caller]:
    return {
        number: Caller(number, name, language, None if earliest is None else from_ms(earliest))
        for number, name, language, earliest in rows
    }


class Callers:
    """Looks callers up without keeping the event loop waiting: by a process beside, else in a thread of its own."""

    def __init__(self, engine: Engine, beside: Statements | None = None) -> None:
        self._engine = engine
        self._beside = beside
        self._together: Batches[str, Caller] = Batches(self._ask_beside, MAX_BATCH)
        self._asked: Handover[str, Caller] = Handover()
        self._thread = threading.Thread(target=self._run, name="callers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._asked.end()

    async def find(self, number: str | None, patience_seconds: float) -> Caller:
        """The caller with this number. Only the number, when nothing is known or SQL takes longer than `patience_seconds`."""
        if number is None:
            return Caller()
        try:
            if self._beside is not None and self._beside.is_ready:
                return await self._together.give(number, patience_seconds)
            return await self._asked.give(number, patience_seconds)
        except TimeoutError:
            log.warning("caller.look_up_slow")
            return Caller(number)

    def _ask_beside(self, asked: list[Handed[str, Caller]], over: Callable[[], None]) -> None:
        assert self._beside is not None

        def tell(found: Any, error: SQLAlchemyError | None) -> None:
            if error is not None:
                log.warning("caller.not_looked_up_beside", reason=str(error)[:200])
                self._asked.take_in(asked)
            else:
                settle_here(_each(asked, _callers(rows_beside(found))))
            over()

        self._beside.ask(
            *select_many_beside(self._engine.dialect.name, _QUERY, _NAMES, {each.work for each in asked}), tell
        )

    def _run(self) -> None:
        while (batch := self._asked.take(MAX_BATCH)) is not None:
            try:
                with reading(self._engine) as connection:
                    known = look_up(connection, {asked.work for asked in batch})
            except SQLAlchemyError as error:
                log.warning("caller.look_up_failed", reason=str(error)[:200])
                known = {}
            settle(_each(batch, known))


def _each(
    asked: Iterable[Handed[str, Caller]], known: dict[str, Caller]
) -> Iterator[tuple[Handed[str, Caller], Caller]]:
    return ((each, known.get(each.work) or Caller(each.work)) for each in asked)
