"""Messages are removed: their words at once, their audio after the commit, here and at the provider."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from runtime.sql.database import reading
from runtime.sql.outbox import Handler, enqueue
from voicemail.recordings import ProviderAccount, path_of, remove_at_provider
from voicemail.tables import early_recordings, transcripts, voicemails

log = structlog.get_logger()

Part = Literal["words", "audio"]
BOTH: tuple[Part, ...] = ("words", "audio")
REMOVE_AUDIO = "voicemail.remove_audio"
REMOVE_AT_PROVIDER = "voicemail.remove_at_provider"


def remove(
    connection: Connection,
    ids: Collection[str],
    reason: str,
    parts: Collection[Part] = BOTH,
    now: datetime | None = None,
) -> None:
    """Remove words or audio of these messages, or both; `reason` is what an agent reads in their place.

    Without both a message is `deleted`; its row stays, so that the provider's list does not bring it back.
    """
    now = now or datetime.now(UTC)
    rows = connection.execute(sa.select(voicemails).where(voicemails.c.id.in_(list(ids)))).all()
    if "words" in parts:
        connection.execute(transcripts.delete().where(transcripts.c.voicemail_id.in_(list(ids))))
    for row in rows:
        values: dict[str, Any] = {"status_reason": reason, "updated_at": now}
        if "audio" in parts:
            values |= {"sha256": None, "bytes": None, "peaks": None, "busy_until": None}
            if row.sha256 is not None:
                enqueue(connection, REMOVE_AUDIO, {"sha256": row.sha256}, now)
            if row.recording_id is not None:
                enqueue(connection, REMOVE_AT_PROVIDER, {"recording_id": row.recording_id}, now)
            # A deleted message keeps the provider's id; one that keeps its words must not be fetched again.
            is_deleted = "words" in parts or row.status in ("available", "stored")
            values |= {"status": "deleted"} if is_deleted else {"recording_id": None}
        connection.execute(voicemails.update().where(voicemails.c.id == row.id).values(**values))
    connection.execute(early_recordings.delete().where(early_recordings.c.call_id.in_({row.call_id for row in rows})))


def deleted_by(who: str) -> str:
    """What an agent reads of a message that somebody deleted."""
    return f"{who} deleted this message."


def removal_handlers(engine: Engine, recordings_dir: Path, account: ProviderAccount) -> dict[str, Handler]:
    """What is done after the commit that removed a message."""

    def remove_audio(payload: dict[str, Any]) -> None:
        sha256 = str(payload["sha256"])
        with reading(engine) as connection:
            # The same bytes may have been left twice: they go with the last message that has them.
            if connection.scalar(sa.select(sa.literal(1)).where(voicemails.c.sha256 == sha256).limit(1)):
                return
        path_of(recordings_dir, sha256).unlink(missing_ok=True)
        log.info("recording.removed")

    def remove_there(payload: dict[str, Any]) -> None:
        remove_at_provider(account, str(payload["recording_id"]))

    return {REMOVE_AUDIO: remove_audio, REMOVE_AT_PROVIDER: remove_there}
