"""SQLite in a process beside: what it answers, and what happens when it ends, hangs, or never had a database."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import sqlite_process
from runtime.sqlite_process import SqliteProcess
from runtime.statements import Statements
from tests.in_thread import InThread

PREPARE = ["CREATE TEMP TABLE told (value)"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY, number INTEGER)")
    return path


@pytest.fixture
async def process(path: Path) -> AsyncIterator[SqliteProcess]:
    process = SqliteProcess(path, PREPARE)
    await process.start()
    yield process
    process.close()


@pytest.fixture(params=["process", "thread"])
def statements(request: pytest.FixtureRequest, path: Path) -> Any:
    if request.param == "process":
        yield request.getfixturevalue("process")
    else:
        thread = InThread(path, PREPARE)
        yield thread
        thread.close()


async def do(statements: Statements, statement: str, *values: Any) -> Any:
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def tell(value: Any, error: Exception | None) -> None:
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(value)

    statements.ask(statement, values, tell)
    return await asyncio.wait_for(done, 30)


async def until(true: Callable[[], object]) -> None:
    give_up = time.monotonic() + 30
    while not true():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)


def stored(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT word, number FROM words ORDER BY word").fetchall()


async def test_a_statement_is_committed_and_gives_its_first_value(statements: Statements, path: Path) -> None:
    assert statements.is_ready
    assert await do(statements, "INSERT INTO words VALUES (?, ?), (?, NULL)", "ü ☎", 2**40, "") is None
    assert stored(path) == [("", None), ("ü ☎", 2**40)]
    assert await do(statements, "SELECT number, word FROM words WHERE word = ?", "ü ☎") == 2**40
    assert await do(statements, "SELECT ?", 1.5) == 1.5
    assert await do(statements, "SELECT 1 FROM told") is None


async def test_a_statement_that_is_refused_writes_nothing_and_says_why(statements: Statements, path: Path) -> None:
    await do(statements, "INSERT INTO words VALUES ('a', 1)")
    with pytest.raises(sa.exc.IntegrityError, match=r"UNIQUE constraint failed: words\.word"):
        await do(statements, "INSERT INTO words VALUES ('b', 2), (?, 3)", "a")
    with pytest.raises(sa.exc.OperationalError, match="no such table"):
        await do(statements, "SELECT 1 FROM nowhere")
    assert stored(path) == [("a", 1)]
    assert await do(statements, "SELECT count(*) FROM words") == 1


async def test_values_are_in_no_error(statements: Statements) -> None:
    await do(statements, "INSERT INTO words VALUES ('secret', 1)")
    with pytest.raises(sa.exc.IntegrityError) as failed:
        await do(statements, "INSERT INTO words VALUES (?, 1)", "secret")
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("value", [2**70, "half a letter \ud800", Decimal(1), object()])
async def test_a_value_that_sqlite_cannot_hold_is_an_error_of_that_statement_alone(
    statements: Statements, value: Any
) -> None:
    with pytest.raises(sa.exc.DatabaseError):
        await do(statements, "SELECT ?", value)
    assert statements.is_ready
    assert await do(statements, "SELECT 1") == 1


async def test_many_and_large_ones_are_answered_in_turn(statements: Statements) -> None:
    large = "x" * 1_000_000
    asked = [do(statements, "SELECT ? || ?", large if number % 20 == 0 else "", str(number)) for number in range(100)]
    assert [answer.strip("x") for answer in await asyncio.gather(*asked)] == [str(number) for number in range(100)]


async def test_a_process_that_is_killed_is_started_again(
    process: SqliteProcess, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_process, "RESTART_SECONDS", 0.05)
    first = process.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    asked = [asyncio.ensure_future(do(process, "INSERT INTO words VALUES (?, 1)", str(number))) for number in range(3)]
    await asyncio.sleep(0.05)
    os.kill(first, signal.SIGKILL)
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(answer, sa.exc.OperationalError)
        assert "has ended" in str(answer)
    assert not process.is_ready
    with pytest.raises(sa.exc.OperationalError, match="has ended"):
        await do(process, "SELECT 1")
    await until(lambda: process.is_ready)
    assert process.pid != first
    assert await do(process, "SELECT count(*) FROM told") == 0
    assert stored(path) == []


async def test_a_process_that_hangs_is_ended(process: SqliteProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_process, "RESTART_SECONDS", 0.05)
    monkeypatch.setattr(sqlite_process, "ANSWER_SECONDS", 0.1)
    await asyncio.sleep(0)
    process._watch = None  # the one of the preparation is not due yet
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(sa.exc.OperationalError, match="has ended"):
        await do(process, "SELECT 1")
    await until(lambda: process.is_ready)
    assert await do(process, "SELECT 1") == 1


async def test_another_writer_is_waited_for_and_not_for_long(process: SqliteProcess, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            await do(process, "INSERT INTO words VALUES ('a', 1)")
        asked = asyncio.ensure_future(do(process, "INSERT INTO words VALUES ('b', 1)"))
        await asyncio.sleep(0.02)
        other.execute("COMMIT")
        await asked
    assert stored(path) == [("b", 1)]


async def test_a_process_without_a_database_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_process, "RESTART_SECONDS", 0.05)
    process = SqliteProcess(tmp_path / "later" / "some.sqlite3")
    await process.start()
    assert not process.is_ready
    (tmp_path / "later").mkdir()
    await until(lambda: process.is_ready)
    process.close()


async def test_a_process_that_cannot_be_started_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(sqlite_process, "RESTART_SECONDS", 0.05)
    process = SqliteProcess(path)
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_process, "_start", fail)
        await process.start()
        assert not process.is_ready
    await until(lambda: process.is_ready)
    process.close()


async def test_what_was_asked_is_done_before_the_end_whoever_else_is_told_to_end(
    process: SqliteProcess, path: Path
) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGTERM)
    os.kill(process.pid, signal.SIGINT)
    answers: list[Any] = []
    for number in range(50):
        process.ask(f"INSERT INTO words VALUES ('{number:02}', {number})", (), lambda *told: answers.append(told))
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
    assert len(stored(path)) == 50
    assert not process.is_ready


def test_it_ends_with_the_process_that_started_it(path: Path) -> None:
    program = (
        "import asyncio, sys, time; from pathlib import Path; from runtime.sqlite_process import SqliteProcess\n"
        "async def main():\n"
        "    process = SqliteProcess(Path(sys.argv[1])); await process.start()\n"
        "    print(process.pid, flush=True); time.sleep(60)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = Path(f"/proc/{int(parent.stdout.readline())}")
        assert child.exists()
        parent.kill()
    give_up = time.monotonic() + 20
    while child.exists() and "State:\tZ" not in (child / "status").read_text():
        assert time.monotonic() < give_up
        time.sleep(0.01)
