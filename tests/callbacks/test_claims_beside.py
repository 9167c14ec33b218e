"""On SQLite a process beside writes the claims of agents who ask together; when it fails them, a thread does."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callbacks import claims, claims_together, loans, loans_beside
from callbacks.callback import Callback
from callbacks.desk import LEASE, Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.tables import callbacks
from customers.tables import history
from flows.company import Company
from runtime.sql.database import reading, turn_to_write, writing
from runtime.sql.outbox import outbox
from runtime.sqlite_process import SqliteProcess
from runtime.statements import Statements
from tests.callbacks.conftest import AGENTS, NOW
from tests.in_thread import InThread

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Sql:
    """Statements that may be failed before or after one is done; those beside are counted."""

    def __init__(self, engine: Engine) -> None:
        self.before: Callable[[], None] = self.nothing
        self.after: Callable[[], None] = self.nothing
        self.done = 0
        path = Path(str(engine.url.database))
        self.statements = InThread(path, loans_beside.DEFINITIONS, self._before, self._after)

    def _before(self) -> None:
        self.before()

    def _after(self) -> None:
        self.done += 1
        self.after()

    def nothing(self) -> None:
        pass


@pytest.fixture
def sql(database: Engine, made: list[str]) -> Iterator[Sql]:
    made_up = Sql(database)
    yield made_up
    made_up.statements.close()


@pytest.fixture
def open_desk(database: Engine, company: Company, queue: CallbackQueue) -> Callable[[Statements], Desk]:
    return lambda beside: Desk(database, lambda: company, queue, beside=beside)


@pytest.fixture
def desk(open_desk: Callable[[Statements], Desk], sql: Sql) -> Desk:
    return open_desk(sql.statements)


async def together(desk: Desk, agents: int = AGENTS) -> list[Any]:
    asked = (desk.claim_next_together(["desk"], f"agent {number:02}", NOW) for number in range(agents))
    return await asyncio.gather(*asked, return_exceptions=True)


def claimed(answers: list[Any]) -> list[str]:
    return [answer.id for answer in answers if isinstance(answer, Callback)]


def stored(engine: Engine) -> list[Callback]:
    with reading(engine) as connection:
        return [Callback(*row) for row in connection.execute(callbacks.select().order_by(callbacks.c.due_at))]


def told(engine: Engine) -> list[Any]:
    """What claims leave besides the callbacks."""
    with reading(engine) as connection:
        lines = connection.execute(history.select().where(history.c.kind == "callback.claimed").order_by(history.c.id))
        entries = connection.execute(sa.select(outbox.c.kind, outbox.c.payload, outbox.c.not_before, outbox.c.tries))
        return [*map(tuple, lines.all()), *map(tuple, entries.all())]


async def test_it_writes_what_a_thread_writes(
    desk: Desk, database: Engine, made: list[str], in_threads: list[int], sql: Sql, tmp_path: Path
) -> None:
    answers = await together(desk)
    assert claimed(answers) == made
    assert [answer.holder for answer in answers] == [f"agent {number:02}" for number in range(AGENTS)]
    assert (in_threads, sql.done) == ([], 2)
    assert stored(database) == answers
    by_process = told(database)
    with writing(database) as connection:
        connection.execute(callbacks.update().values(state="ready", version=1, holder=None, nonce=None))
        connection.execute(history.delete().where(history.c.kind == "callback.claimed"))
        connection.execute(outbox.delete())
        batch = loans.Batch(
            [loans.Loan(one.id, 1, one.holder, one.nonce, NOW, NOW + LEASE) for one in answers]  # the same once more
        )
        assert list(loans.by_nonce(loans.confirm(connection, batch)).values()) == answers
    assert told(database) == by_process


async def test_what_the_index_offers_in_error_is_asked_for_again(
    desk: Desk, database: Engine, made: list[str], in_threads: list[int], redis_client: redis.Redis
) -> None:
    with writing(database) as connection:
        connection.execute(callbacks.update().where(callbacks.c.id.in_(made[:3])).values(state="resolved", version=2))
    answers = await together(desk)
    assert sorted(claimed(answers)) == sorted(made[3:])
    assert answers.count(None) == 3
    assert all(size == 1 for size in in_threads)


async def test_when_none_is_confirmed_nothing_is_entered(
    desk: Desk, database: Engine, made: list[str], in_threads: list[int]
) -> None:
    with writing(database) as connection:
        connection.execute(callbacks.update().values(state="resolved", version=2))
    assert await together(desk) == [None] * AGENTS
    assert told(database) == []


async def test_what_fails_for_one_agent_fails_for_none_of_the_others(
    desk: Desk, database: Engine, made: list[str]
) -> None:
    with writing(database) as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON history WHEN NEW.customer_id = 'cu_3' "
            "BEGIN SELECT RAISE(ABORT, 'the history of this customer is broken'); END"
        )
    answers = await together(desk)
    assert claimed(answers) == [*made[:3], *made[4:]]
    assert isinstance(answers[3], sa.exc.IntegrityError)
    assert desk._index.ask(lambda queue: queue.counts().ready) == 1  # to be claimed again at once


async def test_a_claim_whose_word_was_lost_is_found_again(
    desk: Desk, database: Engine, made: list[str], sql: Sql, in_threads: list[int]
) -> None:
    def lose() -> None:
        sql.after = sql.nothing
        raise sqlite3.OperationalError("the process ended after it had committed")

    sql.after = lose
    assert claimed(await together(desk)) == made
    assert in_threads == []
    assert {callback.version for callback in stored(database)} == {2}


async def test_what_is_taken_back_before_it_is_told_is_nobodys(
    desk: Desk, database: Engine, made: list[str], sql: Sql
) -> None:
    """Another process closed one between the claim and the look at it."""

    def close_one() -> None:
        sql.after = sql.nothing
        with database.begin() as connection:
            free = {"state": "resolved", "version": 3, "holder": None, "nonce": None}
            connection.execute(callbacks.update().where(callbacks.c.id == made[2]).values(**free))

    sql.after = close_one
    answers = await together(desk)
    assert sorted(claimed(answers)) == sorted([*made[:2], *made[3:]])
    assert answers[2] is None


async def test_while_it_is_not_ready_a_thread_writes(
    desk: Desk, made: list[str], sql: Sql, in_threads: list[int]
) -> None:
    sql.statements.is_ready = False
    assert claimed(await together(desk)) == made
    assert (in_threads, sql.done) == ([AGENTS], 0)


async def test_while_sql_is_away_every_agent_is_told_so_and_nothing_stays_lent(
    desk: Desk, made: list[str], sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def away(engine: Engine) -> Iterator[Connection]:
        raise OperationalError("BEGIN", {}, Exception("the database went away"))
        yield

    def fail() -> None:
        raise sqlite3.OperationalError("the database went away")

    with monkeypatch.context() as patched:
        sql.before = fail
        patched.setattr(claims, "writing", away)
        assert all(isinstance(answer, OperationalError) for answer in await together(desk))
    sql.before = sql.nothing
    assert claimed(await together(desk)) == made


async def test_an_agent_who_has_waited_too_long_is_told_so_and_keeps_nobody_waiting(
    desk: Desk, database: Engine, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims_together, "PATIENCE_SECONDS", 0.2)
    with turn_to_write(database):
        answers = await together(desk)
    assert all(isinstance(answer, PoolTimeout) for answer in answers)
    await asyncio.sleep(0.3)
    monkeypatch.setattr(claims_together, "PATIENCE_SECONDS", 20.0)
    assert await together(desk, 1) == [None]  # those who gave up hold theirs until their lease ends
    assert {callback.state for callback in stored(database)} == {"claimed"}


async def test_a_process_that_is_killed_with_claims_in_it_costs_nobody_theirs(
    open_desk: Callable[[Statements], Desk], database: Engine, made: list[str], in_threads: list[int]
) -> None:
    process = SqliteProcess(Path(str(database.url.database)), loans_beside.DEFINITIONS)
    await process.start()
    assert process.pid is not None
    try:
        desk = open_desk(process)
        os.kill(process.pid, signal.SIGSTOP)
        asking = asyncio.ensure_future(together(desk))
        await asyncio.sleep(0.3)
        assert not asking.done()
        os.kill(process.pid, signal.SIGKILL)
        assert claimed(await asking) == made
        assert sum(in_threads) == AGENTS
        assert stored(database) == await asking
    finally:
        process.close()
