"""On PostgreSQL claims of agents who ask together are a statement over the loop's own connection, else a thread's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from callbacks import loans
from callbacks.desk import LEASE, Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.tables import callbacks
from customers.tables import history
from flows.company import Company
from runtime.postgres_statements import PostgresStatements
from runtime.sql.database import writing
from runtime.sql.outbox import outbox
from tests.callbacks.conftest import AGENTS, NOW
from tests.callbacks.test_claims_beside import claimed, stored, together, told

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
async def statements(database: Engine) -> AsyncIterator[PostgresStatements]:
    opened = PostgresStatements(database.url)
    await opened.start()
    yield opened
    opened.close()


@pytest.fixture
def desk(database: Engine, company: Company, queue: CallbackQueue, statements: PostgresStatements) -> Desk:
    return Desk(database, lambda: company, queue, beside=statements)


async def test_it_writes_what_a_thread_writes(
    desk: Desk, database: Engine, made: list[str], in_threads: list[int]
) -> None:
    answers = await together(desk)
    assert claimed(answers) == made
    assert in_threads == []
    assert stored(database) == answers
    left = told(database)
    with writing(database) as connection:
        connection.execute(callbacks.update().values(state="ready", version=1, holder=None, nonce=None))
        connection.execute(history.delete().where(history.c.kind == "callback.claimed"))
        connection.execute(outbox.delete())
        batch = loans.Batch([loans.Loan(one.id, 1, one.holder, one.nonce, NOW, NOW + LEASE) for one in answers])
        confirmed = loans.by_nonce(loans.confirm(connection, batch))
    assert [confirmed[one.nonce] for one in answers] == answers
    assert [row[1:] for row in told(database)] == [row[1:] for row in left]


async def test_what_the_index_offers_in_error_is_asked_for_again(
    desk: Desk, database: Engine, made: list[str], in_threads: list[int]
) -> None:
    with writing(database) as connection:
        connection.execute(callbacks.update().where(callbacks.c.id.in_(made[:3])).values(state="resolved", version=2))
    answers = await together(desk)
    assert sorted(claimed(answers)) == sorted(made[3:])
    assert answers.count(None) == 3
    assert all(size == 1 for size in in_threads)


async def test_a_connection_that_the_server_ended_costs_nobody_theirs(
    desk: Desk, database: Engine, made: list[str], in_threads: list[int], redis_client: redis.Redis
) -> None:
    with database.connect() as connection:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {others}")
    answers = await together(desk)
    assert claimed(answers) == made
    assert sum(in_threads) == AGENTS
    assert stored(database) == answers


@pytest.mark.parametrize("agents", [1, 4])
async def test_a_row_that_another_holds_keeps_only_its_own_agent_waiting(
    desk: Desk, database: Engine, made: list[str], in_threads: list[int], agents: int
) -> None:
    with database.connect() as other, other.begin():
        other.execute(sa.select(callbacks).where(callbacks.c.id == made[0]).with_for_update())
        asking = [
            asyncio.ensure_future(desk.claim_next_together(["desk"], f"agent {number}", NOW))
            for number in range(agents)
        ]
        give_up = time.monotonic() + 30
        while in_threads != [1] or sum(not each.done() for each in asking) > 1:
            assert time.monotonic() < give_up
            await asyncio.sleep(0.02)
    answers = await asyncio.gather(*asking)
    assert sorted(answer.id for answer in answers if answer is not None) == sorted(made[:agents])
    assert [answer.holder for answer in answers if answer is not None and answer.id == made[0]] == ["agent 0"]
