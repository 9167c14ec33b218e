"""V7: somebody leaves silence, a fax calls, a busy tone is recorded: missed calls, not promises; they stay audible."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from callbacks.clock import Clock
from runtime.sql.database import reading
from runtime.sql.outbox import deliver
from tests.front import Front
from tests.switchboard import CALLER, TestCall, new_recording
from tests.tokens import add_user
from voicemail import mailbox, steps
from voicemail.jobs.transcription import Dictation
from voicemail.mailbox import Voicemail
from voicemail.recordings import StoredRecording, path_of
from voicemail.tables import voicemails

RATE = 8_000
Samples = NDArray[np.float64]


def tone(*frequencies: float, on: float, off: float, times: int) -> Samples:
    moments = np.arange(int(RATE * on)) / RATE
    sound = 0.3 * np.mean([np.sin(2 * np.pi * frequency * moments) for frequency in frequencies], axis=0)
    return np.tile(np.concatenate([sound, np.zeros(int(RATE * off))]), times)


UNSPOKEN: dict[str, Callable[[], Samples]] = {
    "0.2 s of silence": lambda: np.zeros(RATE // 5),
    "20 s of silence": lambda: np.zeros(RATE * 20),
    "a fax": lambda: tone(1_100, on=0.5, off=3, times=6),
    "the busy tone": lambda: tone(425, on=0.5, off=0.5, times=30),
    "the busy tone of America": lambda: tone(480, 620, on=0.5, off=0.5, times=30),
    "a dial tone": lambda: tone(350, 440, on=10, off=0, times=1),
    "a line that hisses": lambda: np.random.default_rng(1).normal(0, 0.01, RATE * 8),
    "keys": lambda: np.concatenate([tone(row, 1_209, on=0.1, off=0.1, times=4) for row in (697, 770, 852, 941)]),
    "no sample at all": lambda: np.zeros(0),
}


@pytest.fixture
async def agent(lite_front: Front) -> httpx2.AsyncClient:
    token = add_user(lite_front.parts.console_database, "maija", "agent")
    lite_front.client.headers["authorization"] = f"Bearer {token}"
    return lite_front.client


async def ring_to_the_beep(front: Front, from_number: str = CALLER) -> TestCall:
    """Choose Latvian, of which there is no model, so that the detector of speech decides; whoever rings again is known."""
    call = await front.switchboard.ring(from_number)
    if len({say.attrib["language"] for say in call.document.root.iter("Say")}) > 1:
        await call.press("1")
    await call.press("3")
    return call


async def leave(front: Front, samples: Samples, seconds: str = "-1") -> str:
    """A caller leaves this; it is fetched and listened to."""
    call = await ring_to_the_beep(front)
    recording = new_recording()
    await call.send(call.document.action("Record"), RecordingSid=recording, RecordingDuration=seconds)
    message = load(front, recording)
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="PCM_16")
    return listen(front, message, file.getvalue())


def listen(front: Front, message: Voicemail, content: bytes) -> str:
    folder = front.settings.recordings_dir
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(folder, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    database = front.parts.console_database
    assert steps.store(database, message, StoredRecording(sha256, "audio/wav", len(content)))
    dictation = Dictation(database, folder, folder / "no-models", threading.Event())
    assert dictation.write_down(message.id) is None
    while deliver(database, front.parts.wiring.outbox_handlers):
        pass
    return message.id


def load(front: Front, recording: str) -> Voicemail:
    with reading(front.parts.console_database) as connection:
        query = voicemails.select().where(voicemails.c.recording_id == recording)
        message = mailbox.load(connection, connection.execute(query).one().id)
    assert message is not None
    return message


async def waiting(agent: httpx2.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await agent.get("/api/callbacks")).json()["items"]
    return items


async def missed(agent: httpx2.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await agent.get("/api/missed-calls")).json()["items"]
    return items


@pytest.mark.parametrize("name", UNSPOKEN)
async def test_nobody_says_a_word(lite_front: Front, agent: httpx2.AsyncClient, name: str) -> None:
    voicemail_id = await leave(lite_front, UNSPOKEN[name]())
    assert await waiting(agent) == []
    (callback,) = await missed(agent)
    assert (callback["state"], callback["outcome"]) == ("not_needed", "no_speech")
    assert callback["customer"]["number"] == CALLER
    assert [message["speech_seconds"] for message in callback["voicemails"]] == [0]
    assert (await agent.get(f"/api/voicemails/{voicemail_id}/audio")).status_code == 200
    events = (await agent.get(f"/api/customers/{callback['customer']['id']}/history")).json()["events"]
    (closed,) = [event for event in events if event["kind"] == "callback.closed"]
    assert (closed["summary"], closed["data"]) == (
        "A missed call: nobody spoke in the message, so nobody is rung back",
        {"outcome": "no_speech"},
    )


async def test_one_step_revives_the_callback_with_its_promise(lite_front: Front, agent: httpx2.AsyncClient) -> None:
    await leave(lite_front, UNSPOKEN["a fax"]())
    (ended,) = await missed(agent)
    revived = (await agent.post(f"/api/callbacks/{ended['id']}/revive")).json()
    assert (revived["state"], revived["outcome"]) == ("ready", None)
    assert revived["promised_until"] == ended["promised_until"] is not None
    assert revived["due_at"] == ended["due_at"]
    assert [callback["id"] for callback in await waiting(agent)] == [ended["id"]]
    assert await missed(agent) == []
    again = await agent.post(f"/api/callbacks/{ended['id']}/revive")
    assert again.status_code == 409
    # It counts as any promise again: when its moment passes it is broken.
    late = datetime.fromisoformat(ended["promised_until"]) + timedelta(seconds=1)
    Clock(lite_front.parts.console_database, None).tick(late)
    (callback,) = await waiting(agent)
    assert callback["overdue"]
    # Another silence joins it and does not end what a person wanted.
    await leave(lite_front, UNSPOKEN["a fax"]())
    assert len(await waiting(agent)) == 1


async def test_a_fax_rings_where_a_person_waits(lite_front: Front, agent: httpx2.AsyncClient, speech: Any) -> None:
    samples, _ = soundfile.read(speech.path)
    await leave(lite_front, samples)
    await leave(lite_front, UNSPOKEN["a fax"]())
    (callback,) = await waiting(agent)
    assert sorted(message["speech_seconds"] > 0 for message in callback["voicemails"]) == [False, True]
    assert callback["promised_until"] is not None


async def test_somebody_says_hello_and_hangs_up(lite_front: Front, agent: httpx2.AsyncClient, speech: Any) -> None:
    samples, _ = soundfile.read(speech.path)
    await leave(lite_front, samples[RATE : RATE * 5 // 2])  # shorter than two seconds: no message
    assert await waiting(agent) == []
    (callback,) = await missed(agent)
    assert callback["voicemails"][0]["speech_seconds"] > 0
    await leave(lite_front, samples[: RATE * 3])
    assert len(await waiting(agent)) == 1


async def test_a_fax_reopens_nothing_for_long(lite_front: Front, agent: httpx2.AsyncClient, speech: Any) -> None:
    samples, _ = soundfile.read(speech.path)
    await leave(lite_front, samples)
    claimed = (await agent.post("/api/callbacks/claim", json={})).json()
    done = {"nonce": claimed["nonce"], "outcome": "resolved"}
    assert (await agent.post(f"/api/callbacks/{claimed['id']}/complete", json=done)).status_code == 200
    await leave(lite_front, UNSPOKEN["the busy tone"]())
    assert await waiting(agent) == []
    assert [callback["id"] for callback in await missed(agent)] == [claimed["id"]]


async def test_an_agent_who_already_holds_it_decides(lite_front: Front, agent: httpx2.AsyncClient) -> None:
    call = await ring_to_the_beep(lite_front)
    recording = new_recording()
    await call.record(recording, 4)
    claimed = (await agent.post("/api/callbacks/claim", json={})).json()
    file = io.BytesIO()
    soundfile.write(file, np.zeros(RATE * 4), RATE, format="WAV", subtype="PCM_16")
    listen(lite_front, load(lite_front, recording), file.getvalue())
    (callback,) = await waiting(agent)
    assert (callback["state"], callback["holder"]) == ("claimed", "maija")
    assert claimed["id"] == callback["id"]


async def test_what_cannot_be_listened_to_stays_a_promise(lite_front: Front, agent: httpx2.AsyncClient) -> None:
    for number, content in enumerate((b"#!AMR\n" + bytes(2_000), b"", b"RIFF")):
        call = await ring_to_the_beep(lite_front, f"+3712000010{number}")
        recording = new_recording()
        await call.record(recording, 4)
        listen(lite_front, load(lite_front, recording), content)
    assert len(await waiting(agent)) == 3
    assert await missed(agent) == []


async def test_a_recording_that_lost_its_end_may_have_held_words(lite_front: Front, agent: httpx2.AsyncClient) -> None:
    call = await ring_to_the_beep(lite_front)
    recording = new_recording()
    await call.record(recording, 9)
    file = io.BytesIO()
    soundfile.write(file, np.zeros(RATE * 9), RATE, format="WAV", subtype="PCM_16")
    listen(lite_front, load(lite_front, recording), file.getvalue()[:60_000])
    assert len(await waiting(agent)) == 1
