"""The first job of a message: its recording is brought from the provider to our disk."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.engine import Engine

from runtime.sql.database import reading
from voicemail import mailbox, steps
from voicemail.recordings import (
    AccountRefused,
    DiskFull,
    ProviderAccount,
    ProviderTrouble,
    RecordingNotReady,
    RecordingRefused,
    fetch,
)

log = structlog.get_logger()

# A recording is ready seconds after the call; one that is missing for so long was deleted. Everything else is the provider's
# or our own trouble, and the recording is still there when it is over.
PATIENCE_WHEN_MISSING = timedelta(minutes=15)
PATIENCE_IN_TROUBLE = timedelta(hours=72)
MAX_WAIT_SECONDS = 120


def fetch_voicemail(
    engine: Engine,
    account: ProviderAccount,
    recordings_dir: Path,
    voicemail_id: str,
    *,
    attempt: int,
    since: datetime,
    now: datetime,
) -> int | None:
    """Fetch the recording of an available message; safe to run twice. Returns after how many seconds to try again, if so.

    `attempt` counts from 0, `since` is when the first was made.
    """
    with reading(engine) as connection:
        voicemail = mailbox.load(connection, voicemail_id)
    if voicemail is None or voicemail.status != "available" or voicemail.recording_id is None:
        return None
    try:
        recording = fetch(account, voicemail.recording_id, recordings_dir)
    except RecordingRefused as refused:
        _fail(engine, voicemail, str(refused))
    except RecordingNotReady as missing:
        if now - since < PATIENCE_WHEN_MISSING:
            return _again(engine, voicemail, attempt, str(missing))
        _fail(engine, voicemail, "The provider no longer has this recording.")
    except (AccountRefused, DiskFull) as ours:  # a fault of the installation: the recording waits until it is mended
        return _again(engine, voicemail, attempt, str(ours))
    except ProviderTrouble as trouble:
        if now - since < PATIENCE_IN_TROUBLE:
            return _again(engine, voicemail, attempt, str(trouble))
        _fail(engine, voicemail, f"{trouble} It was tried for three days.")
    else:
        if steps.store(engine, voicemail, recording):
            log.info("voicemail.stored", voicemail_id=voicemail.id, call_id=voicemail.call_id, bytes=recording.bytes)
    return None


def _again(engine: Engine, voicemail: mailbox.Voicemail, attempt: int, reason: str) -> int:
    wait_seconds = min(MAX_WAIT_SECONDS, 1 << min(attempt, 20))
    steps.note(engine, voicemail, reason)
    log.warning(
        "voicemail.fetch_postponed",
        voicemail_id=voicemail.id,
        call_id=voicemail.call_id,
        attempt=attempt,
        wait_seconds=wait_seconds,
        reason=reason,
    )
    return wait_seconds


def _fail(engine: Engine, voicemail: mailbox.Voicemail, reason: str) -> None:
    steps.end(engine, voicemail, "failed", reason, summary=f"The message could not be fetched: {reason}")
    log.error("voicemail.failed", voicemail_id=voicemail.id, call_id=voicemail.call_id, reason=reason)
