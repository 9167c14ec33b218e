"""The mailbox: messages that are expected, have arrived, and what became of them; all within the caller's transaction.

The news about one recording comes from three sides (our own turn, its answer, the provider's recording callback), in any
order, each optional, each possibly twice. Whatever comes, there is one row a message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from customers.request import Request
from runtime.ids import derived_id
from runtime.sql.database import insert_once
from runtime.sql.outbox import enqueue
from voicemail.tables import early_recordings, transcripts, voicemails

Status = Literal["expected", "available", "stored", "transcribed", "no_speech", "failed", "empty", "deleted"]
FETCH = "voicemail.fetch"
TRANSCRIBE = "voicemail.transcribe"
# The outbox entry for a message in which nobody speaks: whoever knows of callbacks ends its own.
UNSPOKEN = "voicemail.unspoken"
# What is shorter is no message: the caller hung up after the beep. PBX manuals say 2 to 3 seconds.
MIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was heard: when, in seconds of the recording, and how likely it is to be right, 0–1.

    `plain_confidence` is what the recogniser itself said; None where nothing else is known. `heard` is what it heard where one
    of the business's own words stands now; None elsewhere.
    """

    word: str
    start: float
    end: float
    confidence: float
    plain_confidence: float | None = None
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of a message. `confidence` is the mean over its words, 0 when there are none."""

    text: str
    language: str
    confidence: float
    words: tuple[Word, ...]
    model: str


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A message. `status_reason` is a sentence for the agent, empty when there is nothing to say."""

    id: str
    call_id: str
    turn: int
    customer_id: str
    callback_id: str | None
    queue: str
    intent: str
    language: str
    until: datetime | None
    status: Status
    status_reason: str
    recording_id: str | None
    seconds: float | None
    speech_seconds: float | None
    recorded_at: datetime
    sha256: str | None
    media_type: str | None
    bytes: int | None
    peaks: tuple[int, ...]
    transcript: Transcript | None

    @property
    def is_playable(self) -> bool:
        """Whether its audio is stored here, whatever became of its words."""
        return self.sha256 is not None

    @property
    def is_unspoken(self) -> bool:
        """Whether it was listened to and is no message: nobody speaks, or it is shorter than MIN_SECONDS."""
        if self.speech_seconds is None:
            return False
        return self.speech_seconds == 0 or (self.seconds is not None and self.seconds < MIN_SECONDS)

    @property
    def length(self) -> str:
        """ "7 s", or "length unknown", which is not the same as nothing."""
        return "length unknown" if self.seconds is None else f"{self.seconds:.0f} s"


def expect(connection: Connection, request: Request) -> str:
    """Note that the beep of this request's turn sounded, and return the message's id. A repeat changes nothing.

    Ask `take_early` next: the provider may have announced the recording before.
    """
    _one_at_a_time(connection, request.call_id)
    voicemail_id = derived_id("vm", request.call_id, request.turn)
    insert_once(
        connection,
        voicemails,
        id=voicemail_id,
        call_id=request.call_id,
        turn=request.turn,
        customer_id=request.customer_id,
        queue=request.queue,
        intent=request.intent,
        language=request.language,
        until=request.until,
        status="expected",
        status_reason="",
        recorded_at=request.at,
        crashes=0,
        updated_at=request.at,
    )
    return voicemail_id


def take_early(connection: Connection, call_id: str, turn: int) -> Voicemail | None:
    """The message of this turn if its recording was announced before the turn was recorded, as from `arrived`."""
    _one_at_a_time(connection, call_id)
    early = connection.execute(
        sa.select(early_recordings)
        .where(
            early_recordings.c.call_id == call_id,
            sa.or_(early_recordings.c.turn == turn, early_recordings.c.turn.is_(None)),
        )
        .order_by(early_recordings.c.turn.is_(None), early_recordings.c.at)
        .limit(1)
    ).first()
    if early is None:
        return None
    return arrived(
        connection,
        call_id=call_id,
        turn=turn,
        recording_id=early.recording_id,
        seconds=early.seconds,
        at=early.at,
    )


def arrived(
    connection: Connection, *, call_id: str, turn: int | None, recording_id: str, seconds: float | None, at: datetime
) -> Voicemail | None:
    """Note that a recording exists at the provider; return its message if it has no callback yet, else None.

    So the news that made it available returns it, and a repeat does nothing once a callback is attached. Without a turn the
    recording belongs to the newest message of the call that waits for one. When no message is known yet, it is kept for
    `take_early`. `seconds` is the provider's figure, None when it gave none: the recording's own length is found in its file.
    """
    _one_at_a_time(connection, call_id)
    known = connection.execute(
        sa.select(voicemails.c.id, voicemails.c.callback_id, voicemails.c.status).where(
            voicemails.c.recording_id == recording_id
        )
    ).first()
    if known is not None:
        return load(connection, known.id) if known.callback_id is None and known.status != "deleted" else None
    awaiting = sa.select(voicemails.c.id).where(
        voicemails.c.call_id == call_id,
        voicemails.c.recording_id.is_(None),
        voicemails.c.status.in_(("expected", "empty")),
    )
    if turn is not None:
        awaiting = awaiting.where(voicemails.c.turn == turn)
    voicemail_id = connection.scalar(awaiting.order_by(voicemails.c.turn.desc()).limit(1))
    if voicemail_id is None:
        insert_once(
            connection, early_recordings, recording_id=recording_id, call_id=call_id, turn=turn, seconds=seconds, at=at
        )
        return None
    connection.execute(early_recordings.delete().where(early_recordings.c.recording_id == recording_id))
    _make_available(connection, voicemail_id, recording_id, seconds, at)
    return load(connection, voicemail_id)


def is_expected(connection: Connection, call_id: str) -> bool:
    """Whether a beep of this call waits for news of its recording."""
    query = sa.select(sa.literal(1)).where(voicemails.c.call_id == call_id, voicemails.c.status == "expected").limit(1)
    return connection.scalar(query) is not None


def came_empty(connection: Connection, call_id: str, turn: int, at: datetime | None = None) -> None:
    """Note that nothing was said after the beep. A recording that exists is never forgotten by it."""
    _one_at_a_time(connection, call_id)
    _set_empty(connection, derived_id("vm", call_id, turn), at or datetime.now(UTC))


def attach(connection: Connection, voicemail_id: str, callback_id: str) -> None:
    """Tie a message to the callback that returns it."""
    connection.execute(voicemails.update().where(voicemails.c.id == voicemail_id).values(callback_id=callback_id))


def load(connection: Connection, voicemail_id: str) -> Voicemail | None:
    """A message with its words, or None if no message has this id."""
    row = connection.execute(_WITH_WORDS.where(voicemails.c.id == voicemail_id)).mappings().first()
    return None if row is None else _voicemail(row)


def voicemails_of_callback(connection: Connection, callback_ids: Iterable[str]) -> dict[str, list[Voicemail]]:
    """The messages of each of these callbacks, oldest first; every id has its list."""
    found: dict[str, list[Voicemail]] = {callback_id: [] for callback_id in callback_ids}
    if found:
        query = _WITH_WORDS.where(voicemails.c.callback_id.in_(list(found)))
        for row in connection.execute(query.order_by(voicemails.c.recorded_at, voicemails.c.id)).mappings():
            found[row[voicemails.c.callback_id]].append(_voicemail(row))
    return found


def list_messages(
    connection: Connection,
    *,
    queue: str | None = None,
    status: Status | None = None,
    language: str | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[Voicemail]:
    """Messages, the newest first; those only that were left before a moment."""
    query = _WITH_WORDS
    for column, wanted in (
        (voicemails.c.queue, queue),
        (voicemails.c.status, status),
        (voicemails.c.language, language),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if before is not None:
        query = query.where(voicemails.c.recorded_at < before)
    query = query.order_by(voicemails.c.recorded_at.desc(), voicemails.c.id).limit(limit)
    return [_voicemail(row) for row in connection.execute(query).mappings()]


_WITH_WORDS = sa.select(
    voicemails,
    transcripts.c.text,
    transcripts.c.language.label("spoken_language"),
    transcripts.c.confidence,
    transcripts.c.words,
    transcripts.c.model,
).select_from(voicemails.outerjoin(transcripts, transcripts.c.voicemail_id == voicemails.c.id))


def _one_at_a_time(connection: Connection, call_id: str) -> None:
    # Two transactions about one call could each miss the other's uncommitted row. SQLite has one writer anyway.
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:8], "big", signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _make_available(
    connection: Connection, voicemail_id: str, recording_id: str, seconds: float | None, at: datetime
) -> None:
    connection.execute(
        voicemails.update()
        .where(voicemails.c.id == voicemail_id)
        .values(status="available", status_reason="", recording_id=recording_id, seconds=seconds, updated_at=at)
    )
    enqueue(connection, FETCH, {"id": voicemail_id})


def _set_empty(connection: Connection, voicemail_id: str, at: datetime) -> None:
    connection.execute(
        voicemails.update()
        .where(voicemails.c.id == voicemail_id, voicemails.c.status == "expected")
        .values(status="empty", status_reason="The caller left no message.", seconds=0.0, updated_at=at)
    )


def _voicemail(row: Mapping[Any, Any]) -> Voicemail:
    transcript = None
    if row["text"] is not None:
        words = tuple(Word(**word) for word in row["words"])
        transcript = Transcript(row["text"], row["spoken_language"], row["confidence"], words, row["model"])
    same = {column: row[column] for column in _AS_STORED}
    return Voicemail(**same, peaks=tuple(row["peaks"] or ()), transcript=transcript)


_AS_STORED = [field.name for field in fields(Voicemail) if field.name not in ("peaks", "transcript")]
