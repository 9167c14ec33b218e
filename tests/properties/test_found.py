"""What the machines and the mutants asked for, told as single cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from callbacks.clock import Clock
from callbacks.desk import Desk
from callbacks.queue.callback_queue import CallbackQueue, Counts
from callbacks.queue.index import rebuild
from callbacks.tables import callbacks
from customers.tables import customers
from flows.company.company import Company
from runtime.sql.database import writing

NOW = datetime.now(UTC)


@pytest.fixture
def queue(sqlite_database: Engine, redis_client: redis.Redis) -> CallbackQueue:
    """The index of three callbacks: cb_0 waits, the others are ready, in this order."""
    soon = NOW + timedelta(hours=1)
    with writing(sqlite_database) as connection:
        connection.execute(customers.insert().values(id="cu_1", name="", created_at=NOW))
        connection.execute(
            sa.insert(callbacks),
            [
                {
                    "id": f"cb_{number}",
                    "customer_id": "cu_1",
                    "number": "+37120000001",
                    "queue": "desk",
                    "language": "en",
                }
                | {"intent": f"matter_{number}", "version": 1, "created_at": NOW}
                | {"due_at": soon + timedelta(minutes=number)}
                | {"state": "ready" if number else "waiting", "not_before": None if number else soon}
                for number in range(3)
            ],
        )
    made = CallbackQueue(redis_client)
    rebuild(sqlite_database, made)
    return made


@pytest.mark.parametrize("place", ["ready:desk", "wait"])
def test_a_place_that_the_queue_server_evicted_is_filled_again(
    sqlite_database: Engine, redis_client: redis.Redis, queue: CallbackQueue, place: str
) -> None:
    """A server of the operator's that evicts may drop a whole place and keep what it knows of each callback."""
    redis_client.delete(f"{queue.prefix}:{place}")
    clock = Clock(sqlite_database, queue)
    for _ in range(2):  # a difference counts when it is seen twice in a row
        clock.tick(NOW)
    assert queue.counts() == Counts(ready=2, waiting=1, leased=0)


@pytest.mark.parametrize("state", ["resolved", "waiting", "claimed"])
def test_an_index_that_missed_the_news_costs_nobody_the_next_claim(
    sqlite_database: Engine, queue: CallbackQueue, company: Company, state: str
) -> None:
    with writing(sqlite_database) as connection:
        connection.execute(
            callbacks.update().where(callbacks.c.id == "cb_1").values(state=state, sub_state="needs_number", version=2)
        )
    claimed = Desk(sqlite_database, lambda: company, queue).claim_next(None, "anna")
    assert claimed is not None
    assert claimed.id == "cb_2"
