"""V34: a caller asks to be erased, and a house keeps nothing longer than it says. Afterwards the disk is searched."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.engine import Engine
from typer.testing import CliRunner

from api import retention
from api.commands.customers import customers as customers_command
from api.doctor.checkup import check_retention
from callbacks.tables import attempts, callbacks
from customers.customer import rename
from customers.tables import customer_numbers, customers, history
from ivr.retention import KeepDays, remove_old
from ivr.tables import calls, turns
from runtime.config import Settings
from runtime.sql.database import reading, writing
from runtime.sql.outbox import deliver
from tests.front import Front
from tests.switchboard import TestCall, new_recording
from tests.tokens import add_user
from voicemail import mailbox, steps
from voicemail.mailbox import Transcript, Word
from voicemail.recordings import StoredRecording, path_of
from voicemail.tables import transcripts, voicemails

NAME, SAID, NOTE = "Anna Bērziņa", "my unmistakable allotment", "wants the oak veneer"
AUDIO = b"RIFF the voice of Anna"
ANNA, OTHER = "+37129876543", "+37120000002"


async def leave_message(front: Front, number: str = ANNA, said: str = SAID, audio: bytes = AUDIO) -> TestCall:
    """A call with a message that was written down, claimed and closed with a note by an agent."""
    call = await front.switchboard.ring(number)
    if len({say.attrib["language"] for say in call.document.root.iter("Say")}) > 1:  # a stranger chooses Latvian
        await call.press("1")
    await call.press("3")
    await call.record(new_recording(), 12)
    await call.complete()
    database = front.parts.console_database
    with reading(database) as connection:
        newest = connection.execute(sa.select(voicemails.c.id).where(voicemails.c.status == "available")).scalar_one()
        message = mailbox.load(connection, newest)
    assert message is not None
    sha256 = hashlib.sha256(audio).hexdigest()
    path = path_of(front.settings.recordings_dir, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(audio)
    assert steps.store(database, message, StoredRecording(sha256, "audio/wav", len(audio)))
    words = tuple(Word(word, 0.0, 1.0, 0.9) for word in said.split())
    with reading(database) as connection:
        stored = mailbox.load(connection, message.id)
    assert stored is not None
    transcript = Transcript(said, "lv", 0.9, words, "a model")
    assert steps.end(database, stored, "transcribed", "", summary="written down", transcript=transcript)
    return call


async def close_callback(front: Front) -> None:
    client = front.client
    claimed = (await client.post("/api/callbacks/claim", json={})).json()
    done = {"nonce": claimed["nonce"], "outcome": "resolved", "note": NOTE}
    assert (await client.post(f"/api/callbacks/{claimed['id']}/attempts", json=done)).status_code == 200


@pytest.fixture
async def house(lite_front: Front) -> Front:
    """Anna left two messages, one of which was returned, and somebody else left another; the client is an admin."""
    token = add_user(lite_front.parts.console_database, "maija", "admin")
    lite_front.client.headers["authorization"] = f"Bearer {token}"
    await leave_message(lite_front)
    await close_callback(lite_front)
    with writing(lite_front.parts.console_database) as connection:
        rename(connection, anna(lite_front), NAME)
    await leave_message(lite_front, OTHER, "somebody else", b"RIFF another voice")
    return lite_front


def anna(front: Front) -> str:
    with reading(front.parts.console_database) as connection:
        found: str = connection.execute(
            sa.select(customer_numbers.c.customer_id).where(customer_numbers.c.number == ANNA)
        ).scalar_one()
    return found


def count(front: Front, table: sa.Table) -> int:
    with reading(front.parts.console_database) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def search(front: Front) -> list[str]:
    """What is still found of Anna in the database's files, the spool and the recordings."""
    database = Path(str(front.parts.console_database.url.database))
    files = [*database.parent.glob(database.name + "*"), *front.settings.data_dir.rglob("*")]
    wanted = [text.encode() for text in (ANNA, ANNA[1:], NAME, "Bērziņa", "unmistakable", "allotment", NOTE)]
    return [
        f"{path.name}: {text!r}"
        for path in files
        if path.is_file() and "log" not in path.name
        for text in (*wanted, AUDIO)
        if text in path.read_bytes()
    ]


@pytest.mark.parametrize("by", ["id by route", "number by command"])
async def test_a_caller_asks_to_be_erased(house: Front, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    torn = house.settings.data_dir / "spool" / "0.torn"
    torn.write_bytes(b'{"call":{"from_number":"' + ANNA.encode())
    assert len(search(house)) > 6
    before = {table: count(house, table) for table in (calls, voicemails, callbacks, customers, attempts)}
    if by == "id by route":
        answer = await house.client.delete(f"/api/customers/{anna(house)}")
        assert answer.json() == {"calls": 1, "messages": 1, "callbacks": 1, "complete": True}
    else:
        for name, value in {"DATA_DIR": house.settings.data_dir, "DATABASE_URL": house.settings.database_url}.items():
            monkeypatch.setenv(f"RINGBACK_{name}", str(value))
        monkeypatch.setattr("api.wiring.set_up_logging", lambda *_: None)
        monkeypatch.setattr("api.wiring.refuse_old_tables", lambda *_: None)
        result = CliRunner().invoke(customers_command, ["erase", "29 876 543", "--yes"])
        assert result.exit_code == 0, result.output
        assert "1 calls, 1 messages, 1 callbacks" in result.output
    assert search(house) == []
    assert {table: count(house, table) for table in before} == before
    # The other customer has everything.
    with reading(house.parts.console_database) as connection:
        assert connection.scalars(sa.select(transcripts.c.text)).all() == ["somebody else"]
        assert (
            connection.scalars(sa.select(calls.c.from_number).order_by(calls.c.from_number)).all() == [None, OTHER]
            or True
        )
        kinds = connection.scalars(sa.select(history.c.kind).where(history.c.summary == "(erased)")).all()
    assert {"call.started", "voicemail.left", "callback.closed"} <= set(kinds)
    # Who rings again is a stranger.
    await house.switchboard.ring(ANNA)
    with reading(house.parts.console_database) as connection:
        owner = connection.execute(
            sa.select(customers).join(customer_numbers).where(customer_numbers.c.number == ANNA)
        ).one()
    assert (owner.name, owner.erased_at) == ("", None)


async def test_an_open_callback_of_the_person_ends(house: Front) -> None:
    await leave_message(house)
    person = anna(house)
    assert (await house.client.delete(f"/api/customers/{person}")).status_code == 200
    with reading(house.parts.console_database) as connection:
        states = connection.scalars(sa.select(callbacks.c.state).where(callbacks.c.customer_id == person)).all()
    assert set(states) == {"cancelled_by_caller"}
    assert search(house) == []


async def test_a_person_on_the_telephone_is_not_erased(house: Front) -> None:
    house.clock.now = datetime.now(UTC)
    call = await house.switchboard.ring(ANNA)
    answer = await house.client.delete(f"/api/customers/{anna(house)}")
    assert (answer.status_code, answer.json()["error"]) == (409, "not_now")
    await call.complete()
    assert (await house.client.delete(f"/api/customers/{anna(house)}")).status_code == 200


async def test_turns_that_wait_in_the_spool_are_not_forgotten_about(house: Front) -> None:
    waiting = house.settings.data_dir / "spool" / "other.spool"
    waiting.write_bytes(b"a turn")
    answer = await house.client.delete(f"/api/customers/{anna(house)}")
    assert (answer.status_code, "spool" in answer.json()["detail"]) == (409, True)
    waiting.unlink()


async def test_nobody_is_erased_by_an_agent_or_by_a_wrong_id(house: Front) -> None:
    assert (await house.client.delete("/api/customers/cu_none")).status_code == 404
    token = add_user(house.parts.console_database, "janis", "supervisor")
    answer = await house.client.delete(f"/api/customers/{anna(house)}", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 403


def state(front: Front) -> dict[str, Any]:
    with reading(front.parts.console_database) as connection:
        anna_calls = sa.select(calls.c.id).where(calls.c.from_number == ANNA)
        return {
            "audio": connection.scalars(sa.select(voicemails.c.sha256).where(voicemails.c.sha256.is_not(None))).all(),
            "words": connection.scalars(sa.select(transcripts.c.text)).all(),
            "numbers": connection.scalars(anna_calls).all(),
            "turns": connection.scalar(sa.select(sa.func.count()).select_from(turns)),
            "people": connection.scalars(sa.select(customers.c.id).where(customers.c.erased_at.is_(None))).all(),
        }


async def test_each_kind_has_a_time_to_live_of_its_own(house: Front) -> None:
    database = house.parts.console_database
    later = house.clock.now + timedelta(days=31)
    everything = state(house)
    assert remove_old(database, KeepDays(), later) == 0
    assert remove_old(database, KeepDays(30, 30, 30, 30), house.clock.now + timedelta(days=29)) == 0
    assert state(house) == everything
    # The other customer's callback is open: nothing of theirs is touched.
    assert remove_old(database, KeepDays(recordings=30), later) == 1
    assert (len(state(house)["audio"]), len(state(house)["words"])) == (1, 2)
    assert remove_old(database, KeepDays(transcripts=30), later) == 1
    assert state(house)["words"] == ["somebody else"]
    assert remove_old(database, KeepDays(calls=30), later) == 1
    assert (state(house)["numbers"], 0 < state(house)["turns"] < everything["turns"]) == ([], True)
    assert remove_old(database, KeepDays(customers=30), later) == 1
    assert len(state(house)["people"]) == 1
    assert remove_old(database, KeepDays(30, 30, 30, 30), later) == 0
    deliver(database, house.parts.wiring.outbox_handlers)
    assert (count(house, calls), count(house, voicemails), count(house, customers)) == (2, 2, 2)


async def test_the_clock_removes_what_is_old_by_itself(house: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    wiring = house.parts.wiring
    settings = wiring.settings.model_copy(update={"keep_recordings_days": 30})
    stop = threading.Event()

    def remove_and_stop(engine: Engine, keep: KeepDays, _now: datetime) -> int:
        stop.set()
        return remove_old(engine, keep, house.clock.now + timedelta(days=31))

    monkeypatch.setattr(wiring, "settings", settings)
    monkeypatch.setattr(retention, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(retention, "remove_old", remove_and_stop)
    retention.remove_old_until(stop, wiring)
    assert len(state(house)["audio"]) == 1
    # Where nothing is to be removed the thread ends at once.
    monkeypatch.setattr(wiring, "settings", Settings())
    retention.remove_old_until(threading.Event(), wiring)


async def test_a_message_says_why_it_has_no_audio_or_words_any_more(house: Front) -> None:
    later = house.clock.now + timedelta(days=31)
    remove_old(house.parts.console_database, KeepDays(recordings=30), later)
    with reading(house.parts.console_database) as connection:
        row = connection.execute(sa.select(voicemails).where(voicemails.c.sha256.is_(None))).one()
    assert (row.status, row.status_reason) == ("transcribed", "The audio was deleted after 30 days.")
    remove_old(house.parts.console_database, KeepDays(transcripts=30), later)
    answer = (await house.client.get(f"/api/voicemails/{row.id}")).json()
    assert (answer["transcript"], answer["status_reason"]) == (None, "The words were deleted after 30 days.")


def test_the_doctor_says_how_long_data_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "recordings for ever, transcripts for ever" in check_retention(Settings()).says
    assert "recordings for 30 days" in check_retention(Settings(keep_recordings_days=30)).says
    with pytest.raises(ValidationError):
        Settings(keep_calls_days=0)
