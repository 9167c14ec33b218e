"""Callbacks as agents see them: with customer, messages, transcripts and earlier attempts."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from api.shapes import (
    AttemptShape,
    CallbackShape,
    ClaimedShape,
    CustomerShape,
    FactShape,
    NoteShape,
    TranscriptShape,
    VoicemailDetailShape,
    VoicemailEntryShape,
    VoicemailShape,
    WordShape,
)
from callbacks.callback import Callback
from callbacks.notes import Note, notes_of
from callbacks.tables import attempts
from customers import customer
from customers.customer import Customer
from flows.company.company import Company
from voicemail.facts import facts_of
from voicemail.mailbox import Transcript, Voicemail, voicemails_of_callback


def cards(connection: Connection, callbacks: Sequence[Callback]) -> list[CallbackShape]:
    """The callbacks in the same order, with five queries for any number of them."""
    ids = [callback.id for callback in callbacks]
    people = customer.load(connection, list({callback.customer_id for callback in callbacks}))
    messages = voicemails_of_callback(connection, ids)
    tried: dict[str, list[AttemptShape]] = {callback_id: [] for callback_id in ids}
    query = sa.select(attempts).where(attempts.c.callback_id.in_(ids)).order_by(attempts.c.at)
    for row in connection.execute(query):
        tried[row.callback_id].append(AttemptShape(at=row.at, agent=row.agent, outcome=row.outcome, note=row.note))
    notes = notes_of(connection, callbacks)
    return [
        _card(callback, people[callback.customer_id], messages[callback.id], tried[callback.id], notes[callback.id])
        for callback in callbacks
    ]


def card(connection: Connection, callback: Callback) -> CallbackShape:
    return cards(connection, [callback])[0]


def claimed_card(connection: Connection, callback: Callback) -> ClaimedShape:
    """The callback of a claim, with its nonce and the end of the lease."""
    assert callback.nonce is not None
    assert callback.lease_expires_at is not None
    shown = card(connection, callback).model_dump()
    return ClaimedShape(**shown, nonce=callback.nonce, lease_expires_at=callback.lease_expires_at)


def voicemail_detail(message: Voicemail, company: Company) -> VoicemailDetailShape:
    """A message with the facts found in it; times are in the zone of its queue."""
    queue = company.queues.get(message.queue)
    calendar = company.calendars[queue.calendar] if queue else next(iter(company.calendars.values()))
    heard = message.transcript
    facts = facts_of(heard, company.home_country, message.recorded_at, calendar.time_zone()) if heard else []
    return VoicemailDetailShape(
        **_message(message).model_dump(),
        call_id=message.call_id,
        callback_id=message.callback_id,
        queue=message.queue,
        intent=message.intent,
        language=message.language,
        media_type=message.media_type,
        facts=[FactShape(**fact) for fact in facts],
        peaks=list(message.peaks) or None,
    )


def voicemail_entry(message: Voicemail) -> VoicemailEntryShape:
    """A message as a list shows it."""
    return VoicemailEntryShape(
        **_message(message).model_dump(),
        call_id=message.call_id,
        callback_id=message.callback_id,
        customer_id=message.customer_id,
        queue=message.queue,
        intent=message.intent,
        language=message.language,
        is_playable=message.is_playable,
    )


def _card(
    callback: Callback, owner: Customer, messages: list[Voicemail], tried: list[AttemptShape], notes: list[Note]
) -> CallbackShape:
    return CallbackShape(
        id=callback.id,
        state=callback.state,
        sub_state=callback.sub_state,
        queue=callback.queue,
        intent=callback.intent,
        language=callback.language,
        due_at=callback.due_at,
        promised_until=callback.promised_until,
        not_before=callback.not_before,
        overdue=callback.overdue,
        version=callback.version,
        holder=callback.holder,
        customer=CustomerShape(
            id=owner.id,
            name=owner.name,
            number=callback.number,
            address=owner.addresses[-1] if callback.number is None and owner.addresses else None,
            language=owner.language,
        ),
        voicemails=[_message(message) for message in messages],
        attempts=tried,
        notes=[NoteShape(at=note.at, agent=note.agent, note=note.text, is_draft=note.is_draft) for note in notes],
        outcome=callback.outcome,
        closed_at=callback.closed_at,
        created_at=callback.created_at,
    )


def _message(message: Voicemail) -> VoicemailShape:
    return VoicemailShape(
        id=message.id,
        recorded_at=message.recorded_at,
        seconds=message.seconds,
        status=message.status,
        speech_seconds=message.speech_seconds,
        status_reason=message.status_reason,
        transcript=None if message.transcript is None else _words(message.transcript),
    )


def _words(transcript: Transcript) -> TranscriptShape:
    return TranscriptShape(
        text=transcript.text,
        language=transcript.language,
        confidence=transcript.confidence,
        words=[
            WordShape(word=word.word, start=word.start, end=word.end, confidence=word.confidence, heard=word.heard)
            for word in transcript.words
        ],
    )
