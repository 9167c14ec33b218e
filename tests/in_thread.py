"""`Statements` of SQLite in a thread instead of a process: for tests that start thousands, and to fail as they wish."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from runtime.sql.database import SQLITE_PRAGMAS
from runtime.statements import Tell


def _nothing() -> None:
    pass


class InThread:
    """Passes the tests of the process (tests/runtime/test_sqlite_process.py). `before` and `after` each statement may fail it."""

    def __init__(
        self,
        path: Path,
        prepare: Sequence[str] = (),
        before: Callable[[], None] = _nothing,
        after: Callable[[], None] = _nothing,
    ) -> None:
        self.is_ready = True
        self._before, self._after = before, after
        self._thread = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False)
        for statement in (*SQLITE_PRAGMAS, *prepare):
            self._connection.execute(statement)

    def ask(self, statement: str, values: Sequence[Any], tell: Tell) -> None:
        loop = asyncio.get_running_loop()

        def work() -> None:
            value: Any = None
            wrong: sa.exc.DBAPIError | None = None
            try:
                self._before()
                row = self._connection.execute(statement, list(values)).fetchone()
                value = None if row is None else row[0]
                self._after()
            except sqlite3.IntegrityError as error:
                value, wrong = None, sa.exc.IntegrityError(statement, None, error)
            except sqlite3.OperationalError as error:
                value, wrong = None, sa.exc.OperationalError(statement, None, error)
            except (sqlite3.Error, OverflowError, ValueError) as error:
                value, wrong = None, sa.exc.DatabaseError(statement, None, error)
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, value, wrong)

        self._thread.submit(work)

    async def quiet(self) -> None:
        """Wait until everything that was asked is done and told."""
        await asyncio.wrap_future(self._thread.submit(_nothing))
        await asyncio.sleep(0)

    def close(self) -> None:
        self.is_ready = False
        self._thread.shutdown()
        self._connection.close()
