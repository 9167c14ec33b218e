"""Compares the provider's calls and recordings with SQL and creates what is missing, once: the net under every webhook.

Webhooks get lost; the provider's own list does not. It is also the way back after a restored backup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from customers import history
from customers.phone import spoken_form
from customers.request import Request
from flows.company.company import DEFAULT, Company
from ivr import messages_left
from ivr.calls import statuses
from ivr.calls.call import FINAL, call_id_of
from ivr.calls.openings import ensure_call, open_from_journal
from ivr.journal.turn_record import CallFacts
from ivr.providers.listing import ListedCall, ListedRecording, list_calls, list_recordings
from ivr.tables import calls, turns
from runtime.sql.database import reading, writing
from voicemail import mailbox
from voicemail.recordings import ProviderAccount
from voicemail.tables import voicemails

log = structlog.get_logger()

EVERY = timedelta(minutes=5)
LOOK_BACK = timedelta(hours=24)
# What is younger than this may still be on its way to us by itself.
GRACE = timedelta(seconds=20)
# Messages that no turn of ours expected are filed under turns from here on.
UNEXPECTED_TURN = 10_000


@dataclass(frozen=True, slots=True)
class Findings:
    """What was missing and is there now."""

    calls: int = 0
    ends: int = 0
    messages: int = 0

    def __bool__(self) -> bool:
        return bool(self.calls or self.ends or self.messages)


def reconcile(
    engine: Engine,
    company: Company,
    account: ProviderAccount,
    now: datetime,
    end_call: Callable[[CallFacts], None],
    look_back: timedelta = LOOK_BACK,
) -> Findings:
    """Ask the provider and mend. `end_call` hangs up a call in the journal. Raises ProviderAway or SQLAlchemyError.

    Safe to run at any time, twice, and by several processes.
    """
    since = now - look_back
    listed = {call.provider_call_id: call for call in list_calls(account, since, company.home_country)}
    recorded = [recording for recording in list_recordings(account, since) if recording.created_at <= now - GRACE]
    settled = [call for call in listed.values() if call.status in FINAL and call.started_at <= now - GRACE]
    found = Findings(
        calls=_add_calls(engine, company, settled),
        messages=_add_messages(engine, company, recorded, listed),
        ends=_end_calls(engine, settled, now, end_call),
    )
    if found:
        log.warning("reconciler.repaired", calls=found.calls, ends=found.ends, messages=found.messages)
    return found


def _add_calls(engine: Engine, company: Company, settled: Iterable[ListedCall]) -> int:
    """Calls that no webhook told of: they ended before we answered, or all our processes were away.

    Without a `default` in company.yaml the account's other numbers are somebody else's.
    """
    by_id = {call_id_of(call.provider_call_id): call for call in settled}
    added = 0
    with reading(engine) as connection:
        known = set(connection.scalars(sa.select(calls.c.id).where(calls.c.id.in_(list(by_id)))))
    for call_id, call in by_id.items():
        if call_id not in known and (DEFAULT in company.numbers or _is_ours(engine, company, call)):
            with writing(engine) as connection:
                if open_from_journal(connection, _facts(call)):
                    continue  # it was answered, and whoever should have written its row died
                row = ensure_call(connection, _facts(call), "", call.started_at)
                connection.execute(calls.update().where(calls.c.id == call_id).values(outcome="unanswered"))
                history.record(
                    connection,
                    row.customer_id,
                    call.started_at,
                    "call.missed",
                    f"Rang {spoken_form(call.to_number)} and was not answered by us",
                    key=(call_id,),
                    call_id=call_id,
                )
            added += 1
    return added


def _end_calls(
    engine: Engine, settled: Iterable[ListedCall], now: datetime, end_call: Callable[[CallFacts], None]
) -> int:
    by_id = {call_id_of(call.provider_call_id): call for call in settled}
    query = sa.select(calls.c.id, calls.c.customer_id, calls.c.outcome).where(
        calls.c.id.in_(list(by_id)), calls.c.status.not_in(FINAL) | calls.c.outcome.is_(None)
    )
    with reading(engine) as connection:
        open_ones = connection.execute(query).all()
    ended = 0
    for row in open_ones:
        call = by_id[row.id]
        with writing(engine) as connection:
            moved = statuses.report(connection, row.id, call.status, call.seconds, now)
            has_turns = connection.scalar(sa.select(sa.literal(1)).where(turns.c.call_id == row.id).limit(1))
            if row.outcome is None and not has_turns:
                _end_without_turns(connection, row, now)
        if row.outcome is None and has_turns:
            end_call(_facts(call))
        ended += moved
    return ended


def _end_without_turns(connection: Connection, row: Any, now: datetime) -> None:
    """End a call whose caller heard the emergency document only: nothing of ours ever spoke with them."""
    is_open = calls.c.outcome.is_(None)
    connection.execute(calls.update().where(calls.c.id == row.id, is_open).values(outcome="failed", ended_at=now))
    history.record(
        connection,
        row.customer_id,
        now,
        "call.ended",
        "Heard the emergency message only: something of ours failed",
        key=(row.id,),
        call_id=row.id,
        data={"outcome": "failed"},
    )


def _add_messages(
    engine: Engine, company: Company, recorded: Iterable[ListedRecording], listed: dict[str, ListedCall]
) -> int:
    by_id = {recording.recording_id: recording for recording in recorded if recording.is_message is not False}
    with reading(engine) as connection:
        query = sa.select(voicemails.c.recording_id).where(
            voicemails.c.recording_id.in_(list(by_id)), voicemails.c.callback_id.is_not(None)
        )
        known = set(connection.scalars(query))
    added = 0
    for recording_id, recording in by_id.items():
        call = listed.get(recording.provider_call_id)
        if recording_id not in known and _was_answered(engine, company, recording, call):
            with writing(engine) as connection:
                added += _add_message(connection, company, recording, call)
    return added


def _was_answered(engine: Engine, company: Company, recording: ListedRecording, call: ListedCall | None) -> bool:
    """Whether the call of a recording is one that we answered: by what is known of it, or else by the number that was rung.

    Of some calls nothing is known: they came after the backup that was restored, or heard the emergency document while SQL
    was away.
    """
    call_id = call_id_of(recording.provider_call_id)
    with reading(engine) as connection:
        for table in (turns, voicemails):
            if connection.scalar(sa.select(sa.literal(1)).where(table.c.call_id == call_id).limit(1)):
                return True
    return recording.is_message is True and call is not None and _is_ours(engine, company, call)


def _is_ours(engine: Engine, company: Company, call: ListedCall) -> bool:
    """Whether the number rung is ours: named in company.yaml, or one at which we answered before."""
    if company.number_of(call.to_number) != DEFAULT:
        return True
    answered = sa.select(sa.literal(1)).where(calls.c.to_number == call.to_number, calls.c.flow != "").limit(1)
    with reading(engine) as connection:
        return connection.scalar(answered) is not None


def _add_message(connection: Connection, company: Company, recording: ListedRecording, call: ListedCall | None) -> bool:
    """A recording without a message: it belongs to the beep that waits for one, or else to a mailbox of its own.

    Where the provider does not say what began it, it must be one that a beep of ours waits for.
    """
    call_id = call_id_of(recording.provider_call_id)
    told = (recording.recording_id, recording.seconds, recording.created_at)
    if recording.is_message is None and not mailbox.is_expected(connection, call_id):
        return False
    if messages_left.arrived(connection, company, call_id, None, *told):
        return True
    facts = _facts(call) if call is not None else CallFacts(call_id, recording.provider_call_id, None, None, "inbound")
    row = ensure_call(connection, facts, "", recording.created_at)
    turn = (
        UNEXPECTED_TURN + int(recording.recording_id[-6:], 16)
        if _is_hex(recording.recording_id[-6:])
        else UNEXPECTED_TURN
    )
    queue, language = next(iter(company.queues)), row.language or company.default_language
    mailbox.expect(
        connection, Request(call_id, turn, row.customer_id, queue, "general", language, recording.created_at)
    )
    return messages_left.arrived(connection, company, call_id, turn, *told)


def _facts(call: ListedCall) -> CallFacts:
    return CallFacts(
        call_id_of(call.provider_call_id), call.provider_call_id, call.from_number, call.to_number, call.direction
    )


def _is_hex(text: str) -> bool:
    try:
        int(text, 16)
    except ValueError:
        return False
    return True
