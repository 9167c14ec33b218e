"""The index is compared with SQL, callback by callback, and what differs is put right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from sqlalchemy.engine import Engine

from callbacks.clock import Clock
from callbacks.desk import Desk
from callbacks.queue import consistency
from callbacks.queue.callback_queue import CallbackQueue, Counts
from callbacks.queue.consistency import EVERY, Comparison
from callbacks.queue.index import Index, refresh
from callbacks.tables import callbacks
from runtime.sql.database import writing
from tests.callbacks.conftest import NOW, Ask
from tests.callbacks.test_queue import callback

P = "cb:{main}:"
Spoil = Callable[[redis.Redis, str], object]

# What may be wrong with the index of a callback that is ready.
FAULTS: dict[str, Spoil] = {
    "all of it is missing": lambda server, name: (
        server.delete(f"{P}item:{name}"),
        server.zrem(f"{P}ready:desk", name),
    ),
    "its item is missing": lambda server, name: server.delete(f"{P}item:{name}"),
    "its place is missing": lambda server, name: server.zrem(f"{P}ready:desk", name),
    "its version is stale": lambda server, name: server.hset(f"{P}item:{name}", "version", "0"),
    "its version is ahead, as after a restored backup": lambda server, name: server.hset(
        f"{P}item:{name}", "version", "9"
    ),
    "it waits": lambda server, name: (
        server.zrem(f"{P}ready:desk", name),
        server.zadd(f"{P}wait", {name: float("inf")}),
        server.hset(f"{P}item:{name}", "place", "wait"),
    ),
    "it is lent to nobody": lambda server, name: (
        server.zrem(f"{P}ready:desk", name),
        server.zadd(f"{P}lease", {name: 9e15}),
        server.hset(f"{P}item:{name}", "place", "lease"),
    ),
    "it stands in another queue": lambda server, name: (
        server.zrem(f"{P}ready:desk", name),
        server.sadd(f"{P}queues", "nights"),
        server.zadd(f"{P}ready:nights", {name: 1}),
        server.hset(f"{P}item:{name}", "queue", "nights"),
    ),
    "it stands twice": lambda server, name: server.zadd(f"{P}wait", {name: float("inf")}),
    "its deadline is another": lambda server, name: server.zadd(f"{P}ready:desk", {name: 1}),
    "a foreign one stands beside it": lambda server, name: CallbackQueue(server).upsert([callback("cb_foreign")], NOW),
    "one that is final stands beside it": lambda server, name: CallbackQueue(server).upsert(
        [replace(callback("cb_final"), version=7)], NOW
    ),
}


@pytest.fixture
def made(ask: Ask, queue: CallbackQueue, database: Engine) -> str:
    name = ask()
    with writing(database) as connection:
        final = callback("cb_final", state="resolved", version=2)
        values = {column.name: getattr(final, column.name) for column in callbacks.c}
        connection.execute(callbacks.insert().values(**values | {"closed_at": NOW}))
    refresh(database, queue, [name])
    return name


@pytest.mark.parametrize("fault", FAULTS)
def test_what_differs_twice_is_put_right(
    database: Engine, queue: CallbackQueue, redis_client: redis.Redis, made: str, fault: str
) -> None:
    right = queue.entries([made])
    FAULTS[fault](redis_client, made)
    comparison = Comparison(database, queue)
    assert comparison.look(NOW) == 0  # it may be on its way
    assert comparison.look(NOW) == 1
    assert queue.entries([made]) == right
    assert queue.counts() == Counts(ready=1, waiting=0, leased=0)
    assert queue.ids() == {made}
    assert [comparison.look(NOW + EVERY), comparison.look(NOW + EVERY)] == [0, 0]


@pytest.mark.parametrize("state", ["held", "waiting", "needs number"])
def test_what_is_right_is_left_alone(
    database: Engine, queue: CallbackQueue, desk: Desk, ask: Ask, redis_client: redis.Redis, state: str
) -> None:
    name = ask(number=None if state == "needs number" else "+37120000001")
    refresh(database, queue, [name])
    if state != "needs number":
        held = desk.claim_next(None, "anna")
        assert held is not None
        if state == "waiting":
            desk.attempt(name, held.nonce or "", held.holder or "", "busy", at=NOW)
    comparison = Comparison(database, queue)
    assert comparison.look(NOW) == 0
    assert not comparison.has_suspects


def test_what_is_only_on_its_way_is_not_counted(database: Engine, queue: CallbackQueue, ask: Ask) -> None:
    name = ask()
    comparison = Comparison(database, queue)
    assert comparison.look(NOW) == 0
    assert comparison.has_suspects
    refresh(database, queue, [name])  # the outbox came meanwhile
    assert comparison.look(NOW) == 0


def test_a_house_larger_than_the_window_is_compared_within_a_round(
    database: Engine, queue: CallbackQueue, redis_client: redis.Redis, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consistency, "WINDOW", 4)
    made = sorted(ask(f"CA{number}", customer_id=f"cu_{number}") for number in range(11))
    refresh(database, queue, made)
    redis_client.hset(f"{P}item:{made[0]}", "version", "0")
    redis_client.hset(f"{P}item:{made[10]}", "version", "0")
    comparison = Comparison(database, queue)
    repaired = []
    for minute in range(3):
        repaired += [comparison.look(NOW + minute * EVERY), comparison.look(NOW + minute * EVERY)]
    assert repaired == [0, 1, 0, 0, 0, 1]


def test_when_much_is_wrong_the_round_is_finished_at_once(
    database: Engine, queue: CallbackQueue, redis_client: redis.Redis, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that evicts may lose a whole place."""
    monkeypatch.setattr(consistency, "WINDOW", 4)
    monkeypatch.setattr(consistency, "_MANY", 3)
    made = [ask(f"CA{number}", customer_id=f"cu_{number}") for number in range(11)]
    refresh(database, queue, made)
    redis_client.delete(f"{P}ready:desk")
    seconds = 6
    clock = Clock(database, queue)
    assert sum(clock.tick(NOW).index_repaired for _ in range(seconds)) == 11
    redis_client.delete(f"{P}ready:desk")
    assert clock.tick(NOW).index_repaired == 0  # the hurry is over: the next window comes in a minute
    refresh(database, queue, made, "force")
    assert queue.ids() == set(made)


def test_a_claim_under_way_is_not_undone(database: Engine, queue: CallbackQueue, ask: Ask) -> None:
    name = ask()
    refresh(database, queue, [name])
    assert Index(database, queue).reserve_next(None, "anna", "no_anna", timedelta(minutes=10)) is not None
    assert Comparison(database, queue).look(NOW) == 0
    assert (queue.entries([name])[0].place, queue.entries([name])[0].nonce) == ("lease", "no_anna")
