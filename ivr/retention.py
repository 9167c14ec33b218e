"""What is older than the operator wants to keep: recordings, words, calls, customers; each has a time of its own.

Nothing of a customer who waits for a callback is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from callbacks.callback import LIVE_STATES
from callbacks.tables import callbacks
from customers.tables import customers, history
from ivr.erasure import erase, forget_callbacks, forget_calls
from ivr.tables import calls, turns
from runtime.config import Settings
from runtime.sql.database import writing
from runtime.sql.scrub import overwrite_deleted
from voicemail.removal import Part, remove
from voicemail.tables import transcripts, voicemails

log = structlog.get_logger()

# In one transaction, so that callers do not wait for it.
_LIMIT = 200
_BY_AGE = "the retention time"


@dataclass(frozen=True, slots=True)
class KeepDays:
    """For how many days each is kept; None for ever."""

    recordings: int | None = None
    transcripts: int | None = None
    calls: int | None = None
    customers: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> KeepDays:
        return cls(
            settings.keep_recordings_days,
            settings.keep_transcripts_days,
            settings.keep_calls_days,
            settings.keep_customers_days,
        )


def remove_old(engine: Engine, keep: KeepDays, now: datetime) -> int:
    """Remove what is older; return how many recordings, transcripts, calls and customers. Safe to run at any time."""
    removed = 0
    for what, days, step in (
        ("recordings", keep.recordings, _recordings),
        ("transcripts", keep.transcripts, _transcripts),
        ("calls", keep.calls, _calls),
        ("customers", keep.customers, _customers),
    ):
        if days is None:
            continue
        count = 0
        while True:
            with writing(engine) as connection:
                overwrite_deleted(connection)
                some = step(connection, now - timedelta(days=days), days, now)
            count += some
            if some < _LIMIT:
                break
        if count:
            log.info("retention.removed", what=what, count=count, days=days)
        removed += count
    return removed


def _waits(customer_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(callbacks.c.customer_id == customer_id, callbacks.c.state.in_(LIVE_STATES))


def _recordings(connection: Connection, before: datetime, days: int, now: datetime) -> int:
    old = sa.select(voicemails.c.id).where(voicemails.c.sha256.is_not(None))
    return _messages(connection, old, before, "audio", f"The audio was deleted after {days} days.", now)


def _transcripts(connection: Connection, before: datetime, days: int, now: datetime) -> int:
    old = sa.select(voicemails.c.id).join(transcripts, transcripts.c.voicemail_id == voicemails.c.id)
    return _messages(connection, old, before, "words", f"The words were deleted after {days} days.", now)


def _messages(
    connection: Connection, old: sa.Select[Any], before: datetime, part: Part, reason: str, now: datetime
) -> int:
    query = old.where(voicemails.c.recorded_at < before, ~_waits(voicemails.c.customer_id)).limit(_LIMIT)
    ids: Sequence[str] = connection.scalars(query).all()
    remove(connection, ids, reason, (part,), now)
    return len(ids)


def _calls(connection: Connection, before: datetime, days: int, now: datetime) -> int:
    says_something = calls.c.from_number.is_not(None) | sa.exists().where(turns.c.call_id == calls.c.id)
    query = sa.select(calls.c.id).where(calls.c.started_at < before, says_something, ~_waits(calls.c.customer_id))
    ids: Sequence[str] = connection.scalars(query.limit(_LIMIT)).all()
    forget_calls(connection, ids)
    ended = sa.select(callbacks.c.id).where(
        callbacks.c.closed_at < before, callbacks.c.number.is_not(None) | (callbacks.c.note != "")
    )
    forget_callbacks(connection, connection.scalars(ended.limit(_LIMIT)).all())
    return len(ids)


def _customers(connection: Connection, before: datetime, days: int, now: datetime) -> int:
    heard_of = sa.exists().where(history.c.customer_id == customers.c.id, history.c.at >= before)
    query = sa.select(customers.c.id).where(
        customers.c.created_at < before, customers.c.erased_at.is_(None), ~heard_of, ~_waits(customers.c.id)
    )
    ids = connection.scalars(query.limit(_LIMIT)).all()
    erase(connection, ids, _BY_AGE, now)
    return len(ids)
