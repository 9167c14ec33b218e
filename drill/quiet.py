"""After the faults: waits until the house has done what was left, asks for what time alone would bring, and reads the index."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import redis
import sqlalchemy as sa
import structlog
from pydantic import SecretStr
from sqlalchemy.engine import Engine

from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.circuit import QueueError
from callbacks.queue.consistency import drift
from drill.house import House
from ivr.reconciler import GRACE
from runtime.jobs import open_broker
from runtime.redis import open_redis
from runtime.sql.database import reading
from runtime.sql.outbox import outbox
from voicemail.jobs.actors import STALLED_AFTER, register, requeue_stalled
from voicemail.recordings import ProviderAccount
from voicemail.tables import voicemails

log = structlog.get_logger()

PATIENCE_SECONDS = 120.0
_UNDONE = ("available", "stored")


def settle(house: House, engine: Engine, last_call_at: float) -> list[str]:
    """Wait for quiet; return in words what did not come to rest in time."""
    restless: list[str] = []

    def wait(what: str, look: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        began = time.monotonic()
        while not look():
            house.look_after()
            if time.monotonic() - began > seconds:
                restless.append(f"{what}: not within {seconds:.0f} s")
                return
            time.sleep(0.25)
        log.info("drill.quiet", what=what, seconds=round(time.monotonic() - began, 1))

    wait("spools are empty", lambda: not _spooled(house.data / "spool"))
    wait("the outbox is empty", lambda: _count(engine, outbox) == 0)
    # The reconciler looks at the clock's start, and passes over what is younger than its grace.
    time.sleep(max(0.0, last_call_at + GRACE.total_seconds() + 2 - time.time()))
    seen = _compared(house)
    house.restart("clock")
    wait("the reconciler has compared", lambda: _compared(house) > seen)
    wait("spools are empty again", lambda: not _spooled(house.data / "spool"))
    wait("the outbox is empty again", lambda: _count(engine, outbox) == 0)
    _send_stalled(house, engine)
    wait("all messages are done with", lambda: _undone_messages(engine) == 0)
    wait("no job is left", lambda: jobs_left(house) == 0)
    wait("the outbox is empty at last", lambda: _count(engine, outbox) == 0)
    wait("the index agrees", lambda: _agrees(house, engine))
    return restless


def read_index(house: House) -> dict[str, str]:
    """Where each callback stands in Redis: ready, wait or lease."""
    client = open_redis(house.redis.url)
    queue = CallbackQueue(client)
    places: dict[str, str] = {}
    try:
        for key in client.scan_iter(f"{queue.prefix}:*"):
            place = str(key).removeprefix(queue.prefix + ":").partition(":")[0]
            if place in ("ready", "wait", "lease"):
                places.update(dict.fromkeys(map(str, client.zrange(key, 0, -1)), place))
    finally:
        client.close()
    return places


def jobs_left(house: House) -> int:
    """Messages of the job queue that are waiting, delayed or in a worker's hands, and dead ones."""
    client = open_redis(house.redis.url)
    try:
        lists = [key for key in client.scan_iter("ringback-jobs:*") if not str(key).endswith(".msgs")]
        count = 0
        for key in lists:
            kind = client.type(key)
            if ":__acks__" in str(key):
                count += int(client.scard(key))
            elif kind == "list":
                count += int(client.llen(key))
            elif kind == "zset" and "heartbeats" not in str(key):
                count += int(client.zcard(key))
        return count
    except redis.RedisError:
        return -1
    finally:
        client.close()


def _compared(house: House) -> int:
    log_file = house.product.folder / "clock.log"
    return log_file.read_text(errors="replace").count('"reconciler.compared"') if log_file.exists() else 0


def _spooled(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.spool")) if folder.is_dir() else 0


def _count(engine: Engine, table: sa.Table) -> int:
    with reading(engine) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _undone_messages(engine: Engine) -> int:
    with reading(engine) as connection:
        query = sa.select(sa.func.count()).where(voicemails.c.status.in_(_UNDONE))
        return connection.scalar(query) or 0


def _agrees(house: House, engine: Engine) -> bool:
    client = open_redis(house.redis.url)
    try:
        return drift(engine, CallbackQueue(client)) == 0
    except QueueError:
        return False
    finally:
        client.close()


def _send_stalled(house: House, engine: Engine) -> None:
    """What the workers' own sweep would send after five minutes: messages whose job went with an emptied Redis."""
    account = ProviderAccount(house.line.url, house.line.account_sid, SecretStr(house.line.auth_token))
    broker = open_broker(house.redis.url)
    jobs = register(
        broker, engine, account=account, recordings_dir=house.data / "recordings", models_dir=house.data / "models"
    )
    sent = requeue_stalled(engine, jobs, datetime.now(UTC) + STALLED_AFTER)
    broker.close()
    house.done["jobs sent again after the quiet"] += sent
