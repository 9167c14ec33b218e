"""After the faults: waits until all work is done, sends lost jobs at once, and reads the index."""

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
from drill.installation import Installation
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


def wait_until_quiet(installation: Installation, engine: Engine, last_call_at: float) -> list[str]:
    """Wait until nothing is left to do; return what was not done in time."""
    restless: list[str] = []

    def wait(what: str, look: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        began = time.monotonic()
        while not look():
            installation.supervise()
            if time.monotonic() - began > seconds:
                restless.append(f"{what}: not within {seconds:.0f} s")
                return
            time.sleep(0.25)
        log.info("drill.quiet", what=what, seconds=round(time.monotonic() - began, 1))

    wait("spools are empty", lambda: not _spooled(installation.data / "spool"))
    wait("the outbox is empty", lambda: _count(engine, outbox) == 0)
    # The reconciler runs when the clock starts, and leaves recent calls alone.
    time.sleep(max(0.0, last_call_at + GRACE.total_seconds() + 2 - time.time()))
    seen = _compared(installation)
    installation.restart("clock")
    wait("the reconciler has compared", lambda: _compared(installation) > seen)
    wait("spools are empty again", lambda: not _spooled(installation.data / "spool"))
    wait("the outbox is empty again", lambda: _count(engine, outbox) == 0)
    _send_stalled(installation, engine)
    wait("all messages are done with", lambda: _undone_messages(engine) == 0)
    wait("no job is left", lambda: jobs_left(installation) == 0)
    wait("the outbox is empty at last", lambda: _count(engine, outbox) == 0)
    wait("the index agrees", lambda: _agrees(installation, engine))
    return restless


def read_index(installation: Installation) -> dict[str, str]:
    """The place of each callback in Redis: ready, wait or lease."""
    client = open_redis(installation.redis.url)
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


def jobs_left(installation: Installation) -> int:
    """The number of jobs that wait, are delayed, are with a worker, or are dead."""
    client = open_redis(installation.redis.url)
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


def _compared(installation: Installation) -> int:
    log_file = installation.product.folder / "clock.log"
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


def _agrees(installation: Installation, engine: Engine) -> bool:
    client = open_redis(installation.redis.url)
    try:
        return drift(engine, CallbackQueue(client)) == 0
    except QueueError:
        return False
    finally:
        client.close()


def _send_stalled(installation: Installation, engine: Engine) -> None:
    """Send the jobs that were lost with an emptied Redis; workers would do so after five minutes."""
    account = ProviderAccount(
        installation.line.url, installation.line.account_sid, SecretStr(installation.line.auth_token)
    )
    broker = open_broker(installation.redis.url)
    jobs = register(
        broker,
        engine,
        account=account,
        recordings_dir=installation.data / "recordings",
        models_dir=installation.data / "models",
    )
    sent = requeue_stalled(engine, jobs, datetime.now(UTC) + STALLED_AFTER)
    broker.close()
    installation.done["jobs sent again after the quiet"] += sent
