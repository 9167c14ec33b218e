"""The jobs of messages on the queue: fetch, then transcribe. They carry ids and numbers only and may run twice.

The queue may lose everything: `requeue_stalled` finds in SQL what still has to be done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dramatiq
import redis
import sqlalchemy as sa
import structlog
from dramatiq.errors import BrokerConnectionError
from sqlalchemy.engine import Engine

from flows.company.company import Company
from runtime.moments import from_ms, to_ms
from runtime.sql.database import reading, writing
from voicemail.jobs.fetching import fetch_voicemail
from voicemail.jobs.transcription import Dictation
from voicemail.mailbox import FETCH, TRANSCRIBE
from voicemail.models.condition import known_fault
from voicemail.models.installed import find_model, unusable_reason, waiting_reason
from voicemail.recordings import ProviderAccount
from voicemail.tables import voicemails

log = structlog.get_logger()

QUEUE = "voicemail"
# Longer than any wait between two tries, so that what is not touched for so long is on no queue any more.
STALLED_AFTER = timedelta(minutes=5)
_JOB_TIME_LIMIT_MS = 3 * 3600 * 1000  # the slowest machine with the longest recording


@dataclass(frozen=True, slots=True)
class Jobs:
    """The two jobs, to be sent by `jobs.fetch.send(voicemail_id)`; `warm` loads the models of languages in this process."""

    fetch: dramatiq.Actor[..., None]
    transcribe: dramatiq.Actor[..., None]
    warm: Callable[[Iterable[str]], None]


def register(
    broker: dramatiq.Broker,
    engine: Engine,
    *,
    account: ProviderAccount,
    recordings_dir: Path,
    models_dir: Path,
    stop: threading.Event | None = None,
    company: Callable[[], Company | None] = lambda: None,
) -> Jobs:
    """Declare the jobs on a broker; a process that only sends them needs nothing else. Loads no model and no audio library.

    `company` gives the company as it is now, whose own words are listened for; None if none is published.
    """
    dictation = Dictation(engine, recordings_dir, models_dir, stop or threading.Event(), company)

    def fetch(voicemail_id: str, attempt: int = 0, since_ms: int = 0) -> None:
        now = datetime.now(UTC)
        since = from_ms(since_ms) if since_ms else now
        again = fetch_voicemail(engine, account, recordings_dir, voicemail_id, attempt=attempt, since=since, now=now)
        if again is not None:
            jobs.fetch.send_with_options(args=(voicemail_id, attempt + 1, to_ms(since)), delay=again * 1000)
        else:  # sent whenever the recording is here, also if the last run ended just after it came
            _send_if_stored(engine, jobs, voicemail_id)

    def transcribe(voicemail_id: str) -> None:
        again = dictation.write_down(voicemail_id)
        if again is not None:
            jobs.transcribe.send_with_options(args=(voicemail_id,), delay=again * 1000)

    def declare(name: str, priority: int) -> Callable[[Callable[..., None]], dramatiq.Actor[..., None]]:
        return dramatiq.actor(
            broker=broker, actor_name=name, queue_name=QUEUE, priority=priority, time_limit=_JOB_TIME_LIMIT_MS
        )

    # Fetching goes first: it is quick, and audio can be played long before it is written down.
    jobs = Jobs(fetch=declare(FETCH, 0)(fetch), transcribe=declare(TRANSCRIBE, 10)(transcribe), warm=dictation.warm)
    return jobs


def outbox_handlers(jobs: Jobs) -> dict[str, Callable[[dict[str, Any]], None]]:
    """The handlers that put a message's jobs on the queue after the commit that asked for them."""

    def send_fetch(payload: dict[str, Any]) -> None:
        jobs.fetch.send(payload["id"])

    def send_transcribe(payload: dict[str, Any]) -> None:
        jobs.transcribe.send(payload["id"])

    return {FETCH: send_fetch, TRANSCRIBE: send_transcribe}


def requeue_waiting(engine: Engine, jobs: Jobs, models_dir: Path, language: str | None = None) -> int:
    """Send the messages that waited for a model that is here now; return how many. Of one language, or of all."""
    waiting = sa.select(
        voicemails.c.id, voicemails.c.language, voicemails.c.status_reason, voicemails.c.updated_at
    ).where(voicemails.c.status == "stored", voicemails.c.status_reason != "")
    if language is not None:
        waiting = waiting.where(voicemails.c.language == language)
    with reading(engine) as connection:
        rows = connection.execute(waiting).all()
    models = {code: find_model(models_dir, code) for code in {row.language for row in rows}}
    is_usable = {code: found is not None and not known_fault(found, models_dir) for code, found in models.items()}
    now = datetime.now(UTC)
    ready = [
        row.id
        for row in rows
        if (
            is_usable[row.language]
            and row.status_reason in (waiting_reason(row.language), unusable_reason(row.language))
        )
        or (models[row.language] is not None and row.updated_at < now - STALLED_AFTER)
    ]
    _send(engine, jobs.transcribe, ready, status_reason="")
    return len(ready)


def requeue_stalled(engine: Engine, jobs: Jobs, now: datetime) -> int:
    """Send the messages that nobody has worked on for five minutes, as after a queue that was lost; return how many."""
    old = voicemails.c.updated_at < now - STALLED_AFTER
    idle = sa.or_(voicemails.c.busy_until.is_(None), voicemails.c.busy_until < now)
    with reading(engine) as connection:
        unfetched = connection.scalars(sa.select(voicemails.c.id).where(voicemails.c.status == "available", old)).all()
        unwritten = connection.scalars(
            sa.select(voicemails.c.id).where(
                voicemails.c.status == "stored", voicemails.c.status_reason == "", old, idle
            )
        ).all()
    _send(engine, jobs.fetch, unfetched)
    _send(engine, jobs.transcribe, unwritten)
    return len(unfetched) + len(unwritten)


def resend_all(engine: Engine, jobs: Jobs) -> int:
    """Send every message that is not done with, after a queue that was emptied; return how many.

    What the queue still holds is then there twice, which harms nothing. What cannot be sent now is found by the sweep.
    """
    try:
        return requeue_stalled(engine, jobs, datetime.now(UTC) + STALLED_AFTER)
    except (BrokerConnectionError, redis.RedisError) as error:
        log.warning("voicemail.not_requeued", reason=repr(error)[:300])
        return 0


def _send(engine: Engine, job: dramatiq.Actor[..., None], ids: Any, **values: Any) -> None:
    for voicemail_id in ids:
        with writing(engine) as connection:
            connection.execute(
                voicemails.update()
                .where(voicemails.c.id == voicemail_id)
                .values(updated_at=datetime.now(UTC), **values)
            )
        job.send(voicemail_id)
        log.info("voicemail.requeued", voicemail_id=voicemail_id, job=job.actor_name)


def _send_if_stored(engine: Engine, jobs: Jobs, voicemail_id: str) -> None:
    with reading(engine) as connection:
        status = connection.scalar(sa.select(voicemails.c.status).where(voicemails.c.id == voicemail_id))
    if status == "stored":
        jobs.transcribe.send(voicemail_id)
