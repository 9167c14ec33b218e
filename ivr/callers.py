"""What is known of a caller when the phone rings: asked of SQL by one thread, for all who ring at that moment at once."""

from __future__ import annotations

import threading
from collections.abc import Collection

import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.session import Caller
from runtime.bulk import select_many
from runtime.database import from_ms, reading
from runtime.handover import Handover, settle
from runtime.single import Single, single

log = structlog.get_logger()

MAX_BATCH = 64


_QUERY = (
    "SELECT n.number, c.name, c.language, (SELECT min(b.promised_until) FROM callbacks b WHERE b.customer_id = c.id"
    " AND b.closed_at IS NULL AND b.promised_until IS NOT NULL) AS earliest"
    " FROM customer_numbers n JOIN customers c ON c.id = n.customer_id WHERE n.number IN ({values})"
)


def look_up(connection: Connection | Single, numbers: Collection[str]) -> dict[str, Caller]:
    """Name, language and earliest open promise of the customers with these numbers; unknown ones are left out."""
    found = select_many(connection, _QUERY, "number, name, language, earliest", numbers)
    return {
        number: Caller(number, name, language, None if earliest is None else from_ms(earliest))
        for number, name, language, earliest in found
    }


class Callers:
    """Looks callers up without keeping the event loop waiting. One thread, one database connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asking = single if engine.dialect.name == "sqlite" else reading
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
            return await self._asked.give(number, patience_seconds)
        except TimeoutError:
            log.warning("caller.look_up_slow")
            return Caller(number)

    def _run(self) -> None:
        while (batch := self._asked.take(MAX_BATCH)) is not None:
            try:
                with self._asking(self._engine) as connection:
                    known = look_up(connection, {asked.work for asked in batch})
            except SQLAlchemyError as error:
                log.warning("caller.look_up_failed", reason=str(error)[:200])
                known = {}
            settle((asked, known.get(asked.work) or Caller(asked.work)) for asked in batch)
