"""V1 and V2: one account serves more than this help line, and announces recordings with lengths of every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from callbacks.tables import callbacks
from ivr.reconciler import Findings, reconcile
from ivr.tables import calls
from runtime.sql.database import reading
from tests.front import Front
from tests.provider_lists import Provider
from tests.switchboard import COMPANY_NUMBER, TestCall, new_recording
from voicemail.tables import early_recordings, voicemails

OTHER_SOURCES = (
    "OutboundAPI",
    "DialVerb",
    "Conference",
    "Trunking",
    "StartCallRecordingAPI",
    "StartConferenceRecordingAPI",
)
UNKNOWN_LENGTHS = ("-1", "", None, "NaN", "1e9", "seven", "-6", "0:07", "99999999999")
OTHER_NUMBER = "+37167000099"


def compare(front: Front, provider: Provider) -> Findings:
    """The reconciler's round of every five minutes."""
    parts = front.parts
    return reconcile(
        parts.call_database, parts.published_flows.company, provider.account, datetime.now(UTC), lambda _call: None
    )


def rows(front: Front, table: sa.Table) -> list[Any]:
    with reading(front.parts.console_database) as connection:
        return list(connection.execute(sa.select(table)).all())


async def ring_to_the_beep(front: Front) -> TestCall:
    call = await front.switchboard.ring()
    while "Record" not in call.document.verbs:
        await call.stay_silent()
    return call


def callback_address(call: TestCall) -> str:
    record = call.document.root.find("Record")
    assert record is not None
    return record.attrib["recordingStatusCallback"]


async def test_a_colleague_records_a_conference_a_transfer_and_a_trunk(now_front: Front, provider: Provider) -> None:
    await now_front.switchboard.ring()
    for source in OTHER_SOURCES:
        sid = "CA" + new_recording()[2:]
        provider.had_recording(new_recording(), sid, seconds=35, source=source)
        provider.had_call(sid)  # also where the call itself came to our number
    provider.had_recording(new_recording(), "CA" + "c" * 32, conference_sid="CF" + "0" * 32)
    provider.had_recording(new_recording(), None)
    compare(now_front, provider)
    assert rows(now_front, voicemails) == rows(now_front, callbacks) == rows(now_front, early_recordings) == []


@pytest.mark.parametrize("left", [True, False], ids=["a message", "no message"])
async def test_a_supervisor_records_the_whole_of_a_call(now_front: Front, provider: Provider, left: bool) -> None:
    call = await ring_to_the_beep(now_front)
    if left:
        await call.record(new_recording())
    else:
        await call.stay_silent()
    before = rows(now_front, voicemails), rows(now_front, callbacks)
    for source in ("StartCallRecordingAPI", "OutboundAPI", None):
        provider.had_recording(new_recording(), call.sid, seconds=90, source=source)
    provider.had_call(call.sid)
    assert compare(now_front, provider).messages == 0
    assert (rows(now_front, voicemails), rows(now_front, callbacks)) == before


async def test_the_whole_calls_recording_is_announced_at_our_own_address(now_front: Front, provider: Provider) -> None:
    call = await ring_to_the_beep(now_front)
    told = {"RecordingSid": new_recording(), "RecordingStatus": "completed", "RecordingDuration": "90"}
    assert await call.tell(callback_address(call), **told, RecordingSource="StartCallRecordingAPI") == 204
    assert [message.status for message in rows(now_front, voicemails)] == ["expected"]
    assert await call.tell(callback_address(call), **told, RecordingSource="RecordVerb") == 204
    assert [message.status for message in rows(now_front, voicemails)] == ["available"]


async def test_another_application_of_the_account_takes_messages_at_its_own_number(
    now_front: Front, provider: Provider
) -> None:
    await now_front.switchboard.ring()
    for number, (to, direction) in enumerate(
        [(OTHER_NUMBER, "inbound"), (COMPANY_NUMBER, "outbound-dial"), (COMPANY_NUMBER, "trunking-originating")]
    ):
        sid = f"CA{number:032x}"
        provider.had_call(sid, to=to, direction=direction)
        provider.had_recording(new_recording(), sid)
    provider.had_recording(new_recording(), "CA" + "d" * 32)
    compare(now_front, provider)
    assert rows(now_front, voicemails) == rows(now_front, callbacks) == []


async def test_calls_of_numbers_that_the_company_does_not_name_are_not_missed(
    now_front: Front, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = now_front.parts.published_flows.company
    monkeypatch.setattr(
        type(now_front.parts.published_flows),
        "company",
        property(lambda _: company.model_copy(update={"numbers": {COMPANY_NUMBER: "reception"}})),
    )
    provider.had_call("CA" + "1" * 32, to=OTHER_NUMBER, status="no-answer")
    provider.had_call("CA" + "2" * 32, status="no-answer")
    assert compare(now_front, provider).calls == 1
    assert [call.to_number for call in rows(now_front, calls)] == [COMPANY_NUMBER]


async def test_a_recording_of_whatever_announced_length_is_a_message(now_front: Front) -> None:
    kept = {"0": 0, "6.87": 7, "0.4": 1, "7": 7}
    wanted = {}
    for length in (*UNKNOWN_LENGTHS, *kept):
        call = await ring_to_the_beep(now_front)
        recording = new_recording()
        told = {"RecordingSid": recording} | ({} if length is None else {"RecordingDuration": length})
        await call.send(call.document.action("Record"), **told, Digits="hangup")
        assert await call.tell(callback_address(call), **told, RecordingStatus="completed") == 204
        wanted[recording] = ("available", kept.get(length or ""))
    found = rows(now_front, voicemails)
    assert {message.recording_id: (message.status, message.seconds) for message in found} == wanted
    assert all(message.callback_id for message in found)


async def test_the_first_word_says_nothing_and_the_second_seven_seconds(now_front: Front) -> None:
    for first, second in (("0", "7"), ("7", "0"), ("-1", "0")):
        call = await ring_to_the_beep(now_front)
        recording = new_recording()
        await call.send(call.document.action("Record"), RecordingSid=recording, RecordingDuration=first)
        await call.tell(
            callback_address(call), RecordingSid=recording, RecordingStatus="completed", RecordingDuration=second
        )
    assert {message.status for message in rows(now_front, voicemails)} == {"available"}
    assert len(rows(now_front, voicemails)) == 3


async def test_the_reconciler_finds_messages_whose_listed_length_is_odd(now_front: Front, provider: Provider) -> None:
    lengths = {"-1": None, None: None, "6.87": 7, "0": 0, "garbage": None}
    wanted = {}
    for length, seconds in lengths.items():
        call = await ring_to_the_beep(now_front)
        provider.had_call(call.sid, seconds=length)
        provider.had_recording(new_recording(), call.sid, seconds=length)
        wanted[call.sid] = ("completed", seconds)
    assert compare(now_front, provider).messages == len(lengths)
    assert {row.provider_call_id: (row.status, row.seconds) for row in rows(now_front, calls)} == wanted


async def test_the_provider_does_not_know_how_long_a_call_took(now_front: Front) -> None:
    for length in UNKNOWN_LENGTHS:
        call = await now_front.switchboard.ring()
        given = {} if length is None else {"CallDuration": length}
        assert await call.tell("/twilio/status", CallStatus="completed", **given) == 204
    assert {(row.status, row.seconds) for row in rows(now_front, calls)} == {("completed", None)}


async def test_a_transfer_of_unknown_length_does_not_end_the_call(lite_front: Front) -> None:
    for length in ("-1", "garbage", "1e9"):
        call = await lite_front.switchboard.ring()
        for _ in range(4):
            if "Dial" in call.document.verbs:
                break
            await call.press("1")
        after = await call.send(call.document.action("Dial"), DialCallStatus="busy", DialCallDuration=length)
        assert after.verbs[-1] != "Hangup"
