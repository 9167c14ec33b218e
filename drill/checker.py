"""Compares what callers heard and agents were told with what is stored."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from callbacks.callback import HELD_STATES, LIVE_STATES
from callbacks.tables import callback_sources, callbacks, promises
from customers.tables import history
from drill.agents import AgentAction
from drill.caller import CallRecord
from ivr.calls.call import FINAL, call_id_of
from ivr.line.playing.player import APOLOGY
from ivr.line.store.calls import CallLog
from ivr.line.store.recordings import LineRecording, RecordingStore
from ivr.tables import calls, turns
from runtime.sql.database import reading
from runtime.sql.outbox import outbox
from voicemail.tables import early_recordings, voicemails

Rule = Literal["lost", "doubled", "silent", "endless", "promise", "agent", "index", "left over"]

LONGEST_SILENCE_SECONDS = 3.0
# Texts of the drill's flow: after the first the caller has a callback, after the second a promised time.
ACCEPTED = ("Jūsu lūgums ir pieņemts.", "요청이 접수되었습니다.")
PROMISED = ("atzvanīsim", "다시 전화드리겠습니다")
EMERGENCY = ("radās kļūme", "시스템에 문제가 생겼습니다")
_FINAL_MESSAGES = ("transcribed", "no_speech", "failed", "empty", "expected")
_ENDS_A_HOLD = {
    "callback.released",
    "callback.attempted",
    "callback.closed",
    "callback.lease_lost",
    "callback.reopened",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise of docs/reliability.md; `whom` is the call, recording or callback to look at."""

    rule: Rule
    whom: str
    what: str


@dataclass(slots=True)
class Stored:
    """The rows in SQL after the drill."""

    calls: dict[str, Any]
    turns: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    voicemails: list[Any] = field(default_factory=list)
    callbacks: dict[str, Any] = field(default_factory=dict)
    sources: list[Any] = field(default_factory=list)
    promises: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    events: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))  # of each callback, in order
    outbox: int = 0
    early: list[Any] = field(default_factory=list)


def read_stored(engine: Engine) -> Stored:
    with reading(engine) as connection:
        found = Stored({row.id: row for row in connection.execute(sa.select(calls))})
        for row in connection.execute(sa.select(turns).order_by(turns.c.call_id, turns.c.turn)):
            found.turns[row.call_id].append(row)
        found.voicemails = list(connection.execute(sa.select(voicemails)))
        found.callbacks = {row.id: row for row in connection.execute(sa.select(callbacks))}
        found.sources = list(connection.execute(sa.select(callback_sources)))
        for row in connection.execute(sa.select(promises)):
            found.promises[row.callback_id].append(row)
        for row in connection.execute(
            sa.select(history).where(history.c.callback_id.is_not(None)).order_by(history.c.number)
        ):
            found.events[row.callback_id].append(row)
        found.outbox = connection.scalar(sa.select(sa.func.count()).select_from(outbox)) or 0
        found.early = list(connection.execute(sa.select(early_recordings)))
    return found


def check_all(
    call_records: list[CallRecord],
    actions: list[AgentAction],
    data: Path,
    stored: Stored,
    index: Mapping[str, str],
    jobs_left: int,
) -> list[Violation]:
    """Apply all rules. `data` is the data folder of the line; `index` is the place of each callback in Redis."""
    recordings = list(RecordingStore(data / "line" / "recordings"))
    line_calls = [call.sid for call in CallLog(data / "line")]
    return [
        *check_recordings(recordings, stored),
        *check_requests(call_records, stored),
        *check_promises(call_records, stored),
        *check_calls(call_records, line_calls, stored),
        *check_silence(call_records),
        *check_agents(actions, stored),
        *check_index(index, stored),
        *check_left_over(stored, jobs_left),
    ]


def check_recordings(recordings: Iterable[LineRecording], stored: Stored) -> Iterator[Violation]:
    """Every recording at the provider is one message with one callback, and every message has a recording."""
    of_recording = defaultdict(list)
    for voicemail in stored.voicemails:
        if voicemail.recording_id is not None:
            of_recording[voicemail.recording_id].append(voicemail)
    sources_of = Counter(source.voicemail_id for source in stored.sources if source.voicemail_id is not None)
    known = set()
    for recording in recordings:
        known.add(recording.sid)
        found = of_recording.get(recording.sid, [])
        if not found:
            yield Violation("lost", recording.call_sid, f"recording {recording.sid} is no message")
        for voicemail in found[1:]:
            yield Violation("doubled", recording.call_sid, f"recording {recording.sid} is also {voicemail.id}")
        for voicemail in found:
            if voicemail.callback_id not in stored.callbacks:
                yield Violation("lost", recording.call_sid, f"message {voicemail.id} has no callback")
            if sources_of[voicemail.id] != 1:
                yield Violation(
                    "lost" if sources_of[voicemail.id] == 0 else "doubled",
                    recording.call_sid,
                    f"message {voicemail.id} stands {sources_of[voicemail.id]} times behind callbacks",
                )
            if call_id_of(recording.call_sid) != voicemail.call_id:
                yield Violation("lost", recording.call_sid, f"message {voicemail.id} belongs to {voicemail.call_id}")
            if voicemail.status not in _FINAL_MESSAGES:
                yield Violation("left over", recording.call_sid, f"message {voicemail.id} is {voicemail.status}")
            elif voicemail.sha256 is None:
                yield Violation(
                    "lost", recording.call_sid, f"message {voicemail.id} has no audio: {voicemail.status_reason}"
                )
    for recording_id in of_recording.keys() - known:
        yield Violation("doubled", recording_id, "a message of a recording that the provider does not have")
    for callback in stored.callbacks.values():
        if callback.state in LIVE_STATES and not any(source.callback_id == callback.id for source in stored.sources):
            yield Violation("doubled", callback.id, "a callback without a message or request")


def check_requests(call_records: Iterable[CallRecord], stored: Stored) -> Iterator[Violation]:
    """Each confirmed request to be called back has exactly one callback."""
    requested = Counter(source.call_id for source in stored.sources if source.kind == "request")
    for record in call_records:
        call_id = call_id_of(record.provider_call_id)
        confirmed = sum(any(words in text for words in ACCEPTED) for text in record.heard)
        if confirmed and not requested[call_id]:
            yield Violation(
                "lost", record.provider_call_id, "a request to be called back was confirmed and is not stored"
            )
        if requested[call_id] > max(1, confirmed):
            yield Violation("doubled", record.provider_call_id, f"{requested[call_id]} callbacks for one request")
    of_customer = Counter(
        (callback.customer_id, callback.intent) for callback in stored.callbacks.values() if callback.closed_at is None
    )
    for (customer_id, intent), times in of_customer.items():
        if times > 1:
            yield Violation("doubled", customer_id, f"{times} open callbacks for {intent}")


def check_promises(call_records: Iterable[CallRecord], stored: Stored) -> Iterator[Violation]:
    """Every time that a caller heard is stored as spoken, and is the promise of their callback."""
    kept: dict[str, set[datetime]] = defaultdict(set)
    for source in stored.sources:  # a call may have several: a request, and a message in the emergency document
        kept[source.call_id] |= {each.promised_until for each in stored.promises[source.callback_id] if each.spoken}
    for record in call_records:
        call_id = call_id_of(record.provider_call_id)
        spoken = [
            event for turn in stored.turns.get(call_id, []) for event in turn.events if event["type"] == "PromiseSpoken"
        ]
        for text in record.heard:
            if any(words in text for words in EMERGENCY) or not any(words in text for words in PROMISED):
                continue
            if not any(event["text"] in text for event in spoken):
                yield Violation("promise", record.provider_call_id, f"heard but not stored: {text!r}")
        left = [
            event["until"]
            for turn in stored.turns.get(call_id, [])
            for event in turn.events
            if event["type"] in ("VoicemailLeft", "CallbackRequested") and event["until"] is not None
        ]
        told = {event["until"] for event in spoken}
        for until in left:
            if until in told and datetime.fromisoformat(until) not in kept[call_id]:
                yield Violation("promise", record.provider_call_id, f"spoken, but there is no promise for {until}")


def check_calls(call_records: Iterable[CallRecord], line_calls: Iterable[str], stored: Stored) -> Iterator[Violation]:
    """Every call of the line is stored once, with its end and all its turns; no other call is stored."""
    for record in call_records:
        if record.trouble:
            yield Violation("endless", record.provider_call_id, record.trouble)
    rung = set()
    for sid in line_calls:
        rung.add(call_id_of(sid))
        call = stored.calls.get(call_id_of(sid))
        if call is None:
            yield Violation("lost", sid, "the call is not stored")
        elif call.status not in FINAL or call.outcome is None:
            yield Violation("endless", sid, f"status {call.status}, outcome {call.outcome}")
        numbers = [turn.turn for turn in stored.turns.get(call_id_of(sid), [])]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Violation("lost", sid, f"turns {numbers}")
        ended = sum(
            event["type"] == "CallEnded" for turn in stored.turns.get(call_id_of(sid), []) for event in turn.events
        )
        if ended > 1:
            yield Violation("doubled", sid, f"the call ended {ended} times")
    for call_id in stored.calls.keys() - rung:
        yield Violation("doubled", call_id, "a call that nobody made")


def check_silence(call_records: Iterable[CallRecord]) -> Iterator[Violation]:
    """No silence lasts three seconds, and nobody hears only the provider's apology."""
    for record in call_records:
        longest = max(record.gaps, default=0.0)
        if longest > LONGEST_SILENCE_SECONDS:
            yield Violation("silent", record.provider_call_id, f"{longest:.1f} s of silence, errors {record.errors}")
        if any(APOLOGY.text in text for text in record.heard):
            yield Violation("silent", record.provider_call_id, f"heard the provider's apology, errors {record.errors}")


def check_agents(actions: Iterable[AgentAction], stored: Stored) -> Iterator[Violation]:
    """One agent at a time holds a callback, and what an agent was told is done is in the history once."""
    for callback_id, events in stored.events.items():
        held_by = None
        for event in events:
            if event.kind == "callback.claimed":
                if held_by is not None:
                    yield Violation("doubled", callback_id, f"claimed by {event.data['holder']} while {held_by} had it")
                held_by = event.data["holder"]
            elif event.kind in _ENDS_A_HOLD:
                held_by = None
    certain: Counter[tuple[str, str]] = Counter()
    possible: Counter[tuple[str, str]] = Counter()
    for action in actions:
        if action.verb == "claim":
            claims = [event for event in stored.events[action.callback_id] if event.kind == "callback.claimed"]
            if not any(event.data["holder"] == action.agent for event in claims):
                yield Violation("lost", action.callback_id, f"{action.agent}'s claim is not stored")
        elif action.status == 409 and not action.was_in_doubt:
            yield Violation(
                "agent", action.callback_id, f"{action.agent}'s {action.verb} was refused while they held it"
            )
        if action.verb == "complete":
            certain[action.callback_id, action.agent] += action.status == 200
            possible[action.callback_id, action.agent] += action.status == 200 or action.was_in_doubt
    closed = Counter(
        (callback_id, event.data["agent"])
        for callback_id, events in stored.events.items()
        for event in events
        # A callback without speech is closed by no agent, and one that an attempt ended is counted with the attempt.
        if event.kind == "callback.closed" and "agent" in event.data and "attempt" not in event.data
    )
    for key in certain.keys() | closed.keys():
        if not certain[key] <= closed[key] <= max(certain[key], possible[key]):
            rule: Rule = "lost" if closed[key] < certain[key] else "doubled"
            what = f"{key[1]} completed it {certain[key]} times and it was closed {closed[key]} times"
            yield Violation(rule, key[0], what)


def check_index(index: Mapping[str, str], stored: Stored) -> Iterator[Violation]:
    """Redis has every open callback at the place that SQL says, and no other."""
    for callback in stored.callbacks.values():
        if callback.state not in LIVE_STATES:
            place = "gone"
        elif callback.state in HELD_STATES:
            place = "lease"
        else:
            place = "wait" if callback.state == "waiting" else "ready"
        if index.get(callback.id, "gone") != place:
            yield Violation("index", callback.id, f"{index.get(callback.id, 'gone')} in Redis, {place} in SQL")
    for callback_id in index.keys() - stored.callbacks.keys():
        yield Violation("index", callback_id, "in Redis only")


def check_left_over(stored: Stored, jobs_left: int) -> Iterator[Violation]:
    """Nothing waits any more at the end."""
    if stored.outbox:
        yield Violation("left over", "", f"{stored.outbox} entries in the outbox")
    if jobs_left:
        yield Violation("left over", "", f"{jobs_left} jobs on the queue")
    for early in stored.early:
        yield Violation("left over", early.call_id, f"recording {early.recording_id} waits for its message")
