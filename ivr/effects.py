"""What follows from a turn: rows of calls, voicemails, callbacks and the customer's history, in the journal's transaction.

Everything here is safe to repeat: rows have derived keys, and a message that was told of twice is one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from callbacks import intake, promises
from customers import customer, history
from flows.company import Company
from flows.events import (
    CallbackRequested,
    CallEnded,
    CallStarted,
    Event,
    HoursLookedUp,
    InputIgnored,
    KeysPressed,
    LanguageChosen,
    NobodyPressed,
    NodeEntered,
    NodeLeft,
    PromiseSpoken,
    TransferEnded,
    TransferStarted,
    VoicemailBegun,
    VoicemailEmpty,
    VoicemailLeft,
    WentWrong,
)
from flows.inputs import HungUp, Recorded
from ivr.call_summary import path_of, summary_of
from ivr.journal.past_turns import follow_later
from ivr.journal.turn_record import TurnRecord
from ivr.openings import ensure_call
from ivr.tables import calls, turns
from runtime.metrics import voicemails_arrived
from runtime.sql.database import savepoint
from voicemail import mailbox
from voicemail.mailbox import Voicemail

log = structlog.get_logger()


# What a turn's events leave beside the journal; the others are told by the journal itself.
_CONSEQUENTIAL = (
    LanguageChosen,
    VoicemailBegun,
    VoicemailLeft,
    VoicemailEmpty,
    CallbackRequested,
    PromiseSpoken,
    TransferEnded,
    WentWrong,
    CallEnded,
)


def apply_effects(connection: Connection, records: Sequence[TurnRecord], company: Company) -> bool:
    """Write what follows from a batch of turns; tell whether something may now wait in the outbox.

    A fault in one turn's consequences leaves the turn and the others standing; what failed is tried again by the outbox.
    Raises OperationalError when the database is away.
    """
    following = [record for record in records if has_consequences(record)]
    for record in following:
        _follow_safely(connection, record, company)
    return bool(following)


def _follow_safely(connection: Connection, record: TurnRecord, company: Company) -> None:
    try:
        with savepoint(connection):
            follow(connection, record, company)
    except OperationalError:
        raise  # the database is away, or two processes met: nothing of this is written
    except Exception:
        log.exception("turn.effects_failed", call_id=record.call.call_id, turn=record.turn)
        if record.events:
            follow_later(connection, record)


def has_consequences(record: TurnRecord) -> bool:
    """Whether anything follows from a turn beside its place in the journal."""
    if not record.events:
        return isinstance(record.input, Recorded | HungUp) and bool(record.input.recording_id)
    return any(isinstance(event, _CONSEQUENTIAL) for event in record.events)


def follow(connection: Connection, record: TurnRecord, company: Company) -> None:
    """Write all that follows from a turn.

    A recording that no event tells of may be news: of a repeat, or where the provider measured nothing. The file decides.
    """
    call = ensure_call(connection, record.call, record.session.language, record.at)
    for event in record.events:
        _follow_event(connection, record, call, event, company)
    left = record.input
    is_told = any(isinstance(event, VoicemailLeft) for event in record.events)
    if not is_told and isinstance(left, Recorded | HungUp) and left.recording_id:
        message_arrived(
            connection, company, record.call.call_id, record.turn - 1, left.recording_id, left.seconds, record.at
        )


def message_arrived(
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
    call_id = message.call_id
    seconds = None if message.seconds is None else round(message.seconds)
    history.record(
        connection,
        message.customer_id,
        at,
        "voicemail.left",
        f"Left a message of {seconds} s" if seconds else "Left a message",
        key=(message.id,),
        call_id=call_id,
        voicemail_id=message.id,
        data={"queue": message.queue, "intent": message.intent, "seconds": seconds},
    )
    number = connection.execute(sa.select(calls.c.from_number).where(calls.c.id == call_id)).scalar_one_or_none()
    callback_id = intake.request(
        connection,
        call_id=call_id,
        turn=message.turn,
        kind="voicemail",
        customer_id=message.customer_id,
        number=number,
        queue=message.queue,
        intent=message.intent,
        language=message.language,
        until=message.until,
        spoken=_was_spoken(connection, call_id),
        at=at,
        voicemail_id=message.id,
        company=company,
    )
    mailbox.attach(connection, message.id, callback_id)
    voicemails_arrived.inc()


def _follow_event(connection: Connection, record: TurnRecord, call: Any, event: Event, company: Company) -> None:
    call_id = record.call.call_id
    match event:
        case LanguageChosen():
            customer.remember_language(connection, call.customer_id, event.language)
            connection.execute(calls.update().where(calls.c.id == call_id).values(language=event.language))
        case VoicemailBegun():
            _expect(connection, record, call, event, record.turn, company)
        case VoicemailLeft():
            _expect(connection, record, call, event, record.turn - 1, company)
            message_arrived(connection, company, call_id, record.turn - 1, event.recording_id, event.seconds, record.at)
        case VoicemailEmpty():
            mailbox.came_empty(connection, call_id, record.turn - 1)
        case CallbackRequested():
            intake.request(
                connection,
                call_id=call_id,
                turn=record.turn,
                kind="request",
                customer_id=call.customer_id,
                number=call.from_number,
                queue=event.queue,
                intent=event.intent,
                language=record.session.language,
                until=event.until,
                spoken=True,
                at=record.at,
                company=company,
            )
        case PromiseSpoken():
            promises.spoken(connection, call_id, event.until)
        case TransferEnded():
            history.record(
                connection,
                call.customer_id,
                record.at,
                "call.transferred",
                f"Transfer: {event.status.replace('_', ' ')}" + (f" after {event.seconds} s" if event.seconds else ""),
                key=(call_id, record.turn),
                call_id=call_id,
                data={"node": event.node, "status": event.status, "seconds": event.seconds},
            )
        case WentWrong():
            log.error("turn.went_wrong", call_id=call_id, turn=record.turn, node=event.node, reason=event.reason)
        case CallEnded():
            _end(connection, record, call, event)
        case (
            CallStarted()  # openings.py writes its rows
            | NodeEntered()
            | NodeLeft()
            | KeysPressed()
            | NobodyPressed()
            | HoursLookedUp()
            | TransferStarted()
            | InputIgnored()
        ):
            pass  # told by the journal itself
        case _:
            assert_never(event)


def _expect(
    connection: Connection,
    record: TurnRecord,
    call: Any,
    event: VoicemailBegun | VoicemailLeft,
    turn: int,
    company: Company,
) -> None:
    mailbox.expect(
        connection,
        call_id=record.call.call_id,
        turn=turn,
        customer_id=call.customer_id,
        queue=event.queue,
        intent=event.intent,
        language=record.session.language,
        until=event.until,
        at=record.at,
    )
    early = mailbox.take_early(connection, record.call.call_id, turn)
    if early is not None:
        _queue_callback(connection, company, early, record.at)


def _end(connection: Connection, record: TurnRecord, call: Any, event: CallEnded) -> None:
    query = sa.select(turns.c.events).where(turns.c.call_id == record.call.call_id).order_by(turns.c.turn)
    events = [each for row in connection.execute(query) for each in row.events]
    row = history.event_row(
        call.customer_id,
        record.at,
        "call.ended",
        summary_of(events, event.outcome, record.at - call.started_at),
        key=(record.call.call_id,),
        call_id=record.call.call_id,
        data={"path": path_of(events), "outcome": event.outcome},
    )
    ended = connection.execute(
        calls.update()
        .where(calls.c.id == record.call.call_id, calls.c.outcome.is_(None))
        .values(outcome=event.outcome, ended_at=record.at)
    )
    if not history.tell(connection, row) and ended.rowcount:  # an end that was noted too early (journal.py)
        history.correct(connection, row)


def _was_spoken(connection: Connection, call_id: str) -> bool:
    """Whether the caller has heard the promise of this call so far."""
    query = sa.select(turns.c.session).where(turns.c.call_id == call_id).order_by(turns.c.turn.desc()).limit(1)
    session = connection.execute(query).scalar_one_or_none() or {}
    return bool((session.get("promise") or {}).get("spoken"))
