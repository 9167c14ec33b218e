"""The steps of a message through its states, each one transaction that is checked against the state it starts from.

expected → available → stored → transcribed | no_speech | failed; a repeated or late step changes nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from customers import history
from runtime.sql.database import insert_once, reading, writing
from runtime.sql.outbox import enqueue
from voicemail.mailbox import UNSPOKEN, Status, Transcript, Voicemail, load
from voicemail.recordings import StoredRecording
from voicemail.tables import transcripts, voicemails

# A worker renews its lease every few seconds; one that was killed is missed this soon.
LEASE_SECONDS = 12
MAX_CRASHES = 3


def note(engine: Engine, voicemail: Voicemail, reason: str) -> None:
    """Say on a message why it is not further yet."""
    with writing(engine) as connection:
        _step(connection, voicemail, voicemail.status, status_reason=reason)


def store(engine: Engine, voicemail: Voicemail, recording: StoredRecording) -> bool:
    """available → stored: the audio can be played. False if it was not available any more."""
    with writing(engine) as connection:
        stored = _step(
            connection,
            voicemail,
            "stored",
            status_reason="",
            sha256=recording.sha256,
            media_type=recording.media_type,
            bytes=recording.bytes,
            busy_until=None,
        )
        if stored:
            _ring(connection, voicemail)
    return stored


def begin(engine: Engine, voicemail: Voicemail) -> bool:
    """Take the lease of a stored message; False if another has it.

    This try counts as a crash until `give_back` or the next state takes that back.
    """
    now = datetime.now(UTC)
    is_free = sa.or_(voicemails.c.busy_until.is_(None), voicemails.c.busy_until < now)
    with writing(engine) as connection:
        return _step(
            connection,
            voicemail,
            "stored",
            is_free,
            busy_until=now + timedelta(seconds=LEASE_SECONDS),
            crashes=voicemails.c.crashes + 1,
        )


def renew(engine: Engine, voicemail: Voicemail) -> None:
    with writing(engine) as connection:
        until = datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS)
        _step(connection, voicemail, "stored", busy_until=until)


def give_back(engine: Engine, voicemail: Voicemail, crashes: int) -> None:
    """Release the lease without a result; `crashes` is the count to leave."""
    with writing(engine) as connection:
        _step(connection, voicemail, "stored", busy_until=None, crashes=crashes)


@dataclass(frozen=True, slots=True)
class Care:
    """Who works on a message now, and how many tries never ended (the present one included)."""

    busy_until: datetime | None
    crashes: int

    def busy_seconds(self, now: datetime) -> float:
        """How long its lease still runs; 0 if nobody has it."""
        return max(0.0, (self.busy_until - now).total_seconds()) if self.busy_until else 0.0


def care_of(engine: Engine, voicemail: Voicemail) -> Care:
    query = sa.select(voicemails.c.busy_until, voicemails.c.crashes).where(voicemails.c.id == voicemail.id)
    with reading(engine) as connection:
        row = connection.execute(query).one()
    return Care(row.busy_until, row.crashes)


def wait(engine: Engine, voicemail: Voicemail, reason: str, **drawn: Any) -> None:
    """Leave a message stored, with the reason why its words have to wait: a model, the disk, the decoder."""
    with writing(engine) as connection:
        if _step(connection, voicemail, "stored", status_reason=reason, busy_until=None, crashes=0, **drawn):
            _ring(connection, voicemail)
            _tell_unspoken(connection, voicemail)


def end(
    engine: Engine,
    voicemail: Voicemail,
    status: Status,
    reason: str,
    *,
    summary: str,
    transcript: Transcript | None = None,
    took_ms: int = 0,
    **drawn: Any,
) -> bool:
    """Bring a message to a final state: its words, its reason, a line of history, and news for the consoles, at once."""
    now = datetime.now(UTC)
    with writing(engine) as connection:
        if not _step(connection, voicemail, status, status_reason=reason, busy_until=None, crashes=0, **drawn):
            return False
        if status != "failed":  # what was heard before, when a message is heard again
            connection.execute(transcripts.delete().where(transcripts.c.voicemail_id == voicemail.id))
        if transcript is not None:
            insert_once(
                connection,
                transcripts,
                voicemail_id=voicemail.id,
                language=transcript.language,
                model=transcript.model,
                text=transcript.text,
                confidence=transcript.confidence,
                words=[asdict(word) for word in transcript.words],
                made_at=now,
                took_ms=took_ms,
            )
        history.record(
            connection,
            voicemail.customer_id,
            now,
            f"voicemail.{status}",
            summary,
            key=(voicemail.id,),
            call_id=voicemail.call_id,
            callback_id=voicemail.callback_id,
            voicemail_id=voicemail.id,
        )
        _ring(connection, voicemail)
        _tell_unspoken(connection, voicemail)
    return True


def _step(
    connection: Connection, voicemail: Voicemail, status: Status, *conditions: sa.ColumnElement[bool], **values: Any
) -> bool:
    statement = (
        voicemails.update()
        .where(voicemails.c.id == voicemail.id, voicemails.c.status == voicemail.status, *conditions)
        .values(status=status, updated_at=datetime.now(UTC), **values)
    )
    return connection.execute(statement).rowcount == 1


def _ring(connection: Connection, voicemail: Voicemail) -> None:
    # The callback may have been attached since this message was read.
    callback_id = connection.scalar(sa.select(voicemails.c.callback_id).where(voicemails.c.id == voicemail.id))
    if callback_id is not None:
        enqueue(connection, "callback.changed", {"id": callback_id})


def _tell_unspoken(connection: Connection, voicemail: Voicemail) -> None:
    present = load(connection, voicemail.id)
    if present is not None and present.is_unspoken:
        enqueue(connection, UNSPOKEN, {"id": voicemail.id})
