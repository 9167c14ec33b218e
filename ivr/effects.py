"""What follows from turns: rows of calls, voicemails, callbacks and the customer's history, in the journal's transaction.

Everything here is safe to repeat: rows have derived keys, and a message that was told of twice is one message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, assert_never

import structlog
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import OperationalError

from callbacks import promises
from callbacks.intake import ensure_callback
from customers import customer, history
from customers.phone import dialable
from customers.request import Request
from flows.company.calendar_definition import named
from flows.company.company import Company
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
from ivr import messages_left
from ivr.calls.openings import ensure_call, open_calls, opening_of
from ivr.calls.summary import path_of, summary_of
from ivr.journal.past_turns import load_turn, turns_of
from ivr.journal.turn_record import CallFacts, TurnRecord
from ivr.tables import calls
from runtime.sql.database import savepoint, writing
from runtime.sql.outbox import Handler, enqueue
from voicemail import mailbox

log = structlog.get_logger()

# The outbox entry of a turn whose effects could not be written.
RETRY = "turn.effects"


@dataclass(frozen=True, slots=True)
class _Turn:
    """A turn of which something follows, with the row of its call."""

    connection: Connection
    record: TurnRecord
    call: Row[Any]
    company: Company

    @property
    def call_id(self) -> str:
        return self.record.call.call_id


def apply_effects(connection: Connection, records: Sequence[TurnRecord], company: Company) -> bool:
    """Open the calls that begin in these turns and write what follows; tell whether something may wait in the outbox now.

    A record without events is a repeat: only its recording may be news. A fault in what follows from one turn leaves that
    turn and all others standing, and the outbox tries it again. Raises OperationalError when the database is away.
    """
    has_failed = _open_calls(connection, [record for record in records if opening_of(record) is not None])
    following = [record for record in records if has_consequences(record)]
    for record in following:
        try:
            with savepoint(connection):
                _apply(connection, record, company)
        except OperationalError:
            raise  # the database is away, or two processes met: nothing of this is written
        except Exception:
            log.exception("turn.effects_failed", call_id=record.call.call_id, turn=record.turn)
            if record.events:
                _retry_later(connection, record)
    return bool(following) or has_failed


def retry_effects(engine: Engine, company: Callable[[], Company]) -> Handler:
    """The outbox handler of RETRY: write what follows from a stored turn once more. What fails again raises."""

    def handle(payload: dict[str, Any]) -> None:
        with writing(engine) as connection:
            record = load_turn(connection, CallFacts(**payload["call"]), payload["turn"])
            if record is None:
                return
            opening = opening_of(record)
            open_calls(connection, [opening] if opening is not None else [])
            if has_consequences(record):
                _apply(connection, record, company())

    return handle


def has_consequences(record: TurnRecord) -> bool:
    """Whether anything follows from a turn besides its place in the journal and the row of a call that begins."""
    if not record.events:
        return isinstance(record.input, Recorded | HungUp) and bool(record.input.recording_id)
    return any(_consequence(event) is not None for event in record.events)


def _consequence(event: Event) -> Callable[[_Turn], None] | None:
    """What follows from an event; None for those that the journal itself tells."""
    match event:
        case LanguageChosen():
            return partial(_keep_language, event)
        case VoicemailBegun():
            return partial(_expect_message, event)
        case VoicemailLeft():
            return partial(_take_message, event)
        case VoicemailEmpty():
            return _note_empty_message
        case CallbackRequested():
            return partial(_request_callback, event)
        case PromiseSpoken():
            return partial(_bind_promise, event)
        case TransferEnded():
            return partial(_tell_transfer, event)
        case WentWrong():
            return partial(_log_fault, event)
        case CallEnded():
            return partial(_end_call, event)
        case (
            CallStarted()  # its call is opened with all others that begin in the batch
            | NodeEntered()
            | NodeLeft()
            | KeysPressed()
            | NobodyPressed()
            | HoursLookedUp()
            | TransferStarted()
            | InputIgnored()
        ):
            return None
        case _:
            assert_never(event)


def _open_calls(connection: Connection, beginning: Sequence[TurnRecord]) -> bool:
    """Open the calls that begin in these turns. One that cannot be opened holds up no other; tell whether there is one."""
    if not beginning:
        return False
    try:
        with savepoint(connection):
            open_calls(connection, [opening for record in beginning if (opening := opening_of(record)) is not None])
        return False
    except OperationalError:
        raise
    except Exception:
        if len(beginning) > 1:
            return sum(_open_calls(connection, [record]) for record in beginning) > 0
        log.exception("call.not_opened", call_id=beginning[0].call.call_id)
        _retry_later(connection, beginning[0])
        return True


def _retry_later(connection: Connection, record: TurnRecord) -> None:
    call = record.call
    enqueue(connection, RETRY, {"call_id": call.call_id, "turn": record.turn, "call": asdict(call)})


def _apply(connection: Connection, record: TurnRecord, company: Company) -> None:
    call = ensure_call(connection, record.call, record.session.language, record.at)
    turn = _Turn(connection, record, call, company)
    for event in record.events:
        consequence = _consequence(event)
        if consequence is not None:
            consequence(turn)
    given = record.input
    is_told = any(isinstance(event, VoicemailLeft) for event in record.events)
    if not is_told and isinstance(given, Recorded | HungUp) and given.recording_id:
        # A repeat may know more, and where the provider measured nothing the file decides.
        _message_arrived(turn, given.recording_id, given.seconds)


def _keep_language(event: LanguageChosen, turn: _Turn) -> None:
    customer.remember_language(turn.connection, turn.call.customer_id, event.language)
    turn.connection.execute(calls.update().where(calls.c.id == turn.call_id).values(language=event.language))


def _expect_message(event: VoicemailBegun, turn: _Turn) -> None:
    messages_left.expect(turn.connection, _request(turn, event, turn.record.turn), turn.company)


def _take_message(event: VoicemailLeft, turn: _Turn) -> None:
    messages_left.expect(turn.connection, _request(turn, event, turn.record.session.recording_turn), turn.company)
    _message_arrived(turn, event.recording_id, event.seconds)


def _message_arrived(turn: _Turn, recording_id: str, seconds: int | None) -> None:
    began = turn.record.session.recording_turn
    messages_left.arrived(turn.connection, turn.company, turn.call_id, began, recording_id, seconds, turn.record.at)


def _note_empty_message(turn: _Turn) -> None:
    mailbox.came_empty(turn.connection, turn.call_id, turn.record.session.recording_turn)


def _request_callback(event: CallbackRequested, turn: _Turn) -> None:
    request = _request(turn, event, turn.record.turn, is_spoken=True)
    ensure_callback(turn.connection, request, turn.company)


def _bind_promise(event: PromiseSpoken, turn: _Turn) -> None:
    promises.spoken(turn.connection, turn.call_id, event.until)


def _tell_transfer(event: TransferEnded, turn: _Turn) -> None:
    lasted = f" after {event.seconds} s" if event.seconds else ""
    reason = f" ({event.error})" if event.error else ""
    if event.status == "failed" or event.error:
        log.warning(
            "call.transfer_failed",
            call_id=turn.call_id,
            node=event.node,
            status=event.status,
            error=event.error or None,
        )
    history.record(
        turn.connection,
        turn.call.customer_id,
        turn.record.at,
        "call.transferred",
        f"Transfer{_to(event, turn.company)}: {event.status.replace('_', ' ')}{reason}{lasted}",
        key=(turn.call_id, turn.record.turn),
        call_id=turn.call_id,
        data={"node": event.node, "status": event.status, "seconds": event.seconds, "error": event.error or None},
    )


def _to(event: TransferEnded, company: Company) -> str:
    """Whom a transfer rang, as people call them: " to Front desk"."""
    names = (each.removeprefix("team/") for each in event.to)
    titles = [
        named(company.teams[name].title, company.default_language) or name for name in names if name in company.teams
    ]
    return f" to {', '.join(titles)}" if titles else ""


def _log_fault(event: WentWrong, turn: _Turn) -> None:
    log.error("turn.went_wrong", call_id=turn.call_id, turn=turn.record.turn, node=event.node, reason=event.reason)


def _end_call(event: CallEnded, turn: _Turn) -> None:
    events = [each for entry in turns_of(turn.connection, turn.call_id) for each in entry.events]
    row = history.event_row(
        turn.call.customer_id,
        turn.record.at,
        "call.ended",
        summary_of(events, event.outcome, turn.record.at - turn.call.started_at),
        key=(turn.call_id,),
        call_id=turn.call_id,
        data={"path": path_of(events), "outcome": event.outcome},
    )
    ended = turn.connection.execute(
        calls.update()
        .where(calls.c.id == turn.call_id, calls.c.outcome.is_(None))
        .values(outcome=event.outcome, ended_at=turn.record.at)
    )
    if not history.tell(turn.connection, row) and ended.rowcount:  # an end that was noted too early (turn_writer.py)
        history.correct(turn.connection, row)


def _request(
    turn: _Turn, event: VoicemailBegun | VoicemailLeft | CallbackRequested, asked_in: int, *, is_spoken: bool = False
) -> Request:
    return Request(
        call_id=turn.call_id,
        turn=asked_in,
        customer_id=turn.call.customer_id,
        queue=event.queue,
        intent=event.intent,
        language=turn.record.session.language,
        at=turn.record.at,
        number=dialable(turn.call.from_number),
        until=event.until,
        spoken=is_spoken,
    )
