"""Whole calls through the real webhooks, on both databases: what the caller hears and what is left afterwards."""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from callbacks.tables import callback_sources, callbacks, promises
from customers.history import events_of
from customers.tables import customers
from flows.last_resort import apology
from ivr.calls.call import call_id_of
from ivr.tables import calls, turns
from runtime.sql.database import reading
from tests.front import DEFINITIONS, Front, open_front
from tests.switchboard import CALLER, Document, TestCall, new_recording
from voicemail.tables import voicemails


async def to_mailbox(front: Front) -> TestCall:
    """A first-time caller chooses English and the complaints box."""
    call = await front.switchboard.ring()
    await call.press("3")
    await call.press("3")
    assert call.document.verbs[-2:] == ["Record", "Redirect"]
    return call


def in_english(moment: datetime) -> str:
    """The time as an English caller hears it: "2:30 p.m."."""
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return (
        "noon"
        if (moment.hour, moment.minute) == (12, 0)
        else f"{moment:%-I}{minutes} {moment:%p}m.".replace("AM", "a.").replace("PM", "p.")
    )


def count(front: Front, table: sa.Table) -> int:
    with reading(front.parts.console_database) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


async def test_a_complaint_left_as_a_message_is_a_promise_and_a_callback(front: Front) -> None:
    call = await to_mailbox(front)
    said_before = call.document.said
    document = await call.record(new_recording(), seconds=12)
    assert "anything else" in document.said
    assert (await call.stay_silent()).verbs[-1] == "Hangup"
    assert await call.complete() == 204
    with reading(front.parts.console_database) as connection:
        callback = connection.execute(sa.select(callbacks)).one()
        message = connection.execute(sa.select(voicemails)).one()
        promise = connection.execute(sa.select(promises)).one()
        row = connection.execute(sa.select(calls)).one()
        history = [event.kind for event in events_of(connection, callback.customer_id)]
    assert (callback.state, callback.queue, callback.intent) == ("ready", "complaints", "complaint")
    assert callback.number == CALLER
    assert message.callback_id == callback.id
    assert message.status == "available"
    assert promise.spoken
    assert callback.promised_until == promise.promised_until
    spoken = callback.promised_until.astimezone(front.parts.published_flows.company.calendars["office"].time_zone())
    assert in_english(spoken) in said_before + document.said
    assert row.status == "completed"
    assert row.outcome is not None
    assert {"call.started", "call.ended", "voicemail.left", "callback.requested"} <= set(history)


async def test_a_silent_caller_ends_in_voicemail(front: Front) -> None:
    call = await front.switchboard.ring()
    for _ in range(12):
        if "Record" in call.document.verbs:
            break
        await call.stay_silent()
    assert "Record" in call.document.verbs


async def test_silence_after_the_beep_leaves_no_message_and_no_callback(front: Front) -> None:
    call = await to_mailbox(front)
    await call.stay_silent()  # the safe tail after Record
    assert (await call.stay_silent()).verbs[-1] == "Hangup"
    assert count(front, callbacks) == 0
    with reading(front.parts.console_database) as connection:
        assert connection.execute(sa.select(voicemails.c.status)).scalar_one() == "empty"


@pytest.mark.parametrize("order", list(itertools.permutations(["action", "callback", "status"])))
async def test_a_message_is_one_message_in_whatever_order_the_news_comes(front: Front, order: tuple[str, ...]) -> None:
    call = await to_mailbox(front)
    waiting, recording = call.document, new_recording()
    for news in order * 2:
        call.document = waiting
        match news:
            case "action":
                await call.record(recording, 7)
            case "callback":
                assert await call.recording_callback(recording, 7) == 204
            case "status":
                assert await call.complete() == 204
    assert count(front, voicemails) == 1
    assert count(front, callbacks) == 1
    assert count(front, callback_sources) == 1
    with reading(front.parts.console_database) as connection:
        assert connection.execute(sa.select(voicemails.c.status, voicemails.c.seconds)).one() == ("available", 7.0)


async def test_a_hang_up_in_the_middle_of_a_message_saves_what_was_said(front: Front) -> None:
    call = await to_mailbox(front)
    document = await call.send(
        call.document.action("Record"),
        RecordingSid=new_recording(),
        RecordingDuration="4",
        Digits="hangup",
        CallStatus="completed",
    )
    assert document.verbs == []
    await call.complete()
    assert count(front, callbacks) == 1
    with reading(front.parts.console_database) as connection:
        assert connection.execute(sa.select(calls.c.outcome)).scalar_one() == "hung_up"


async def test_a_hang_up_at_a_menu_is_told_by_the_journal(front: Front) -> None:
    call = await front.switchboard.ring()
    await call.press("1")
    assert await call.complete(seconds=9) == 204
    assert await call.complete(seconds=9) == 204
    with reading(front.parts.console_database) as connection:
        row = connection.execute(sa.select(calls)).one()
        last = connection.execute(sa.select(turns).order_by(turns.c.turn.desc()).limit(1)).one()
    assert (row.status, row.outcome, row.seconds) == ("completed", "hung_up", 9)
    assert last.input["type"] == "HungUp"
    assert last.turn == 3


async def test_every_request_repeated_gets_the_same_bytes_and_changes_nothing(front: Front) -> None:
    call = await to_mailbox(front)
    await call.record(new_recording())
    answers = {}
    before = {table.name: count(front, table) for table in (calls, turns, voicemails, callbacks, callback_sources)}
    front.clock.now += timedelta(hours=9)  # a repeat hours later must not hear "closed" or another promise
    for url, form in call.requests:
        first = await front.switchboard.post(url, form)
        again = await front.switchboard.post(url, form)
        assert first.content == again.content
        answers[url] = first.content
    assert list(answers.values())[-1] == call.document.bytes
    after = {table.name: count(front, table) for table in (calls, turns, voicemails, callbacks, callback_sources)}
    assert before == after


async def test_a_shuffled_replay_of_a_finished_call_changes_nothing(front: Front) -> None:
    call = await to_mailbox(front)
    recording = new_recording()
    waiting = call.document
    await call.record(recording)
    call.document = waiting
    await call.recording_callback(recording)
    await call.complete()
    tables = (calls, turns, voicemails, callbacks, callback_sources, promises, customers)
    before = [count(front, table) for table in tables]
    replay = call.requests * 3
    random.Random(7).shuffle(replay)
    for url, form in replay:
        assert (await front.switchboard.post(url, form)).status_code in (200, 204)
    assert [count(front, table) for table in tables] == before


async def test_the_same_turn_twice_at_once_gets_the_same_answer(front: Front) -> None:
    call = await front.switchboard.ring()
    action = call.document.action("Gather")
    answers = await asyncio.gather(*(call.send(action, Digits="2") for _ in range(8)))
    assert len({answer.bytes for answer in answers}) == 1
    assert count(front, turns) == 2


async def test_a_second_message_about_the_same_matter_joins_the_open_callback(front: Front) -> None:
    for _ in range(2):
        call = await front.switchboard.ring()
        while (
            "Record" not in call.document.verbs
        ):  # the language is remembered the second time: 3 is for complaints at once
            await call.press("3")
        await call.record(new_recording())
        await call.complete()
        front.clock.now += timedelta(minutes=10)
    assert count(front, voicemails) == 2
    assert count(front, callbacks) == 1


@pytest.mark.parametrize(
    ("status", "ends"),
    [("completed", True), ("busy", False), ("no-answer", False), ("failed", False), ("canceled", False)],
)
async def test_each_end_of_a_transfer_has_its_way_on(front: Front, status: str, ends: bool) -> None:
    call = await front.switchboard.ring()
    await call.press("3")
    await call.press("1")
    assert "Dial" in call.document.verbs
    dial = call.document.root.find("Dial")
    assert dial is not None and [number.text for number in dial.iter("Number")]
    document = await call.dialled(status, 40)
    assert ("Hangup" in document.verbs) == ends
    if not ends:
        assert "Gather" in document.verbs  # the offer to be called back


async def test_a_caller_who_accepts_is_rung_back_at_the_promised_time(front: Front) -> None:
    call = await front.switchboard.ring()
    await call.press("3")
    await call.press("4")
    offered = call.document.said
    await call.press("1")
    assert (await call.stay_silent()).verbs[-1] == "Hangup"
    with reading(front.parts.console_database) as connection:
        callback = connection.execute(sa.select(callbacks)).one()
    spoken = callback.promised_until.astimezone(front.parts.published_flows.company.calendars["office"].time_zone())
    assert in_english(spoken) in offered


async def test_a_caller_without_a_number_is_heard_and_stays_apart(front: Front) -> None:
    for _ in range(2):
        call = await front.switchboard.ring(from_number="anonymous")
        await call.press("3")
        await call.press("3")
        await call.record(new_recording())
    with reading(front.parts.console_database) as connection:
        rows = connection.execute(sa.select(callbacks)).all()
    assert [(row.number, row.state, row.sub_state) for row in rows] == [(None, "waiting", "needs_number")] * 2
    assert len({row.customer_id for row in rows}) == 2


async def test_a_language_once_chosen_is_not_asked_again(front: Front) -> None:
    first = await front.switchboard.ring()
    await first.press("2")
    again = await front.switchboard.ring()
    assert "For English" not in again.document.said
    assert "Заказы – нажмите 1." in again.document.said


async def test_a_late_status_never_reopens_a_call(front: Front) -> None:
    call = await front.switchboard.ring()
    await call.complete("completed", 20)
    await call.tell("/twilio/status", CallStatus="in-progress")
    await call.tell("/twilio/status", CallStatus="failed")
    with reading(front.parts.console_database) as connection:
        assert connection.execute(sa.select(calls.c.status)).scalar_one() == "completed"


async def test_a_status_of_an_unknown_call_is_taken_and_forgotten(front: Front) -> None:
    call = TestCall(front.switchboard, "CA" + "0" * 32, CALLER, "+37167000000")
    assert await call.complete() == 204
    assert count(front, calls) == 0


async def test_the_fallback_document_takes_a_message_that_is_not_lost(front: Front) -> None:
    call = TestCall(front.switchboard, "CA" + "1" * 32, CALLER, "+37167000000")
    call.document = await call.send(
        "/twilio/fallback", ErrorCode="11200", ErrorUrl="https://ivr.example.test/twilio/voice"
    )
    assert "Record" in call.document.verbs
    recording = new_recording()
    assert await call.recording_callback(recording, 9) == 204
    farewell = await call.send(call.document.action("Record"), RecordingSid=recording, RecordingDuration="9", Digits="")
    assert farewell.verbs[-1] == "Hangup"
    with reading(front.parts.console_database) as connection:
        assert connection.execute(sa.select(callbacks.c.number)).scalar_one() == CALLER
    assert count(front, voicemails) == 1


async def test_a_number_that_no_flow_answers_still_reaches_a_mailbox(
    tmp_path: Path, sqlite_url: str, redis_url: str
) -> None:
    definitions = tmp_path / "definitions"
    shutil.copytree(DEFINITIONS, definitions)
    company = definitions / "company.yaml"
    company.write_text(
        company.read_text("utf-8").replace("{default: reception}", '{"+37167000000": reception}'), "utf-8"
    )
    async with open_front(tmp_path / "data", sqlite_url, redis_url, definitions) as front:
        call = await front.switchboard.ring(to="+37167000099")
        assert_takes_a_message_with_an_apology(call.document)
        await call.record(new_recording())
        assert count(front, callbacks) == 1


async def test_a_call_whose_state_cannot_be_read_still_reaches_a_mailbox(front: Front) -> None:
    call = await front.switchboard.ring()
    call.document = await call.send("/twilio/turn?s=notatoken&on=gather", Digits="1")
    assert_takes_a_message_with_an_apology(call.document)
    await call.record(new_recording())
    assert count(front, callbacks) == 1


async def test_a_token_of_another_call_does_not_open(front: Front) -> None:
    one, other = await front.switchboard.ring(), await front.switchboard.ring(from_number="+37120000002")
    await one.press("3")
    document = await other.send(one.document.action("Gather"), Digits="3")
    assert_takes_a_message_with_an_apology(document)
    with reading(front.parts.console_database) as connection:
        taken = connection.execute(sa.select(turns.c.call_id, turns.c.turn).order_by(turns.c.turn)).all()
    ours, others = call_id_of(one.sid), call_id_of(other.sid)
    assert sorted(taken) == sorted([(ours, 1), (ours, 2), (others, 1)])


def assert_takes_a_message_with_an_apology(document: Document) -> None:
    assert document.verbs == ["Say", "Record", "Redirect"]
    assert document.said == apology("lv").text  # the default of the shipped company
