"""PostgreSQL over a connection of the loop: what it answers, and what happens when the server ends it, hangs, or is not there."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from runtime import postgres_statements
from runtime.postgres_statements import PostgresStatements

INSERT = "INSERT INTO words (word, number) VALUES (%s, %s)"


@pytest.fixture
def url(postgres_database_url: str) -> sa.URL:
    url = sa.make_url(postgres_database_url)
    with connected(url) as connection:
        connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY, number INTEGER)")
    return url


@pytest.fixture
async def statements(url: sa.URL) -> AsyncIterator[PostgresStatements]:
    made = PostgresStatements(url)
    await made.start()
    yield made
    made.close()


def connected(url: sa.URL) -> psycopg.Connection[Any]:
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


async def do(statements: PostgresStatements, statement: str, *values: Any) -> Any:
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


def stored(url: sa.URL) -> list[Any]:
    with connected(url) as connection:
        return connection.execute("SELECT word, number FROM words ORDER BY word").fetchall()


async def test_a_statement_is_committed_and_gives_its_first_value(statements: PostgresStatements, url: sa.URL) -> None:
    assert statements.is_ready
    assert await do(statements, INSERT, "ā", 1) is None
    assert stored(url) == [("ā", 1)]
    assert await do(statements, "SELECT word, number FROM words") == "ā"
    assert await do(statements, "SELECT word FROM words WHERE number = %s", 2) is None


async def test_a_statement_that_is_refused_writes_nothing_and_says_why_without_values(
    statements: PostgresStatements, url: sa.URL
) -> None:
    await do(statements, INSERT, "secret", 1)
    with pytest.raises(sa.exc.IntegrityError) as refused:
        await do(statements, f"{INSERT}, (%s, %s)", "new", 2, "secret", 3)
    assert "words_pkey" in str(refused.value)
    assert "secret" not in str(refused.value)
    with pytest.raises(sa.exc.DatabaseError, match="does not exist"):
        await do(statements, "SELECT * FROM nothing")
    with pytest.raises(sa.exc.DatabaseError):
        await do(statements, "SELECT %s::text", "\0")
    assert stored(url) == [("secret", 1)]
    assert statements.is_ready


async def test_many_are_answered_in_turn(statements: PostgresStatements) -> None:
    texts = [f"{number} {'x' * number * 100}" for number in range(200)]
    assert await asyncio.gather(*(do(statements, "SELECT %s::text", text) for text in texts)) == texts


async def test_a_connection_that_the_server_ends_is_made_again(
    statements: PostgresStatements, url: sa.URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_statements, "RESTART_SECONDS", 0.05)
    asked = [asyncio.ensure_future(do(statements, "SELECT pg_sleep(20)")) for _ in range(2)]
    with connected(url) as other:
        mine = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid()"
        await until(lambda: other.execute(mine).fetchone())
        other.execute(f"SELECT pg_terminate_backend(pid) FROM ({mine}) AS found")
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(answer, sa.exc.OperationalError) for answer in answers)
    assert not statements.is_ready
    with pytest.raises(sa.exc.OperationalError):
        await do(statements, "SELECT 1")
    await until(lambda: statements.is_ready)
    assert await do(statements, "SELECT 1") == 1


async def test_a_server_that_does_not_answer_is_not_waited_for(
    statements: PostgresStatements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_statements, "RESTART_SECONDS", 0.05)
    monkeypatch.setattr(postgres_statements, "ANSWER_SECONDS", 0.1)
    with pytest.raises(sa.exc.OperationalError):
        await do(statements, "SELECT pg_sleep(20)")
    await until(lambda: statements.is_ready)
    assert await do(statements, "SELECT 1") == 1


async def test_another_transaction_is_waited_for_and_not_for_long(statements: PostgresStatements, url: sa.URL) -> None:
    with connected(url) as other, other.transaction():
        other.execute("INSERT INTO words VALUES ('held', 1)")
        began = time.monotonic()
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            await do(statements, INSERT, "held", 2)
        assert time.monotonic() - began < 5
        assert statements.is_ready
    with pytest.raises(sa.exc.IntegrityError):
        await do(statements, INSERT, "held", 2)


async def test_what_may_not_write_cannot(url: sa.URL) -> None:
    reader = PostgresStatements(url, writes=False)
    await reader.start()
    with pytest.raises(sa.exc.DBAPIError, match="read-only"):
        await do(reader, INSERT, "a", 1)
    assert await do(reader, "SELECT count(*) FROM words") == 0
    reader.close()


async def test_without_a_server_it_is_not_ready_and_gets_ready_later(
    url: sa.URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_statements, "RESTART_SECONDS", 0.05)
    name = "ringback_made_later"
    later = PostgresStatements(url.set(database=name))
    await later.start()
    assert not later.is_ready
    with connected(url) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        await until(lambda: later.is_ready)
        assert await do(later, "SELECT 1") == 1
    finally:
        later.close()
        with connected(url) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_server_that_connects_and_does_not_answer_keeps_no_start_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_statements, "_CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = sa.URL.create("postgresql+psycopg", "ringback", host="127.0.0.1", port=silent.getsockname()[1])
        statements = PostgresStatements(address)
        await asyncio.wait_for(statements.start(), 10)
        assert not statements.is_ready
        statements.close()


async def test_one_that_is_closed_is_not_opened_again(
    statements: PostgresStatements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_statements, "RESTART_SECONDS", 0.01)
    asked = asyncio.ensure_future(do(statements, "SELECT pg_sleep(20)"))
    await asyncio.sleep(0.1)
    statements.close()
    with pytest.raises(sa.exc.OperationalError):
        await asked
    await asyncio.sleep(0.1)
    assert not statements.is_ready
