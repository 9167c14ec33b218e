"""Forty agents at once over three thousand callbacks, some of whom vanish and some of whom write too late."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from callbacks.callback import LIVE_STATES, StaleNonce
from callbacks.clock import Clock
from callbacks.desk import Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.index import deliver_changed, rebuild
from callbacks.tables import callbacks
from callbacks.transition import CHANGED
from customers.tables import customers, history
from flows.company.company import Company
from runtime.sql.database import metadata, open_database, reading, writing
from runtime.sql.outbox import deliver

AGENTS = 40
VANISH = LATE = 0.05
LEASE = timedelta(seconds=2)
GIVE_UP_SECONDS = 100


@dataclass
class Day:
    """What happened while the agents worked."""

    completed: Counter[str] = field(default_factory=Counter)
    vanished: int = 0
    overran: list[tuple[str, str, str]] = field(default_factory=list)
    refused: int = 0
    faults: list[BaseException] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def work(desk: Desk, day: Day, seed: int, is_over: Callable[[], bool]) -> None:
    chance = random.Random(seed)
    try:
        while not is_over():
            held = desk.claim_next(None, f"agent {seed}")
            if held is None or held.nonce is None:
                time.sleep(0.2)
                continue
            fate = chance.random()
            if fate < VANISH:
                with day.lock:
                    day.vanished += 1
            elif fate < VANISH + LATE:
                with day.lock:
                    day.overran.append((held.id, held.nonce, f"agent {seed}"))
            else:
                complete(desk, day, held.id, held.nonce, f"agent {seed}")
    except BaseException as error:  # a thread's fault must fail the test
        day.faults.append(error)


def complete(desk: Desk, day: Day, callback_id: str, nonce: str, by: str) -> None:
    try:
        desk.complete(callback_id, nonce, by, "resolved")
    except StaleNonce:
        with day.lock:
            day.refused += 1
    else:
        with day.lock:
            day.completed[callback_id] += 1


@pytest.mark.parametrize(
    ("count", "disaster"), [(3000, ""), (1000, "Redis is emptied again and again")], ids=["calm", "redis emptied"]
)
def test_each_callback_is_completed_exactly_once(
    tmp_path: Path, company: Company, redis_client: redis.Redis, count: int, disaster: str
) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'agents.sqlite3'}", pool_size=AGENTS + 5)
    metadata.create_all(engine)
    soon = datetime.now(UTC) + timedelta(hours=8)
    with writing(engine) as connection:
        connection.execute(
            customers.insert(), [{"id": f"cu_{number}", "name": "", "created_at": soon} for number in range(count)]
        )
        connection.execute(
            callbacks.insert(),
            [
                {
                    "id": f"cb_{number:05}",
                    "customer_id": f"cu_{number}",
                    "number": "+37120000001",
                    "queue": "desk",
                    "intent": "repair",
                    "language": "en",
                    "state": "ready",
                    "due_at": soon + timedelta(seconds=number),
                    "version": 1,
                    "created_at": soon,
                }
                for number in range(count)
            ],
        )
    queue = CallbackQueue(redis_client)
    rebuild(engine, queue)
    day, over = Day(), threading.Event()

    def keep_the_clock() -> None:
        try:
            handlers = {CHANGED: deliver_changed(engine, queue)}
            clock, beats = Clock(engine, queue), 0
            while not over.is_set():
                clock.tick(datetime.now(UTC))
                deliver(engine, handlers)
                beats += 1
                if disaster and beats % 5 == 0:
                    redis_client.flushall()
                with reading(engine) as connection:
                    live = sa.select(sa.func.count()).where(callbacks.c.state.in_(LIVE_STATES))
                    if not connection.scalar(live):
                        over.set()
                time.sleep(0.1)
        except BaseException as error:
            day.faults.append(error)
            over.set()

    began = time.monotonic()
    threads = [threading.Thread(target=keep_the_clock)] + [
        threading.Thread(target=work, args=(Desk(engine, lambda: company, queue, LEASE), day, seed, over.is_set))
        for seed in range(AGENTS)
    ]
    for thread in threads:
        thread.start()
    over.wait(GIVE_UP_SECONDS)
    over.set()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    assert day.faults == []
    honest_refusals = day.refused
    desk = Desk(engine, lambda: company, queue, LEASE)
    for callback_id, nonce, by in day.overran:
        complete(desk, day, callback_id, nonce, by)
    print(
        f"{count} callbacks, {AGENTS} agents: {took:.1f} s, {day.vanished} vanished, {len(day.overran)} wrote late, "
        f"{honest_refusals} lost the lease while working"
    )
    assert day.refused == honest_refusals + len(day.overran) > honest_refusals
    assert day.vanished > 0
    assert set(day.completed.values()) == {1}
    assert len(day.completed) == count
    with reading(engine) as connection:
        states = sa.select(callbacks.c.state, sa.func.count()).group_by(callbacks.c.state)
        assert [tuple(row) for row in connection.execute(states)] == [("resolved", count)]
        closed = sa.select(sa.func.count()).where(history.c.kind == "callback.closed")
        assert connection.scalar(closed) == count
        lost = connection.scalar(sa.select(sa.func.sum(callbacks.c.lost_leases)))
        assert lost == day.vanished + len(day.overran) + honest_refusals
    engine.dispose()
