"""SQLite in a process beside, asked by an event loop that goes on meanwhile (docs/decisions/0021).

A thread would need the interpreter's lock before and after each statement, and all that it does in between is done at the cost
of the loop: with threads for the journal and the look-up a second processor brought nothing (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import marshal
import socket
import sqlite3
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
import structlog

from runtime.sql.database import SQLITE_PRAGMAS
from runtime.statements import ANSWER_SECONDS, RESTART_SECONDS, Tell

log = structlog.get_logger()

# How long a statement waits for another writer. Who asks has other ways, and a caller's patience is no longer.
BUSY_MS: Final = 250
_STOP_SECONDS: Final = 5.0
_CHILD: Final = Path(__file__).with_name("sqlite_child.py")
_ERRORS: Final[dict[str, type[sa.exc.DBAPIError]]] = {
    "IntegrityError": sa.exc.IntegrityError,
    "OperationalError": sa.exc.OperationalError,
}


class SqliteProcess(asyncio.Protocol):
    """`Statements` of one database file, for one event loop. One that ended is started again; until then it is not ready."""

    def __init__(self, path: Path, prepare: Sequence[str] = ()) -> None:
        """`prepare` are statements for each connection, after those that all connections of ours begin with."""
        self._path = path
        self._prepare = (*SQLITE_PRAGMAS, f"PRAGMA busy_timeout={BUSY_MS}", *prepare)
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._starting: asyncio.Task[None] | None = None
        self._asked: deque[tuple[float, str, Tell]] = deque()  # since when, on the loop's clock
        self._watch: asyncio.TimerHandle | None = None
        self._received = b""
        self._is_prepared = False
        self._is_closed = False

    @property
    def is_ready(self) -> bool:
        return self._is_prepared

    @property
    def pid(self) -> int | None:
        """The process's number while it runs."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the process and prepare its connection. If that fails, it is tried again and again."""
        try:
            await self._start()
        except OSError as error:  # no memory, no process
            log.error("sqlite_process.not_started", reason=str(error)[:200])
            self._try_again()

    async def _start(self) -> None:
        self._socket, its = socket.socketpair()
        with its:
            self._process = await asyncio.to_thread(_start, its.fileno(), self._path)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_connection(lambda: self, sock=self._socket)
        try:
            for statement in self._prepare:
                await self._run(statement)
            self._is_prepared = True
        except sa.exc.DBAPIError as error:
            log.warning("sqlite_process.no_database", reason=str(error.orig)[:200])
            if self._transport is not None:
                self._transport.abort()

    def ask(self, statement: str, values: Sequence[Any], tell: Tell) -> None:
        if self._transport is None:
            tell(None, _ended(statement))
            return
        try:
            packed = marshal.dumps((statement, list(values)))
        except ValueError as error:
            tell(None, sa.exc.DatabaseError(statement, None, error))
            return
        loop = asyncio.get_running_loop()
        self._asked.append((loop.time(), statement, tell))
        self._transport.write(len(packed).to_bytes(4, "little") + packed)
        if self._watch is None:
            self._watch = loop.call_later(ANSWER_SECONDS, self._look)

    async def _run(self, statement: str) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(_value: Any, error: sa.exc.DBAPIError | None) -> None:
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(None)

        self.ask(statement, (), tell)
        await done

    def close(self) -> None:
        """Let the process do what it was asked, and wait until it has ended."""
        self._is_closed, self._is_prepared = True, False
        if self._starting is not None:
            self._starting.cancel()
        if self._socket is not None and self._socket.fileno() >= 0:
            self._socket.shutdown(socket.SHUT_WR)
        if self._process is not None:
            _end(self._process, _STOP_SECONDS)

    # What the transport tells.

    def data_received(self, data: bytes) -> None:
        received, begin = self._received + data, 0
        while len(received) >= (end := begin + 4) and len(received) >= (
            end := end + int.from_bytes(received[begin:end], "little")
        ):
            value, kind, text = marshal.loads(received[begin + 4 : end])  # noqa: S302 - from a process that we started
            begin = end
            _, statement, tell = self._asked.popleft()
            tell(value, _ERRORS.get(kind, sa.exc.DatabaseError)(statement, None, sqlite3.Error(text)) if kind else None)
        self._received = received[begin:]

    def connection_lost(self, _error: Exception | None) -> None:
        asked, self._asked = self._asked, deque()
        self._transport, self._is_prepared, self._received = None, False, b""
        if not self._is_closed:
            log.warning("sqlite_process.ended", statements_lost=len(asked), again_in_seconds=RESTART_SECONDS)
            self._try_again()
        for _, statement, tell in asked:
            tell(None, _ended(statement))

    def _try_again(self) -> None:
        self._starting = asyncio.get_running_loop().create_task(self._start_later())

    async def _start_later(self) -> None:
        if self._process is not None:
            await asyncio.to_thread(_end, self._process, 0)
        await asyncio.sleep(RESTART_SECONDS)
        await self.start()

    def _look(self) -> None:
        """Whether the process still answers."""
        self._watch = None
        if not self._asked or self._process is None:
            return
        loop = asyncio.get_running_loop()
        left = self._asked[0][0] + ANSWER_SECONDS - loop.time()
        if left <= 0:
            log.error("sqlite_process.hangs", pid=self._process.pid)
            self._process.kill()
        else:
            self._watch = loop.call_later(left, self._look)


def _start(descriptor: int, path: Path) -> subprocess.Popen[bytes]:
    # In a session of its own, so that a terminal's Ctrl-C reaches us only. It ends when our side of the socket is gone.
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_CHILD), str(descriptor), str(path)],
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes], patience_seconds: float) -> None:
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ended(statement: str) -> sa.exc.OperationalError:
    return sa.exc.OperationalError(statement, None, ConnectionError("the process beside has ended"))
