"""News about a call that comes beside its turns: statuses, recordings, and calls that ended in the emergency document."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy.engine import Connection, Engine

from customers.request import Request
from flows.company.company import Company
from ivr import messages_left
from ivr.calls import statuses
from ivr.calls.call import CallStatus
from ivr.calls.openings import ensure_call, open_from_journal
from ivr.emergency import EMERGENCY_TURN
from ivr.journal.turn_record import CallFacts
from runtime.sql.database import writing
from voicemail import mailbox

log = structlog.get_logger()


def note_status(
    engine: Engine, call: CallFacts, status: CallStatus, seconds: int | None, at: datetime, error: str = ""
) -> None:
    """Note a status callback; one that is late, repeated or of an unknown call changes nothing."""
    with writing(engine) as connection:
        moved = statuses.report(connection, call.call_id, status, seconds, at)
        if not moved and open_from_journal(connection, call):  # it may have overtaken the call's row
            moved = statuses.report(connection, call.call_id, status, seconds, at)
    log.info("call.status", call_id=call.call_id, status=status, news=moved, **_named(error))


def note_recording(
    engine: Engine,
    company: Company,
    call: CallFacts,
    turn: int,
    recording_id: str | None,
    seconds: int | None,
    at: datetime,
    error: str = "",
) -> None:
    """Note a recording callback; `turn` is where the recording began.

    `recording_id` None means that the provider has no recording. With one there is a recording, whatever its length is said
    to be: the file decides.
    """
    with writing(engine) as connection:
        if turn == EMERGENCY_TURN:
            _expect_emergency_message(connection, company, call, at)
        if recording_id is None:
            mailbox.came_empty(connection, call.call_id, turn)
            news = False
        else:
            news = messages_left.arrived(connection, company, call.call_id, turn, recording_id, seconds, at)
    log.info("call.recording", call_id=call.call_id, turn=turn, seconds=seconds, news=news, **_named(error))


def _named(error: str) -> dict[str, str]:
    """The provider's error as a field of a log line, where it gave one."""
    return {"error": error} if error else {}


def note_fallback(engine: Engine, company: Company, call: CallFacts, at: datetime) -> None:
    """Remember who reached the emergency document, so that the message they leave has a sender."""
    with writing(engine) as connection:
        _expect_emergency_message(connection, company, call, at)


def _expect_emergency_message(connection: Connection, company: Company, call: CallFacts, at: datetime) -> None:
    language = company.default_language
    row = ensure_call(connection, call, language, at)
    queue, spoken_in = next(iter(company.queues)), row.language or language
    mailbox.expect(connection, Request(call.call_id, EMERGENCY_TURN, row.customer_id, queue, "general", spoken_in, at))
