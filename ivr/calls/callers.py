"""What is known of a caller when the phone rings: asked of SQL for all who ring at that moment at once."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from callbacks.tables import callbacks
from customers.phone import dialable
from customers.tables import customer_numbers, customers
from flows.session import Caller
from runtime.batch_queue import BatchQueue, resolve
from runtime.sql.database import reading

log = structlog.get_logger()

MAX_BATCH = 64


_open = callbacks.alias("open")
_EARLIEST_PROMISE = (
    sa.select(sa.func.min(callbacks.c.promised_until))
    .where(callbacks.c.customer_id == customers.c.id, callbacks.c.closed_at.is_(None))
    .scalar_subquery()
)
# Its queue says in which zone it is spoken.
_ITS_QUEUE = (
    sa.select(sa.func.min(_open.c.queue))
    .where(
        _open.c.customer_id == customers.c.id,
        _open.c.closed_at.is_(None),
        _open.c.promised_until == _EARLIEST_PROMISE,
    )
    .scalar_subquery()
)
_QUERY = (
    sa.select(
        customer_numbers.c.number,
        customer_numbers.c.shared,
        customers.c.name,
        customers.c.language,
        _EARLIEST_PROMISE,
        _ITS_QUEUE,
    )
    .join_from(customer_numbers, customers)
    .where(customer_numbers.c.number.in_(sa.bindparam("numbers", expanding=True)))
)


def look_up(connection: Connection, addresses: Collection[str]) -> dict[str, Caller]:
    """Name, language and earliest open promise of the customers with these addresses; unknown ones are left out.

    Of an address that several people share nothing is known: it would be said to the wrong one.
    """
    found = connection.execute(_QUERY, {"numbers": list(addresses)})
    return {
        address: caller_at(address)
        if shared
        else replace(
            caller_at(address), name=name, language=language, open_promise_until=until, open_promise_queue=queue or ""
        )
        for address, shared, name, language, until, queue in found
    }


def caller_at(address: str | None) -> Caller:
    """A caller of whom only the address is known."""
    number = dialable(address)
    return Caller(number, is_unusable=address is not None and number is None)


class Callers:
    """Looks callers up in a thread of its own, so that the event loop never waits for SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked: BatchQueue[str, Caller] = BatchQueue()
        self._thread = threading.Thread(target=self._run, name="callers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._asked.end()

    async def find(self, address: str | None, patience_seconds: float) -> Caller:
        """The caller at this address. Only the address, when nothing is known or SQL takes longer than `patience_seconds`."""
        if address is None:
            return Caller()
        try:
            return await self._asked.submit(address, patience_seconds)
        except TimeoutError:
            log.warning("caller.look_up_slow")
            return caller_at(address)

    def _run(self) -> None:
        while (batch := self._asked.take(MAX_BATCH)) is not None:
            try:
                with reading(self._engine) as connection:
                    known = look_up(connection, {asked.work for asked in batch})
            except SQLAlchemyError as error:
                log.warning("caller.look_up_failed", reason=str(error)[:200])
                known = {}
            resolve((each, known.get(each.work) or caller_at(each.work)) for each in batch)
