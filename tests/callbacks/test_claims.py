"""A claim: the index says which callback, SQL makes it true, and whatever goes wrong between both costs nobody a callback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import timedelta

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from callbacks.callback import Callback
from callbacks.claims import MAX_STALE
from callbacks.desk import Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.tables import callbacks
from customers.tables import history
from flows.company.company import Company
from runtime.sql.database import reading, writing
from runtime.sql.outbox import outbox
from tests.callbacks.conftest import AGENTS, NOW, Ask
from tests.callbacks.sql_faults import away, lost_word
from tests.callbacks.test_queue import callback, rung


def claim_at_once(desk: Desk, agents: int = AGENTS) -> list[Callback | Exception | None]:
    """What each of so many agents is answered who ask at the same moment, by their number."""
    start = threading.Barrier(agents)

    def ask(number: int) -> Callback | Exception | None:
        start.wait()
        try:
            return desk.claim_next(["desk"], f"agent {number:02}", NOW)
        except DBAPIError as error:
            return error

    with ThreadPoolExecutor(agents) as threads:
        return list(threads.map(ask, range(agents)))


def held(answers: list[Callback | Exception | None]) -> list[Callback]:
    return [answer for answer in answers if isinstance(answer, Callback)]


def test_each_of_many_agents_has_one_callback_of_their_own(
    database: Engine, desk: Desk, made: list[str], redis_client: redis.Redis
) -> None:
    before = len(rung(redis_client))
    claimed = held(claim_at_once(desk))
    assert sorted(callback.id for callback in claimed) == sorted(made)
    assert [callback.holder for callback in claimed] == [f"agent {number:02}" for number in range(AGENTS)]
    assert len({callback.nonce for callback in claimed}) == AGENTS
    with reading(database) as connection:
        told = connection.scalars(sa.select(history.c.summary).where(history.c.kind == "callback.claimed"))
        assert sorted(told) == [f"agent {number:02} took the callback" for number in range(AGENTS)]
        assert connection.scalar(sa.select(sa.func.count()).select_from(outbox)) == AGENTS
    assert sorted(rung(redis_client)[before:]) == sorted((name, "2", "claimed") for name in made)
    for one in claimed:
        assert desk.complete(one.id, one.nonce or "", one.holder or "", "resolved", now=NOW).state == "resolved"


def test_when_there_are_fewer_callbacks_than_agents_the_others_are_told_so(desk: Desk, made: list[str]) -> None:
    answers = claim_at_once(desk, AGENTS + 3)
    assert answers.count(None) == 3
    assert sorted(callback.id for callback in held(answers)) == sorted(made)


def test_what_fails_for_one_agent_fails_for_none_of_the_others(
    database: Engine, desk: Desk, queue: CallbackQueue, made: list[str]
) -> None:
    with writing(database) as connection:
        _break_history_of(connection, "cu_3")
    answers = claim_at_once(desk)
    assert sum(isinstance(answer, DBAPIError) for answer in answers) == 1
    assert len(held(answers)) == AGENTS - 1
    assert queue.counts().ready == 1  # to be claimed again at once


def test_while_sql_is_away_an_agent_is_told_so_and_nothing_stays_reserved(
    database: Engine, desk: Desk, queue: CallbackQueue, made: list[str]
) -> None:
    with away(database):
        with pytest.raises(OperationalError, match="went away"):
            desk.claim_next(None, "anna", NOW)
        with pytest.raises(OperationalError, match="went away"):
            desk.claim(made[3], "anna", NOW)
    assert (queue.counts().ready, queue.counts().leased) == (AGENTS, 0)
    assert len(held(claim_at_once(desk))) == AGENTS


@pytest.mark.parametrize("chosen", [False, True], ids=["the next", "this one"])
def test_a_commit_whose_word_was_lost_is_found_again(
    database: Engine, desk: Desk, made: list[str], *, chosen: bool
) -> None:
    with lost_word(database):
        claimed = desk.claim(made[0], "anna", NOW) if chosen else desk.claim_next(None, "anna", NOW)
    assert claimed is not None
    assert (claimed.id, claimed.holder, claimed.version) == (made[0], "anna", 2)
    assert desk.complete(claimed.id, claimed.nonce or "", claimed.holder or "", "resolved", now=NOW).state == "resolved"


def test_a_commit_whose_word_was_lost_is_found_again_without_the_index(
    database: Engine, company: Company, made: list[str]
) -> None:
    with lost_word(database):
        claimed = Desk(database, lambda: company).claim_next(None, "anna", NOW)
    assert claimed is not None
    assert (claimed.id, claimed.version) == (made[0], 2)


def test_an_index_that_missed_a_new_deadline_is_put_right_before_anything_is_claimed(
    database: Engine, desk: Desk, made: list[str]
) -> None:
    with writing(database) as connection:
        later = {"due_at": NOW + timedelta(days=1), "version": 2}
        connection.execute(callbacks.update().where(callbacks.c.id == made[0]).values(**later))
    claimed = [desk.claim_next(None, "anna", NOW) for _ in made]
    assert [callback.id for callback in claimed if callback] == [*made[1:], made[0]]


def test_a_callback_that_sql_does_not_know_is_offered_once(desk: Desk, queue: CallbackQueue, made: list[str]) -> None:
    queue.upsert([callback("cb_of_a_backup_that_is_gone", due_minutes=1)], NOW)
    claimed = desk.claim_next(None, "anna", NOW)
    assert claimed is not None
    assert claimed.id == made[0]
    assert queue.ids() == set(made)


def test_after_many_wrong_offers_sql_says_which_is_next(
    database: Engine, desk: Desk, queue: CallbackQueue, ask: Ask
) -> None:
    made = [
        ask(f"CA{number}", customer_id=f"cu_{number}", at=NOW + timedelta(minutes=number))
        for number in range(MAX_STALE + 2)
    ]
    with reading(database) as connection:
        found = [Callback(*row) for row in connection.execute(sa.select(callbacks))]
    queue.upsert(found, NOW)
    with writing(database) as connection:
        connection.execute(callbacks.update().where(callbacks.c.id != made[-1]).values(state="merged", version=2))
    claimed = desk.claim_next(None, "anna", NOW)
    assert claimed is not None
    assert claimed.id == made[-1]
    assert queue.counts().ready == 1  # the last wrong one; those before it are put right


def test_two_processes_never_give_out_the_same_callback(
    database: Engine, company: Company, redis_client: redis.Redis, made: list[str]
) -> None:
    desks = [Desk(database, lambda: company, CallbackQueue(redis_client)) for _ in range(2)]

    def claim_all(number: int) -> list[str]:
        found = []
        while (claimed := desks[number % 2].claim_next(None, "anna", NOW)) is not None:
            found.append(claimed.id)
        return found

    with ThreadPoolExecutor(8) as threads:
        found = [name for names in threads.map(claim_all, range(8)) for name in names]
    assert sorted(found) == sorted(made)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_callback_that_another_transaction_holds_keeps_only_its_own_agent_waiting(
    database: Engine, desk: Desk, made: list[str]
) -> None:
    with ThreadPoolExecutor(1) as thread:
        with database.connect() as other, other.begin():
            other.execute(sa.select(callbacks).where(callbacks.c.id == made[0]).with_for_update())
            first = thread.submit(desk.claim_next, None, "anna", NOW)
            _until(lambda: _waits_for_a_lock(database))
            second = desk.claim_next(None, "bert", NOW)
        waited = first.result(30)
    assert [claimed.id for claimed in (waited, second) if claimed] == made[:2]


def test_the_columns_stand_in_the_order_of_the_callbacks_fields() -> None:
    assert [column.name for column in callbacks.c] == [field.name for field in fields(Callback)]


def _break_history_of(connection: Connection, customer_id: str) -> None:
    """Every further line of this customer's history is refused."""
    refuse = f"NEW.customer_id = '{customer_id}'"
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            f"CREATE TRIGGER broken BEFORE INSERT ON history WHEN {refuse} BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
        return
    connection.exec_driver_sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER broken BEFORE INSERT ON history FOR EACH ROW WHEN ({refuse}) EXECUTE FUNCTION refuse()"
    )


def _waits_for_a_lock(database: Engine) -> bool:
    with reading(database) as connection:
        return bool(connection.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def _until(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.01)
