"""What time alone does."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from callbacks.callback import StaleNonce
from callbacks.clock import Clock, Ticked
from callbacks.desk import LEASE, Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.index import Index
from callbacks.tables import callbacks, promises
from callbacks.transition import read
from customers.history import events_of
from flows.company.company import Company
from runtime.redis import open_redis
from runtime.sql.database import reading, writing
from tests.callbacks.conftest import NOW, Ask
from tests.callbacks.sql_faults import away

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(database: Engine, queue: CallbackQueue) -> Clock:
    return Clock(database, queue)


def told(database: Engine, kind: str) -> list[str]:
    with reading(database) as connection:
        return [event.summary for event in events_of(connection, "cu_1") if event.kind == kind]


def test_a_callback_that_waited_long_enough_is_ready_again(
    database: Engine, desk: Desk, clock: Clock, ask: Ask
) -> None:
    callback_id = ask()
    held = desk.claim(callback_id, "anna", NOW)
    desk.attempt(callback_id, held.nonce or "", held.holder or "", "busy", at=NOW)
    assert clock.tick(NOW + 9 * MINUTE) == Ticked()
    assert desk.claim_next(None, "anna", NOW + 9 * MINUTE) is None
    assert clock.tick(NOW + 10 * MINUTE) == Ticked(promoted=1)
    found = desk.claim_next(None, "anna", NOW + 10 * MINUTE)
    assert found is not None
    assert (found.sub_state, found.not_before, found.lost_leases) == ("", None, 0)


def test_a_callback_without_a_number_does_not_become_ready_by_waiting(clock: Clock, ask: Ask) -> None:
    ask(number=None)
    assert clock.tick(NOW + 10 * MINUTE).promoted == 0


def test_a_lease_that_ran_out_goes_back_to_the_queue_and_its_holder_is_refused(
    database: Engine, desk: Desk, clock: Clock, ask: Ask
) -> None:
    callback_id = ask()
    held = desk.claim(callback_id, "anna", NOW)
    assert clock.tick(NOW + LEASE).leases_lost == 0
    assert clock.tick(NOW + LEASE + MINUTE) == Ticked(leases_lost=1)
    with pytest.raises(StaleNonce, match="now ready"):
        desk.complete(callback_id, held.nonce or "", held.holder or "", "resolved")
    found = desk.claim_next(None, "bert", NOW + LEASE + MINUTE)
    assert found is not None
    assert (found.id, found.lost_leases, found.attempts) == (callback_id, 1, 0)
    assert told(database, "callback.lease_lost") == ["anna did not finish in time; the callback is back in the queue"]


def test_a_renewed_lease_is_not_lost(database: Engine, desk: Desk, clock: Clock, ask: Ask) -> None:
    callback_id = ask()
    held = desk.claim(callback_id, "anna", NOW)
    desk.renew(callback_id, held.nonce or "", held.holder or "", NOW + 9 * MINUTE)
    assert clock.tick(NOW + 18 * MINUTE).leases_lost == 0


def test_who_is_talking_does_not_lose_the_callback(database: Engine, desk: Desk, clock: Clock, ask: Ask) -> None:
    callback_id = ask()
    desk.claim(callback_id, "anna", NOW)
    with writing(database) as connection:
        connection.execute(callbacks.update().values(state="talking"))
    assert clock.tick(NOW + 50 * MINUTE).leases_lost == 0


def test_a_lost_lease_without_a_number_goes_back_to_where_numbers_are_sought(
    database: Engine, desk: Desk, clock: Clock, ask: Ask
) -> None:
    callback_id = ask(number=None)
    desk.claim(callback_id, "anna", NOW)
    clock.tick(NOW + 20 * MINUTE)
    with reading(database) as connection:
        found = read(connection, callback_id)
    assert (found.state, found.sub_state, found.lost_leases) == ("waiting", "needs_number", 1)


def test_late_is_a_flag_and_a_broken_promise_is_told_once(database: Engine, desk: Desk, clock: Clock, ask: Ask) -> None:
    callback_id = ask()
    assert clock.tick(NOW + HOUR) == Ticked()
    assert clock.tick(NOW + HOUR + MINUTE) == Ticked(overdue=1)  # the target; the promise still stands
    assert clock.tick(NOW + 2 * HOUR) == Ticked(promises_broken=1)
    assert clock.tick(NOW + 3 * HOUR) == Ticked()
    with reading(database) as connection:
        found = read(connection, callback_id)
    assert (found.state, found.overdue) == ("ready", True)  # nothing expires
    held = desk.claim(callback_id, "anna", NOW + 3 * HOUR)
    desk.complete(callback_id, held.nonce or "", held.holder or "", "resolved", now=NOW + 3 * HOUR)
    assert told(database, "promise.broken") == [
        "The promise to ring back by Tue 2026-03-10 11:30 Europe/Riga was broken"
    ]
    assert told(database, "promise.kept") == []
    assert len(told(database, "callback.overdue")) == 1


def test_a_promise_kept_in_time_is_not_broken_later(database: Engine, desk: Desk, clock: Clock, ask: Ask) -> None:
    callback_id = ask()
    held = desk.claim(callback_id, "anna", NOW)
    desk.complete(callback_id, held.nonce or "", held.holder or "", "resolved", now=NOW)
    assert clock.tick(NOW + 5 * HOUR) == Ticked()
    with reading(database) as connection:
        assert connection.scalar(sa.select(promises.c.outcome)) == "kept"


def test_an_index_that_was_emptied_is_built_again(
    desk: Desk, clock: Clock, queue: CallbackQueue, redis_client: redis.Redis, ask: Ask
) -> None:
    made = [ask(f"CA{number}", customer_id=f"cu_{number}") for number in range(5)]
    held = desk.claim(made[0], "anna", NOW)
    redis_client.flushall()
    found = desk.claim_next(None, "bert", NOW)  # by SQL meanwhile
    assert found is not None
    assert clock.tick(NOW) == Ticked(index_rebuilt=True)
    assert (queue.counts().ready, queue.counts().leased) == (3, 2)
    assert clock.tick(NOW).index_rebuilt is False
    assert desk.complete(made[0], held.nonce or "", held.holder or "", "resolved").state == "resolved"
    assert sorted(queue.ids()) == sorted(set(made) - {made[0]})


def test_another_process_learns_of_a_rebuild(
    database: Engine, company: Company, clock: Clock, queue: CallbackQueue, redis_client: redis.Redis, ask: Ask
) -> None:
    other = Desk(database, lambda: company, CallbackQueue(redis_client))
    first, second = ask(), ask("CA2", intent="bill")
    clock.tick(NOW)
    assert other.claim_next(None, "bert", NOW) is not None
    redis_client.flushall()
    clock.tick(NOW)
    found = other.claim_next(None, "bert", NOW)
    assert found is not None
    assert {first, second} == queue.ids()
    assert queue.entries([found.id])[0].nonce == found.nonce  # the other process reserved it in the new index


def test_what_got_lost_on_the_way_to_the_index_is_found_and_put_right(
    database: Engine, clock: Clock, queue: CallbackQueue, ask: Ask
) -> None:
    made = [ask(f"CA{number}", customer_id=f"cu_{number}") for number in range(3)]  # the outbox never ran
    with writing(database) as connection:
        connection.execute(callbacks.update().where(callbacks.c.id == made[2]).values(state="resolved"))
    assert [clock.tick(NOW).index_repaired for _ in range(2)] == [0, 2]
    assert queue.ids() == {made[0], made[1]}


def test_a_claim_that_died_before_sql_confirmed_it_comes_back(
    database: Engine, desk: Desk, clock: Clock, queue: CallbackQueue, ask: Ask
) -> None:
    callback_id = ask()
    desk.release(callback_id, desk.claim(callback_id, "anna").nonce or "", "anna")
    assert Index(database, queue).reserve_next(None, "ghost", "no_ghost", timedelta(milliseconds=-1)) is not None
    assert queue.counts().leased == 1
    clock.tick(NOW)
    assert (queue.counts().ready, queue.counts().leased) == (1, 0)
    with reading(database) as connection:
        assert read(connection, callback_id).lost_leases == 1 - 1  # SQL never lent it out


def test_the_clock_goes_on_while_redis_is_away(database: Engine, ask: Ask) -> None:
    ask()
    away = CallbackQueue(open_redis("unix:///nonexistent/redis.sock"))
    assert Clock(database, away).tick(NOW + 2 * HOUR) == Ticked(overdue=1, promises_broken=1)
    assert Clock(database, None).tick(NOW + 2 * HOUR) == Ticked()


def test_a_rebuild_that_sql_broke_off_is_begun_anew_by_the_next_tick(
    database: Engine, redis_client: redis.Redis, ask: Ask
) -> None:
    """Found by the random days: the index stayed empty until a minute had passed, as if its builder had been killed."""
    callback_id = ask()
    queue = CallbackQueue(redis_client)
    clock = Clock(database, queue)
    clock.tick(NOW)
    redis_client.flushall()
    with away(database, only_writes=True), pytest.raises(OperationalError):
        clock.tick(NOW)
    assert clock.tick(NOW).index_rebuilt
    assert queue.ids() == {callback_id}
