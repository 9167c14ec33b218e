"""How many are ahead is exact while it is few, and costs no more when it is many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from callbacks.backlog import EXACT, backlog, count_queues
from callbacks.clock import Clock
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.ready import next_ready
from callbacks.tables import callbacks, queue_sizes
from ivr.calls.callers import look_up
from runtime.sql.database import reading, writing
from tests.callbacks.conftest import NOW, Ask
from tests.callbacks.test_queue import fill

HOUR = timedelta(hours=1)


def ahead(database: Engine, queue: str = "desk") -> int:
    with reading(database) as connection:
        return backlog(connection, queue)


def test_a_few_are_counted_as_they_are(database: Engine, ask: Ask) -> None:
    assert ahead(database) == 0
    made = [ask(f"CA{number}", intent=f"i{number}") for number in range(3)]
    ask("CAn", queue="nights")
    assert ahead(database) == 3
    with writing(database) as connection:
        connection.execute(callbacks.update().where(callbacks.c.id == made[0]).values(state="resolved"))
    assert ahead(database) == 2


def test_many_are_as_the_clock_counted_them_within_the_last_minute(database: Engine) -> None:
    now = datetime.now(UTC)
    fill(database, EXACT + 50)
    assert ahead(database) == EXACT + 50  # never counted yet: the long way
    Clock(database, None).tick(now)
    with writing(database) as connection:
        connection.execute(queue_sizes.update().values(live=5_000))
    assert ahead(database) == 5_000
    assert not count_queues(database, now + timedelta(seconds=59))
    assert count_queues(database, now + timedelta(seconds=61))
    assert ahead(database) == EXACT + 50


def test_without_a_clock_many_are_counted_the_long_way(database: Engine) -> None:
    fill(database, EXACT + 50)
    count_queues(database, datetime.now(UTC) - HOUR)
    with writing(database) as connection:
        connection.execute(queue_sizes.update().values(live=5_000))
    assert ahead(database) == EXACT + 50


def test_a_queue_that_emptied_or_went_is_forgotten(database: Engine) -> None:
    fill(database, 3)
    count_queues(database, NOW)
    with writing(database) as connection:
        connection.execute(callbacks.update().values(queue="nights"))
    count_queues(database, NOW + HOUR)
    with reading(database) as connection:
        sizes = dict(connection.execute(sa.select(queue_sizes.c.queue, queue_sizes.c.live)).all())
    assert sizes == {"": 3, "nights": 3}


def test_next_by_sql_is_the_earliest_of_the_queues_asked_for(database: Engine, ask: Ask) -> None:
    late, night, soon = ask("CA1"), ask("CA2", queue="nights", intent="n"), ask("CA3", intent="emergency")
    expected = {None: soon, ("desk",): soon, ("nights",): night, ("nobody",): None, ("nights", "desk"): soon, (): None}
    for lock in (False, True):
        for queues, first in expected.items():
            with writing(database) as connection:
                found = next_ready(connection, queues, lock=lock)
            assert (found.id if found else None) == first
    with writing(database) as connection:
        connection.execute(callbacks.update().where(callbacks.c.id.in_([soon, night])).values(state="claimed"))
        found = next_ready(connection, None)
    assert found is not None
    assert found.id == late


# What a turn, a claim and a second of the clock ask for, by the index that must serve it.
SERVED = {
    "backlog": "callbacks_by_due",
    "open promises": "callbacks_of_customer",
    "next ready": "callbacks_by_due",
    "waited": "callbacks_by_wait",
    "lease over": "callbacks_by_lease",
    "late": "callbacks_not_late",
    "broken": "promises_open",
    "rebuild and comparison": "callbacks_live",
}


@pytest.mark.parametrize("step", SERVED)
def test_no_question_reads_all_that_is_stored(sqlite_database: Engine, redis_client: redis.Redis, step: str) -> None:
    asked: list[tuple[str, object]] = []
    clock = Clock(sqlite_database, CallbackQueue(redis_client))

    def note(_c: object, _k: object, statement: str, parameters: object, _x: object, _m: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    with reading(sqlite_database) as connection:
        sa.event.listen(sqlite_database, "before_cursor_execute", note)
        backlog(connection, "desk")
        next_ready(connection, None)
        next_ready(connection, ["desk"])
    for _ in range(2):  # the first builds the index anew, the second compares
        clock.tick(NOW)
    with reading(sqlite_database) as connection:
        look_up(connection, ["+37120000001", "+37120000002"])
    sa.event.remove(sqlite_database, "before_cursor_execute", note)
    plans = []
    with reading(sqlite_database) as connection:
        for statement, parameters in asked:
            if "GROUP BY callbacks.state" in statement:
                continue  # once a minute
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)  # type: ignore[arg-type]
            plans.append("; ".join(str(row[3]) for row in plan))
    assert any(SERVED[step] in plan for plan in plans), plans
    assert not [plan for plan in plans if "SCAN callbacks" in plan or "SCAN promises" in plan]
    assert not [plan for plan in plans if "TEMP B-TREE FOR ORDER BY" in plan]
