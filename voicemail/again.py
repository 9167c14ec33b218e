"""Messages are heard again: after a model was mended or a better one installed, or when their audio could not be had before."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from customers import history
from runtime.sql.database import reading, writing
from runtime.sql.outbox import enqueue
from voicemail.mailbox import FETCH, TRANSCRIBE
from voicemail.tables import voicemails

_DONE_WITH = ("stored", "transcribed", "no_speech", "failed")


def hear_again(connection: Connection, voicemail_id: str, by: str, now: datetime | None = None) -> bool:
    """Have a message written down anew, or fetched first where its audio is not here. False if there is nothing to hear.

    Its words stay until there are new ones; its callback is not touched.
    """
    now = now or datetime.now(UTC)
    query = sa.select(voicemails).where(voicemails.c.id == voicemail_id, voicemails.c.status.in_(_DONE_WITH))
    row = connection.execute(query).one_or_none()
    if row is None or (row.sha256 is None and row.recording_id is None):
        return False
    status, job = ("stored", TRANSCRIBE) if row.sha256 is not None else ("available", FETCH)
    connection.execute(
        voicemails.update()
        .where(voicemails.c.id == voicemail_id)
        .values(status=status, status_reason="", crashes=0, busy_until=None, updated_at=now)
    )
    enqueue(connection, job, {"id": voicemail_id}, now)
    history.record(
        connection,
        row.customer_id,
        now,
        "voicemail.again",
        f"{by} had the message written down again",
        key=(voicemail_id, round(now.timestamp() * 1000)),
        call_id=row.call_id,
        callback_id=row.callback_id,
        voicemail_id=voicemail_id,
    )
    return True


def hear_all_again(engine: Engine, by: str, *, failed: bool, language: str | None = None) -> int:
    """The same for all that failed, or for all of a language, or for all that failed in it; return how many."""
    query = sa.select(voicemails.c.id).where(voicemails.c.status.in_(("failed",) if failed else _DONE_WITH))
    if language is not None:
        query = query.where(voicemails.c.language == language)
    with reading(engine) as connection:
        ids = connection.scalars(query.order_by(voicemails.c.recorded_at)).all()
    count = 0
    for voicemail_id in ids:
        with writing(engine) as connection:
            count += hear_again(connection, voicemail_id, by)
    return count
