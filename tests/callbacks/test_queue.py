"""The index on a real Redis-compatible server."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from callbacks.callback import Callback, State, SubState
from callbacks.queue.callback_queue import CallbackQueue, Counts, QueueUntrusted, Reserved
from callbacks.queue.circuit import QueueAway
from callbacks.queue.index import deliver_changed, rebuild
from callbacks.tables import callbacks
from callbacks.transition import CHANGED
from customers.tables import customers
from runtime.redis import open_redis
from runtime.sql.database import writing
from runtime.sql.outbox import deliver
from tests.callbacks.conftest import NOW, Ask

LEASE = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
EPOCH = "ep_1"


def callback(
    callback_id: str = "cb_1",
    version: int = 1,
    state: State = "ready",
    sub_state: SubState = "",
    due_minutes: int = 60,
    queue: str = "desk",
) -> Callback:
    return Callback(
        id=callback_id,
        customer_id="cu_1",
        number="+37120000001",
        queue=queue,
        intent="repair",
        language="en",
        state=state,
        sub_state=sub_state,
        due_at=NOW + due_minutes * MINUTE,
        promised_until=None,
        not_before=NOW + 30 * MINUTE if sub_state == "retry" else None,
        overdue=False,
        version=version,
        holder="anna" if state == "claimed" else None,
        nonce="no_1" if state == "claimed" else None,
        lease_expires_at=NOW + LEASE if state == "claimed" else None,
        lost_leases=0,
        attempts=0,
        outcome=None,
        note="",
        contacted_at=None,
        created_at=NOW,
        closed_at=None,
        reopened=0,
    )


@pytest.fixture
def index(redis_client: redis.Redis) -> CallbackQueue:
    """An index that is trusted without SQL."""
    queue = CallbackQueue(redis_client)
    assert queue.begin_rebuild("rb", LEASE)
    queue.end_rebuild("rb", EPOCH)
    return queue


def places(index: CallbackQueue) -> tuple[int, int, int]:
    counts: Counts = index.counts()
    return counts.ready, counts.waiting, counts.leased


def rung(client: redis.Redis) -> list[tuple[str, str, str]]:
    """What the bell has rung for: id, version, state."""
    entries: Any = client.xrange("cb:{main}:events")
    return [(fields["id"], fields["version"], fields["state"]) for _, fields in entries]


def test_a_callback_stands_where_its_state_says(index: CallbackQueue) -> None:
    life = [
        (callback(version=1), (1, 0, 0)),
        (callback(version=2, state="claimed"), (0, 0, 1)),
        (callback(version=3, state="waiting", sub_state="retry"), (0, 1, 0)),
        (callback(version=4, state="waiting", sub_state="needs_number"), (0, 1, 0)),
        (callback(version=5, queue="nights"), (1, 0, 0)),
        (callback(version=6, state="talking"), (0, 0, 1)),
        (callback(version=7, state="resolved"), (0, 0, 0)),
    ]
    for step, expected in life:
        assert index.upsert([step], NOW) == 1
        assert places(index) == expected


def test_repeats_and_disorder_end_where_order_does(index: CallbackQueue) -> None:
    life = [
        callback(version=1),
        callback(version=2, state="claimed"),
        callback(version=3, state="waiting", sub_state="retry"),
        callback(version=4, state="resolved"),
    ]
    for seed in range(20):
        news = life * 3
        random.Random(seed).shuffle(news)
        for step in news:
            index.upsert([replace(step, id=f"cb_{seed}")], NOW)
        assert places(index) == (0, 0, 0)


def test_the_earliest_due_of_the_queues_asked_for_is_reserved_once(index: CallbackQueue) -> None:
    index.upsert(
        [
            callback("cb_b", due_minutes=20),
            callback("cb_c", due_minutes=30),
            callback("cb_a", due_minutes=20),
            callback("cb_n", due_minutes=5, queue="nights"),
        ],
        NOW,
    )
    assert index.claim(EPOCH, ["desk"], "anna", "n1", LEASE) == Reserved("cb_a", 1)  # a tie goes by id
    assert index.claim(EPOCH, None, "anna", "n2", LEASE) == Reserved("cb_n", 1)
    assert index.claim(EPOCH, ["nights"], "anna", "n3", LEASE) is None
    assert index.claim_id(EPOCH, "cb_c", "anna", "n4", LEASE) == Reserved("cb_c", 1)
    assert index.claim_id(EPOCH, "cb_c", "anna", "n5", LEASE) is None
    assert index.claim(EPOCH, ["desk", "nights"], "anna", "n6", LEASE) == Reserved("cb_b", 1)
    assert index.claim(EPOCH, None, "anna", "n7", LEASE) is None


def test_only_the_nonce_that_holds_renews_and_releases(index: CallbackQueue) -> None:
    index.upsert([callback()], NOW)
    index.claim(EPOCH, None, "anna", "n1", LEASE)
    assert not index.renew("cb_1", "n0", LEASE)
    assert not index.release("cb_1", "n0")
    assert index.renew("cb_1", "n1", LEASE)
    assert index.release("cb_1", "n1")
    assert not index.renew("cb_1", "n1", LEASE)
    assert index.claim(EPOCH, None, "bert", "n2", LEASE) == Reserved("cb_1", 1)


def test_leases_that_ended_are_named_to_one_sweeper_and_moved_by_none(index: CallbackQueue) -> None:
    index.upsert([callback("cb_1"), callback("cb_2")], NOW)
    index.claim_id(EPOCH, "cb_1", "anna", "n1", timedelta(milliseconds=-1))
    index.claim_id(EPOCH, "cb_2", "anna", "n2", LEASE)
    assert index.expired() == ["cb_1"]
    assert index.expired() == []
    assert places(index) == (0, 0, 2)


def test_waiting_callbacks_are_promoted_when_their_moment_comes(index: CallbackQueue) -> None:
    index.upsert(
        [
            callback("cb_1", state="waiting", sub_state="retry"),
            callback("cb_2", state="waiting", sub_state="needs_number"),
        ],
        NOW,
    )
    assert index.promote(NOW + 29 * MINUTE) == []
    assert index.promote(NOW + 30 * MINUTE) == ["cb_1"]
    assert places(index) == (1, 1, 0)


def test_a_warning_rings_once_fifteen_minutes_before_the_deadline(
    index: CallbackQueue, redis_client: redis.Redis
) -> None:
    index.upsert([callback(due_minutes=60), callback("cb_2", due_minutes=5)], NOW)
    assert index.due_warnings(NOW + 44 * MINUTE) == []
    assert index.due_warnings(NOW + 45 * MINUTE) == ["cb_1"]
    assert index.due_warnings(NOW + 46 * MINUTE) == []
    assert [state for _, _, state in rung(redis_client)] == ["ready", "ready", "due_soon"]


def test_the_bell_rings_for_news_only(index: CallbackQueue, redis_client: redis.Redis) -> None:
    for _ in range(3):
        index.upsert([callback(version=1)], NOW)
    index.upsert([callback(version=2, state="claimed")], NOW)
    index.upsert([callback(version=3)], NOW, "quiet")
    assert rung(redis_client) == [("cb_1", "1", "ready"), ("cb_1", "2", "claimed")]


def test_an_index_of_another_epoch_is_not_trusted(index: CallbackQueue, redis_client: redis.Redis) -> None:
    index.upsert([callback()], NOW)
    assert index.is_trusted(EPOCH)
    assert not index.is_trusted("ep_2")
    with pytest.raises(QueueUntrusted):
        index.claim("ep_2", None, "anna", "n1", LEASE)
    redis_client.flushall()
    with pytest.raises(QueueUntrusted):
        index.claim_id(EPOCH, "cb_1", "anna", "n1", LEASE)


def test_tenants_do_not_see_each_other(index: CallbackQueue, redis_client: redis.Redis) -> None:
    other = CallbackQueue(redis_client, "training")
    assert other.begin_rebuild("rb", LEASE)
    other.end_rebuild("rb", "ep_9")
    index.upsert([callback()], NOW)
    assert other.claim("ep_9", None, "anna", "n1", LEASE) is None
    assert index.is_trusted(EPOCH)


def test_a_server_that_restarted_is_given_the_script_again(index: CallbackQueue, redis_client: redis.Redis) -> None:
    index.upsert([callback()], NOW)
    redis_client.script_flush()
    assert index.claim(EPOCH, None, "anna", "n1", LEASE) == Reserved("cb_1", 1)


def test_a_server_that_is_away_is_not_asked_again_at_once() -> None:
    away = CallbackQueue(open_redis("unix:///nonexistent/redis.sock"))
    with pytest.raises(QueueAway, match="does not answer:"):
        away.claim(EPOCH, None, "anna", "n1", LEASE)
    with pytest.raises(QueueAway, match="a moment ago"):
        away.claim(EPOCH, None, "anna", "n1", LEASE)


def test_the_outbox_brings_a_change_to_the_index(database: Engine, queue: CallbackQueue, ask: Ask) -> None:
    made = ask()
    assert places(queue) == (0, 0, 0)
    handlers = {CHANGED: deliver_changed(database, queue)}
    assert deliver(database, handlers) == 1
    assert queue.ids() == {made}
    handlers[CHANGED]({"id": made})
    handlers[CHANGED]({"id": "cb_of_a_database_that_was_restored"})
    assert places(queue) == (1, 0, 0)


def test_one_builder_at_a_time(database: Engine, queue: CallbackQueue) -> None:
    assert queue.begin_rebuild("rb_other", LEASE)
    assert rebuild(database, queue) is False


def test_ten_thousand_callbacks_are_indexed_in_seconds(sqlite_database: Engine, redis_client: redis.Redis) -> None:
    fill(sqlite_database, 10_000)
    queue = CallbackQueue(redis_client)
    began = time.process_time()  # not what other work on the machine takes
    assert rebuild(sqlite_database, queue)
    took = time.process_time() - began
    print(f"rebuilt 10,000 callbacks with {took:.2f} s of CPU")
    assert places(queue) == (10_000, 0, 0)
    assert took < 5


def fill(database: Engine, count: int) -> None:
    """Callbacks of as many customers, due a minute apart."""
    names = [f"{number:05}" for number in range(count)]
    with writing(database) as connection:
        connection.execute(customers.insert(), [{"id": f"cu_{name}", "name": "", "created_at": NOW} for name in names])
        made = [callback(f"cb_{name}", due_minutes=int(name)) for name in names]
        connection.execute(
            callbacks.insert(),
            [
                {field.name: getattr(one, field.name) for field in sa.inspect(callbacks).columns}
                | {"customer_id": f"cu_{one.id[3:]}"}
                for one in made
            ],
        )
