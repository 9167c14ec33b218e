"""PostgreSQL asked by an event loop that goes on meanwhile, over a connection of the loop's own (docs/decisions/0024).

A thread needs the interpreter's lock after each way to the server and back, and beside a busy loop waits up to a millisecond for
it; the loop itself sees the answer when it comes to it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog

from runtime.statements import ANSWER_SECONDS, RESTART_SECONDS, Tell

log = structlog.get_logger()

# How long a statement waits for what another transaction holds: as on SQLite, and no longer than a caller's patience.
LOCK_MS = 250
_CONNECT_SECONDS = 5


class PostgresStatements:
    """`Statements` of one database, for one event loop. A connection that broke is made again; until then it is not ready."""

    def __init__(self, url: sa.URL, *, writes: bool = True) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._writes = writes
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._asked: deque[tuple[str, Sequence[Any], Tell]] = deque()
        self._doing: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def is_ready(self) -> bool:
        return self._connection is not None

    async def start(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                self._connection = await self._connected()
        except (psycopg.Error, OSError) as error:  # among them TimeoutError: a server that connects and does not answer
            log.warning("postgres_statements.no_database", reason=_reason(error))
            self._try_again()

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        try:
            await connection.execute(f"SET lock_timeout = {LOCK_MS}")
            if not self._writes:
                await connection.execute("SET default_transaction_read_only = on")
        except BaseException:
            connection.pgconn.finish()
            raise
        return connection

    def ask(self, statement: str, values: Sequence[Any], tell: Tell) -> None:
        if self._connection is None:
            tell(None, _broken(statement))
            return
        self._asked.append((statement, values, tell))
        if self._doing is None:
            self._doing = asyncio.get_running_loop().create_task(self._do())

    def close(self) -> None:
        self._is_closed = True
        if self._starting is not None:
            self._starting.cancel()
        self._let_go()

    async def _do(self) -> None:
        while self._asked:
            statement, values, tell = self._asked.popleft()
            value, error = await self._done(statement, values)
            tell(value, error)
        self._doing = None

    async def _done(self, statement: str, values: Sequence[Any]) -> tuple[Any, sa.exc.DBAPIError | None]:
        if self._connection is None:
            return None, _broken(statement)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                cursor = await self._connection.execute(statement, values)
                row = await cursor.fetchone() if cursor.description else None
        except psycopg.IntegrityError as error:
            return None, sa.exc.IntegrityError(statement, None, psycopg.IntegrityError(_reason(error)))
        except (psycopg.OperationalError, TimeoutError, OSError) as error:
            if self._connection is None or self._connection.broken or isinstance(error, TimeoutError | OSError):
                self._broke(error)
            return None, sa.exc.OperationalError(statement, None, psycopg.OperationalError(_reason(error)))
        except psycopg.Error as error:
            return None, sa.exc.DatabaseError(statement, None, psycopg.DatabaseError(_reason(error)))
        return (None if row is None else row[0]), None

    def _broke(self, error: BaseException) -> None:
        self._let_go()
        if not self._is_closed:
            log.warning("postgres_statements.broke", reason=_reason(error), again_in_seconds=RESTART_SECONDS)
            self._try_again()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()

    def _try_again(self) -> None:
        if not self._is_closed:
            self._starting = asyncio.get_running_loop().create_task(self._start_later())

    async def _start_later(self) -> None:
        await asyncio.sleep(RESTART_SECONDS)
        await self.start()


def _reason(error: BaseException) -> str:
    """Without the values, which the server tells as a detail."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return (said or str(error) or type(error).__name__)[:200]


def _broken(statement: str) -> sa.exc.OperationalError:
    return sa.exc.OperationalError(statement, None, ConnectionError("the connection has broken"))
