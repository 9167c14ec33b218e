"""What time alone does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from callbacks.callback import StaleNonce
from callbacks.clock import Ticked, tick
from callbacks.desk import LEASE, Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.tables import callbacks, promises
from callbacks.transition import read
from customers.history import events_of
from flows.company import Company
from runtime.redis import open_redis
from runtime.sql.database import reading, writing
from tests.callbacks.conftest import NOW, Ask

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def told(database: Engine, kind: str) -> list[str]:
    with reading(database) as connection:
        return [event.summary for event in events_of(connection, "cu_1") if event.kind == kind]


def test_a_callback_that_waited_long_enough_is_ready_again(
    database: Engine, desk: Desk, queue: CallbackQueue, ask: Ask
) -> None:
    callback_id = ask()
    held = desk.claim(callback_id, "anna", NOW)
    desk.attempt(callback_id, held.nonce or "", "busy", at=NOW)
    assert tick(database, queue, NOW + 9 * MINUTE) == Ticked()
    assert desk.claim_next(None, "anna", NOW + 9 * MINUTE) is None
    assert tick(database, queue, NOW + 10 * MINUTE) == Ticked(promoted=1)
    found = desk.claim_next(None, "anna", NOW + 10 * MINUTE)
    assert found is not None
    assert (found.sub_state, found.not_before, found.lost_leases) == ("", None, 0)


def test_a_callback_without_a_number_does_not_become_ready_by_waiting(
    database: Engine, queue: CallbackQueue, ask: Ask
) -> None:
    ask(number=None)
    assert tick(database, queue, NOW + 10 * MINUTE).promoted == 0


def test_a_lease_that_ran_out_goes_back_to_the_queue_and_its_holder_is_refused(
    database: Engine, desk: Desk, queue: CallbackQueue, ask: Ask
) -> None:
    callback_id = ask()
    held = desk.claim(callback_id, "anna", NOW)
    assert tick(database, queue, NOW + LEASE).leases_lost == 0
    assert tick(database, queue, NOW + LEASE + MINUTE) == Ticked(leases_lost=1)
    with pytest.raises(StaleNonce, match="now ready"):
        desk.complete(callback_id, held.nonce or "", "resolved")
    found = desk.claim_next(None, "bert", NOW + LEASE + MINUTE)
    assert found is not None
    assert (found.id, found.lost_leases, found.attempts) == (callback_id, 1, 0)
    assert told(database, "callback.lease_lost") == ["anna did not finish in time; the callback is back in the queue"]


def test_a_renewed_lease_is_not_lost(database: Engine, desk: Desk, queue: CallbackQueue, ask: Ask) -> None:
    callback_id = ask()
    held = desk.claim(callback_id, "anna", NOW)
    desk.renew(callback_id, held.nonce or "", NOW + 9 * MINUTE)
    assert tick(database, queue, NOW + 18 * MINUTE).leases_lost == 0


def test_who_is_talking_does_not_lose_the_callback(
    database: Engine, desk: Desk, queue: CallbackQueue, ask: Ask
) -> None:
    callback_id = ask()
    desk.claim(callback_id, "anna", NOW)
    with writing(database) as connection:
        connection.execute(callbacks.update().values(state="talking"))
    assert tick(database, queue, NOW + 50 * MINUTE).leases_lost == 0


def test_a_lost_lease_without_a_number_goes_back_to_where_numbers_are_sought(
    database: Engine, desk: Desk, queue: CallbackQueue, ask: Ask
) -> None:
    callback_id = ask(number=None)
    desk.claim(callback_id, "anna", NOW)
    tick(database, queue, NOW + 20 * MINUTE)
    with reading(database) as connection:
        found = read(connection, callback_id)
    assert (found.state, found.sub_state, found.lost_leases) == ("waiting", "needs_number", 1)


def test_late_is_a_flag_and_a_broken_promise_is_told_once(
    database: Engine, desk: Desk, queue: CallbackQueue, ask: Ask
) -> None:
    callback_id = ask()
    assert tick(database, queue, NOW + HOUR) == Ticked()
    assert tick(database, queue, NOW + HOUR + MINUTE) == Ticked(overdue=1)  # the target; the promise still stands
    assert tick(database, queue, NOW + 2 * HOUR) == Ticked(promises_broken=1)
    assert tick(database, queue, NOW + 3 * HOUR) == Ticked()
    with reading(database) as connection:
        found = read(connection, callback_id)
    assert (found.state, found.overdue) == ("ready", True)  # nothing expires
    held = desk.claim(callback_id, "anna", NOW + 3 * HOUR)
    desk.complete(callback_id, held.nonce or "", "resolved", now=NOW + 3 * HOUR)
    assert told(database, "promise.broken") == ["The promise to ring back by 2026-03-10 09:30 UTC was broken"]
    assert told(database, "promise.kept") == []
    assert len(told(database, "callback.overdue")) == 1


def test_a_promise_kept_in_time_is_not_broken_later(
    database: Engine, desk: Desk, queue: CallbackQueue, ask: Ask
) -> None:
    callback_id = ask()
    held = desk.claim(callback_id, "anna", NOW)
    desk.complete(callback_id, held.nonce or "", "resolved", now=NOW)
    assert tick(database, queue, NOW + 5 * HOUR) == Ticked()
    with reading(database) as connection:
        assert connection.scalar(sa.select(promises.c.outcome)) == "kept"


def test_an_index_that_was_emptied_is_built_again(
    database: Engine, desk: Desk, queue: CallbackQueue, redis_client: redis.Redis, ask: Ask
) -> None:
    made = [ask(f"CA{number}", customer_id=f"cu_{number}") for number in range(5)]
    held = desk.claim(made[0], "anna", NOW)
    redis_client.flushall()
    found = desk.claim_next(None, "bert", NOW)  # by SQL meanwhile
    assert found is not None
    assert tick(database, queue, NOW) == Ticked(index_rebuilt=True)
    assert (queue.counts().ready, queue.counts().leased) == (3, 2)
    assert tick(database, queue, NOW).index_rebuilt is False
    assert desk.complete(made[0], held.nonce or "", "resolved").state == "resolved"
    assert sorted(queue.ids()) == sorted(set(made) - {made[0]})


def test_another_process_learns_of_a_rebuild(
    database: Engine, company: Company, queue: CallbackQueue, redis_client: redis.Redis, ask: Ask
) -> None:
    other_queue = CallbackQueue(redis_client)
    other = Desk(database, lambda: company, other_queue)
    first, second = ask(), ask("CA2", intent="bill")
    tick(database, queue, NOW)
    assert other.claim_next(None, "bert", NOW) is not None
    redis_client.flushall()
    tick(database, queue, NOW)
    found = other.claim_next(None, "bert", NOW)
    assert found is not None
    assert {first, second} == queue.ids()
    assert other_queue.epoch == queue.epoch


def test_what_got_lost_on_the_way_to_the_index_is_found_and_put_right(
    database: Engine, queue: CallbackQueue, redis_client: redis.Redis, ask: Ask
) -> None:
    made = [ask(f"CA{number}", customer_id=f"cu_{number}") for number in range(3)]  # the outbox never ran
    with writing(database) as connection:
        connection.execute(callbacks.update().where(callbacks.c.id == made[2]).values(state="resolved"))
    queue.compare_at = 0.0
    assert _repairs(database, queue, 2) == [0, 2]
    assert queue.ids() == {made[0], made[1]}


def test_a_claim_that_died_before_sql_confirmed_it_comes_back(
    database: Engine, desk: Desk, queue: CallbackQueue, ask: Ask
) -> None:
    callback_id = ask()
    desk.release(callback_id, desk.claim(callback_id, "anna").nonce or "")
    taken = queue.claim(None, "ghost", "no_ghost", timedelta(milliseconds=-1))
    assert taken is not None
    assert queue.counts().leased == 1
    tick(database, queue, NOW)
    assert (queue.counts().ready, queue.counts().leased) == (1, 0)
    with reading(database) as connection:
        assert read(connection, callback_id).lost_leases == 1 - 1  # SQL never lent it out


def test_the_clock_goes_on_while_redis_is_away(database: Engine, ask: Ask) -> None:
    ask()
    away = CallbackQueue(open_redis("unix:///nonexistent/redis.sock"))
    assert tick(database, away, NOW + 2 * HOUR) == Ticked(overdue=1, promises_broken=1)
    assert tick(database, None, NOW + 2 * HOUR) == Ticked()


def _repairs(database: Engine, queue: CallbackQueue, ticks: int) -> Sequence[int]:
    return [tick(database, queue, NOW).index_repaired for _ in range(ticks)]


def test_a_rebuild_that_sql_broke_off_is_begun_anew_by_the_next_tick(
    database: Engine, redis_client: redis.Redis, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the random days: the index stayed empty until a minute had passed, as if its builder had been killed."""
    callback_id = ask()
    queue = CallbackQueue(redis_client)

    def fail(*_: object, **__: object) -> bool:
        raise sa.exc.OperationalError("INSERT", None, Exception("the disk is full"))

    with monkeypatch.context() as patched, pytest.raises(sa.exc.OperationalError):
        patched.setattr("callbacks.queue.index.insert_once", fail)
        tick(database, queue, NOW)
    assert tick(database, queue, NOW).index_rebuilt
    assert queue.ids() == {callback_id}
