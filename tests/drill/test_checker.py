"""The checker notices each kind of broken promise: a drill that reports nothing has looked."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drill.agents import AgentAction
from drill.caller import CallRecord, PlannedCall
from drill.checker import (
    Stored,
    check_agents,
    check_calls,
    check_index,
    check_left_over,
    check_promises,
    check_recordings,
    check_requests,
    check_silence,
)
from ivr.calls.call import call_id_of
from ivr.line.store.recordings import LineRecording

SID = "CA" + "1" * 32
RECORDING = "RE" + "a" * 32
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
UNTIL = "2026-11-22T14:00:00+00:00"


def record(**lived: Any) -> CallRecord:
    planned = PlannedCall(0, 0.0, "+37120000001", "hangup", "", "", 1, None, 1.0)
    return CallRecord(planned, provider_call_id=SID, status="completed", **lived)


def recording(sid: str = RECORDING) -> LineRecording:
    return LineRecording(sid, "AC1", SID, 5, NOW, NOW)


def whole() -> Stored:
    """A call with one message, one callback and a promise, all as it should be."""
    call_id = call_id_of(SID)
    stored = Stored({call_id: SimpleNamespace(id=call_id, status="completed", outcome="done")})
    promise = {"type": "PromiseSpoken", "text": "līdz 16:00", "until": UNTIL}
    left = {"type": "VoicemailLeft", "until": UNTIL}
    stored.turns[call_id] = [
        SimpleNamespace(turn=1, events=[promise]),
        SimpleNamespace(turn=2, events=[left, {"type": "CallEnded"}]),
    ]
    stored.voicemails = [
        SimpleNamespace(
            id="vm_1",
            recording_id=RECORDING,
            callback_id="cb_1",
            call_id=call_id,
            status="transcribed",
            status_reason="",
            sha256="0" * 64,
        )
    ]
    stored.callbacks = {"cb_1": SimpleNamespace(id="cb_1", state="ready", customer_id="cu", intent="x", closed_at=None)}
    stored.sources = [SimpleNamespace(callback_id="cb_1", voicemail_id="vm_1", kind="voicemail", call_id=call_id)]
    stored.promises["cb_1"] = [SimpleNamespace(promised_until=datetime.fromisoformat(UNTIL), spoken=True)]
    return stored


def event(kind: str, **data: str) -> Any:
    return SimpleNamespace(kind=kind, data=data)


def test_a_whole_house_has_no_fault() -> None:
    stored = whole()
    told = record(heard=["Mēs jums atzvanīsim līdz 16:00."], gaps=[0.1])
    assert list(check_recordings([recording()], stored)) == []
    assert list(check_requests([told], stored)) == []
    assert list(check_promises([told], stored)) == []
    assert list(check_calls([told], [SID], stored)) == []
    assert list(check_silence([told])) == []
    assert list(check_index({"cb_1": "ready"}, stored)) == []
    assert list(check_left_over(stored, 0)) == []


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (lambda stored: stored.voicemails.clear(), "lost"),
        (lambda stored: stored.sources.clear(), "lost"),
        (lambda stored: stored.callbacks.clear(), "lost"),
        (lambda stored: stored.voicemails.append(stored.voicemails[0]), "doubled"),
        (lambda stored: stored.sources.append(stored.sources[0]), "doubled"),
        (lambda stored: setattr(stored.voicemails[0], "recording_id", "RE" + "b" * 32), "doubled"),
        (lambda stored: setattr(stored.voicemails[0], "status", "available"), "left over"),
        (lambda stored: setattr(stored.voicemails[0], "sha256", None), "lost"),
    ],
)
def test_messages_that_are_lost_doubled_or_undone_are_found(broken: Any, rule: str) -> None:
    stored = whole()
    broken(stored)
    assert rule in {violation.rule for violation in check_recordings([recording()], stored)}


def test_a_confirmed_wish_without_a_callback_is_lost_and_with_two_doubled() -> None:
    stored = whole()
    confirmed = record(heard=["Jūsu lūgums ir pieņemts."])
    assert [violation.rule for violation in check_requests([confirmed], stored)] == ["lost"]
    planned = SimpleNamespace(callback_id="cb_1", voicemail_id=None, kind="request", call_id=call_id_of(SID))
    stored.sources += [planned, planned]
    assert [violation.rule for violation in check_requests([confirmed], stored)] == ["doubled"]


def test_a_call_with_a_second_message_that_promises_nothing_keeps_its_first_promise() -> None:
    stored = whole()
    stored.sources.append(
        SimpleNamespace(callback_id="cb_2", voicemail_id="vm_2", kind="voicemail", call_id=call_id_of(SID))
    )
    assert list(check_promises([record()], stored)) == []


def test_a_promise_that_was_heard_and_is_not_stored_is_found() -> None:
    stored = whole()
    heard = record(heard=["Mēs jums atzvanīsim līdz 17:00."])
    assert [violation.rule for violation in check_promises([heard], stored)] == ["promise"]
    stored.promises = defaultdict(list)
    assert [violation.rule for violation in check_promises([record()], stored)] == ["promise"]


def test_calls_without_an_end_gaps_in_turns_and_unknown_calls_are_found() -> None:
    for change, rule in (
        (lambda stored: setattr(next(iter(stored.calls.values())), "outcome", None), "endless"),
        (lambda stored: stored.calls.clear(), "lost"),
        (lambda stored: stored.turns[call_id_of(SID)].pop(0), "lost"),
        (lambda stored: stored.turns[call_id_of(SID)][0].events.append({"type": "CallEnded"}), "doubled"),
    ):
        stored = whole()
        change(stored)
        assert [violation.rule for violation in check_calls([], [SID], stored)] == [rule]
    assert [violation.rule for violation in check_calls([], [], whole())] == ["doubled"]
    assert [violation.rule for violation in check_calls([record(trouble="no end")], [SID], whole())] == ["endless"]


def test_silence_and_the_providers_apology_are_found() -> None:
    assert [violation.rule for violation in check_silence([record(gaps=[0.1, 3.2])])] == ["silent"]
    sorry = "We are sorry, an application error has occurred. Goodbye."
    assert [violation.rule for violation in check_silence([record(heard=[sorry])])] == ["silent"]


def test_two_hands_on_one_callback_and_work_that_vanished_are_found() -> None:
    stored = whole()
    stored.events["cb_1"] = [event("callback.claimed", holder="a"), event("callback.claimed", holder="b")]
    assert [violation.rule for violation in check_agents([], stored)] == ["doubled"]
    stored.events["cb_1"] = [event("callback.claimed", holder="a")]
    done = AgentAction("a", "complete", "cb_1", "no", 200, was_in_doubt=False)
    assert [violation.rule for violation in check_agents([done], stored)] == ["lost"]
    stored.events["cb_1"] += [event("callback.closed", agent="a")] * 2
    assert [violation.rule for violation in check_agents([done], stored)] == ["doubled"]
    refused = AgentAction("a", "release", "cb_1", "no", 409, was_in_doubt=False)
    stored.events["cb_1"] = [event("callback.claimed", holder="a")]
    assert [violation.rule for violation in check_agents([refused], stored)] == ["agent"]


def test_an_index_that_says_otherwise_and_work_left_over_are_found() -> None:
    stored = whole()
    assert [violation.rule for violation in check_index({"cb_1": "lease"}, stored)] == ["index"]
    assert [violation.rule for violation in check_index({"cb_1": "ready", "cb_2": "wait"}, stored)] == ["index"]
    stored.outbox = 1
    assert [violation.rule for violation in check_left_over(stored, 2)] == ["left over", "left over"]


def test_recordings_are_read_where_the_line_keeps_them(tmp_path: Path) -> None:
    from drill.checker import check_all
    from ivr.line.sound import silence
    from ivr.line.store.recordings import RecordingStore

    kept = RecordingStore(tmp_path / "line" / "recordings").keep("AC1", SID, silence(2.0), 0.0)
    found = check_all([], [], tmp_path, Stored({}), {}, 0)
    assert [(violation.rule, violation.what) for violation in found] == [
        ("lost", f"recording {kept.sid} is no message")
    ]
