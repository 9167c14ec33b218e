"""Many agents claim at once: they share a transaction, and each has an answer and a history of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from callbacks import claims, loans, news
from callbacks.callback import Callback
from callbacks.desk import Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.index import rebuild
from callbacks.tables import callbacks
from customers.tables import history
from flows.company import Company
from runtime.sql.database import reading, writing
from runtime.sql.outbox import outbox
from tests.callbacks.conftest import AGENTS, NOW, Ask
from tests.callbacks.test_queue import rung

Answers = dict[str, Callback | BaseException | None]
ClaimTogether = Callable[..., Answers]


@pytest.fixture
def loop() -> Iterator[asyncio.Runner]:
    """The loop of the process that the desk is in."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def claim_together(loop: asyncio.Runner) -> ClaimTogether:
    """So many agents ask in the same round of the loop."""

    async def claim(desk: Desk, agents: int) -> list[Callback | BaseException | None]:
        asked = (desk.claim_next_together(["desk"], f"agent {number:02}", NOW) for number in range(agents))
        return await asyncio.gather(*asked, return_exceptions=True)

    def claim_all(desk: Desk, agents: int = AGENTS) -> Answers:
        answers = loop.run(claim(desk, agents))
        return {f"agent {number:02}": answer for number, answer in enumerate(answers)}

    return claim_all


def test_each_agent_has_one_callback_of_their_own_and_all_share_a_transaction(
    database: Engine,
    desk: Desk,
    made: list[str],
    in_threads: list[int],
    redis_client: redis.Redis,
    claim_together: ClaimTogether,
) -> None:
    before = len(rung(redis_client))
    answers = claim_together(desk)
    held = [answer for answer in answers.values() if isinstance(answer, Callback)]
    assert sorted(callback.id for callback in held) == sorted(made)
    assert {callback.holder: callback.id for callback in held} == {
        name: answer.id for name, answer in answers.items() if isinstance(answer, Callback)
    }
    assert len({callback.nonce for callback in held}) == AGENTS
    assert in_threads == [AGENTS]
    with reading(database) as connection:
        told = connection.execute(sa.select(history.c.summary).where(history.c.kind == "callback.claimed")).scalars()
        assert sorted(told) == [f"agent {number:02} took the callback" for number in range(AGENTS)]
        (entry,) = connection.execute(sa.select(outbox)).all()
        assert sorted(entry.payload["ids"]) == sorted(made)
    _until(lambda: sorted(rung(redis_client)[before:]) == sorted((name, "2", "claimed") for name in made))
    for callback in held:
        assert desk.complete(callback.id, callback.nonce or "", "resolved", now=NOW).state == "resolved"


def test_of_many_agents_half_are_with_the_index_while_the_others_are_with_sql(
    ask: Ask, desk: Desk, made: list[str], monkeypatch: pytest.MonkeyPatch, claim_together: ClaimTogether
) -> None:
    agents = 3 * AGENTS
    for number in range(AGENTS, agents):
        ask(f"CA{number}", customer_id=f"cu_{number}", at=NOW + timedelta(minutes=number))
    asked: list[int] = []
    again = threading.Event()
    lend_out = desk._claims.lend_out

    def count(together: Any) -> Any:
        asked.append(len(together))
        if len(asked) == 2:
            again.set()
        return lend_out(together)

    def confirm(connection: Connection, given: loans.Batch) -> loans.Confirmed:
        assert again.wait(5), "nobody asked the index meanwhile"
        return loans.confirm(connection, given)

    monkeypatch.setattr(desk._claims, "lend_out", count)
    monkeypatch.setattr(claims, "confirm", confirm)
    rebuild(desk._engine, desk._index._queue)  # type: ignore[arg-type]
    answers = list(claim_together(desk, agents).values())
    assert len({answer.id for answer in answers if isinstance(answer, Callback)}) == agents
    assert asked == [agents // 2, agents // 2]


def test_when_there_are_fewer_callbacks_than_agents_the_others_are_told_so(
    desk: Desk, made: list[str], claim_together: ClaimTogether
) -> None:
    answers = list(claim_together(desk, AGENTS + 3).values())
    assert answers.count(None) == 3
    assert sorted(answer.id for answer in answers if isinstance(answer, Callback)) == sorted(made)


def test_what_fails_for_one_agent_fails_for_none_of_the_others(
    desk: Desk, made: list[str], monkeypatch: pytest.MonkeyPatch, claim_together: ClaimTogether
) -> None:
    def confirm(connection: Connection, given: loans.Batch) -> loans.Confirmed:
        if any(loan.id == made[3] for loan in given.loans):
            raise IntegrityError("INSERT", {}, Exception("the history of this customer is broken"))
        return loans.confirm(connection, given)

    monkeypatch.setattr(claims, "confirm", confirm)
    answers = list(claim_together(desk).values())
    assert sum(isinstance(answer, IntegrityError) for answer in answers) == 1
    assert sum(isinstance(answer, Callback) for answer in answers) == AGENTS - 1
    assert desk._index.ask(lambda queue: queue.counts().ready) == 1  # to be claimed again at once


def test_while_sql_is_away_every_agent_is_told_so_and_nothing_stays_lent(
    database: Engine, desk: Desk, made: list[str], monkeypatch: pytest.MonkeyPatch, claim_together: ClaimTogether
) -> None:
    tried = []

    @contextmanager
    def away(engine: Engine) -> Iterator[Connection]:
        tried.append(engine)
        raise OperationalError("BEGIN", {}, Exception("the database went away"))
        yield

    with monkeypatch.context() as patched:
        patched.setattr(claims, "writing", away)
        answers = claim_together(desk)
    assert all(isinstance(answer, OperationalError) for answer in answers.values())
    assert len(tried) == 2  # together, then one alone: the others do not wait for the same again
    assert len([answer for answer in claim_together(desk).values() if isinstance(answer, Callback)]) == AGENTS


def test_a_commit_whose_word_was_lost_is_found_again(
    database: Engine, desk: Desk, made: list[str], monkeypatch: pytest.MonkeyPatch, claim_together: ClaimTogether
) -> None:
    lost: list[Engine] = []

    @contextmanager
    def writing_that_forgets(engine: Engine) -> Iterator[Connection]:
        with writing(engine) as connection:
            yield connection
        if not lost:
            lost.append(engine)
            raise OperationalError("COMMIT", {}, Exception("the connection was lost"))

    monkeypatch.setattr(claims, "writing", writing_that_forgets)
    answers = claim_together(desk)
    assert sorted(answer.id for answer in answers.values() if isinstance(answer, Callback)) == sorted(made)
    with reading(database) as connection:
        versions = connection.execute(sa.select(callbacks.c.version)).scalars().all()
    assert set(versions) == {2}


def test_a_claim_that_follows_tells_the_index_of_those_before(
    desk: Desk,
    made: list[str],
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    claim_together: ClaimTogether,
) -> None:
    monkeypatch.setattr(news, "_PATIENCE_SECONDS", 60.0)
    before = len(rung(redis_client))
    claim_together(desk, 3)
    assert len(rung(redis_client)) == before
    assert desk.claim_next(None, "anna", NOW) is not None  # alone, and so tells of itself as well
    assert sorted(rung(redis_client)[before:]) == sorted((name, "2", "claimed") for name in made[:4])


def test_a_late_word_of_a_claim_takes_nothing_back(
    desk: Desk,
    made: list[str],
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    claim_together: ClaimTogether,
) -> None:
    monkeypatch.setattr(news, "_PATIENCE_SECONDS", 60.0)
    first, second = (answer for answer in claim_together(desk, 2).values() if isinstance(answer, Callback))
    desk.complete(first.id, first.nonce or "", "resolved", now=NOW)
    desk.release(second.id, second.nonce or "", NOW)
    before = rung(redis_client)
    desk._claims.news.tell()
    assert rung(redis_client) == before
    queue = desk._index._queue
    assert queue is not None
    assert [(stands.version, stands.place) for stands in queue.standing([first.id, second.id])] == [
        ("3", ""),
        ("3", "ready"),
    ]


def test_two_processes_never_lend_the_same_callback(
    database: Engine, company: Company, redis_client: redis.Redis, made: list[str]
) -> None:
    desks = [Desk(database, lambda: company, CallbackQueue(redis_client)) for _ in range(2)]
    found: list[str] = []

    def claim_all(desk: Desk) -> None:
        while (held := desk.claim_next(None, "anna", NOW)) is not None:
            found.append(held.id)

    threads = [threading.Thread(target=claim_all, args=(desks[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(made)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_callback_that_another_transaction_holds_keeps_only_its_own_agent_waiting(
    database: Engine, desk: Desk, made: list[str], in_threads: list[int], claim_together: ClaimTogether
) -> None:
    answers: Answers = {}
    with database.connect() as other, other.begin():
        other.execute(sa.select(callbacks).where(callbacks.c.id == made[0]).with_for_update())
        waiting = threading.Thread(target=lambda: answers.update(claim_together(desk)))
        waiting.start()
        _until(lambda: in_threads == [AGENTS, 1])
    waiting.join()
    assert sorted(answer.id for answer in answers.values() if isinstance(answer, Callback)) == sorted(made)


def test_the_columns_stand_in_the_order_of_the_callbacks_fields() -> None:
    assert [column.name for column in callbacks.c] == [field.name for field in fields(Callback)]


def _until(is_so: Callable[[], Any]) -> None:
    for _ in range(500):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("did not come about within 5 seconds")
