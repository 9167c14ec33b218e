"""The messages of calls: expected when the beep sounds, there when the recording is, and from then on a callback."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.intake import ensure_callback
from customers import history
from customers.phone import dialable
from customers.request import Request
from flows.company.company import Company
from ivr.tables import calls, turns
from runtime.metrics import voicemails_arrived
from voicemail import mailbox
from voicemail.mailbox import Voicemail


def expect(connection: Connection, request: Request, company: Company) -> None:
    """The beep has sounded in the turn of this request. A recording that was announced before becomes its message."""
    mailbox.expect(connection, request)
    early = mailbox.take_early(connection, request.call_id, request.turn)
    if early is not None:
        _queue_callback(connection, company, early, request.at)


def arrived(
    connection: Connection,
    company: Company,
    call_id: str,
    turn: int | None,
    recording_id: str,
    seconds: float | None,
    at: datetime,
) -> bool:
    """A recording is known to exist: make its voicemail available and queue its callback, once however often it is told.

    `turn` is the one that began the recording; None takes the call's newest that waits for one. Returns False when it was
    known already or nothing waits for it.
    """
    message = mailbox.arrived(connection, call_id=call_id, turn=turn, recording_id=recording_id, seconds=seconds, at=at)
    if message is None:
        return False
    _queue_callback(connection, company, message, at)
    return True


def _queue_callback(connection: Connection, company: Company, message: Voicemail, at: datetime) -> None:
    seconds = None if message.seconds is None else round(message.seconds)
    history.record(
        connection,
        message.customer_id,
        at,
        "voicemail.left",
        f"Left a message of {seconds} s" if seconds else "Left a message",
        key=(message.id,),
        call_id=message.call_id,
        voicemail_id=message.id,
        data={"queue": message.queue, "intent": message.intent, "seconds": seconds},
    )
    number = sa.select(calls.c.from_number).where(calls.c.id == message.call_id)
    request = Request(
        call_id=message.call_id,
        turn=message.turn,
        customer_id=message.customer_id,
        queue=message.queue,
        intent=message.intent,
        language=message.language,
        at=at,
        number=dialable(connection.execute(number).scalar_one_or_none()),
        until=message.until,
        spoken=_was_promise_spoken(connection, message.call_id),
    )
    mailbox.attach(connection, message.id, ensure_callback(connection, request, company, message.id))
    voicemails_arrived.inc()


def _was_promise_spoken(connection: Connection, call_id: str) -> bool:
    """Whether the caller has heard the promise of this call so far."""
    query = sa.select(turns.c.session).where(turns.c.call_id == call_id).order_by(turns.c.turn.desc()).limit(1)
    session = connection.execute(query).scalar_one_or_none() or {}
    return bool((session.get("promise") or {}).get("spoken"))
