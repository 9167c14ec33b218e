"""An agent's day over the JSON interface: see, claim, try, complete, and read what happened before."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from runtime.sql.database import writing
from tests.front import Front
from tests.switchboard import CALLER, TestCall, new_recording
from tests.tokens import add_user
from voicemail.recordings import path_of
from voicemail.tables import transcripts, voicemails

SAID = "hello call me tomorrow at three pm on two nine one two three four five six"


@pytest.fixture
async def desk(front: Front) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with an agent's token."""
    token = add_user(front.parts.console_database, "maija", "agent")
    front.client.headers["authorization"] = f"Bearer {token}"
    yield front.client


async def complain(front: Front, from_number: str = CALLER) -> TestCall:
    call = await front.switchboard.ring(from_number=from_number)
    await call.press("3")
    await call.press("3")
    await call.record(new_recording(), 12)
    await call.complete()
    return call


async def only_callback(desk: httpx2.AsyncClient) -> dict[str, Any]:
    page = (await desk.get("/api/callbacks")).json()
    assert page["next"] is None
    (callback,) = page["items"]
    assert isinstance(callback, dict)
    return callback


async def test_a_message_is_seen_claimed_completed_and_told(front: Front, desk: httpx2.AsyncClient) -> None:
    call = await complain(front)
    seen = await only_callback(desk)
    assert seen["state"] == "ready"
    assert seen["customer"]["number"] == CALLER
    assert seen["customer"]["language"] == "en"
    assert seen["voicemails"][0]["seconds"] == 12
    assert seen["voicemails"][0]["transcript"] is None
    assert seen["promised_until"] == seen["due_at"] or seen["promised_until"] > seen["due_at"]

    front.clock.now += timedelta(minutes=5)
    claimed = (await desk.post("/api/callbacks/claim", json={"queues": ["complaints"]})).json()
    assert (claimed["id"], claimed["holder"]) == (seen["id"], "maija")
    renewed = await desk.post(f"/api/callbacks/{seen['id']}/renew", json={"nonce": claimed["nonce"]})
    assert renewed.json()["lease_expires_at"] >= claimed["lease_expires_at"]
    front.clock.now += timedelta(minutes=5)
    done = await desk.post(
        f"/api/callbacks/{seen['id']}/complete",
        json={"nonce": claimed["nonce"], "outcome": "resolved", "note": "Sent a new one."},
    )
    assert done.status_code == 200
    assert done.json()["state"] == "resolved"
    assert (await desk.get("/api/callbacks")).json()["items"] == []

    found = (await desk.get("/api/customers", params={"number": CALLER})).json()["items"][0]
    events = (await desk.get(f"/api/customers/{found['id']}/history")).json()["events"]
    kinds = [event["kind"] for event in events]
    assert kinds.index("callback.closed") < kinds.index("callback.claimed") < kinds.index("voicemail.left")
    assert [event["at"] for event in events] == sorted((event["at"] for event in events), reverse=True)

    call_id = next(event["call_id"] for event in events if event["kind"] == "call.ended")
    told = (await desk.get(f"/api/calls/{call_id}")).json()
    assert told["provider_call_id"] == call.sid
    assert [turn["turn"] for turn in told["turns"]] == [1, 2, 3, 4, 5]
    assert "language (3)" in told["path"]


async def test_what_is_left_open_in_a_query_is_not_asked_for(front: Front, desk: httpx2.AsyncClient) -> None:
    await complain(front)
    assert len((await desk.get("/api/callbacks?queue=&state=&limit=&after=")).json()["items"]) == 1
    assert len((await desk.get("/api/callbacks?queue=complaints&state=ready&limit=1")).json()["items"]) == 1
    assert (await desk.get("/api/callbacks?queue=desk")).json()["items"] == []
    assert (await desk.get("/api/callbacks?state=exploded")).status_code == 422
    assert (await desk.post("/api/callbacks/claim")).status_code == 200


async def test_nothing_ready_is_no_content(front: Front, desk: httpx2.AsyncClient) -> None:
    response = await desk.post("/api/callbacks/claim", json={})
    assert (response.status_code, response.content) == (204, b"")


async def test_agents_who_claim_at_the_same_moment_have_one_each(front: Front, desk: httpx2.AsyncClient) -> None:
    for number in range(3):
        await complain(front, f"+371200000{number:02}")
    answers = await asyncio.gather(*(desk.post("/api/callbacks/claim") for _ in range(5)))
    claimed = [answer.json() for answer in answers if answer.status_code == 200]
    assert [answer.status_code for answer in answers].count(204) == 2
    assert len({each["id"] for each in claimed}) == len({each["nonce"] for each in claimed}) == 3
    for each in claimed:
        done = await desk.post(
            f"/api/callbacks/{each['id']}/complete", json={"nonce": each["nonce"], "outcome": "resolved"}
        )
        assert done.json()["state"] == "resolved"


async def test_a_callback_that_somebody_holds_is_a_conflict_that_names_them(
    front: Front, desk: httpx2.AsyncClient
) -> None:
    await complain(front)
    seen = await only_callback(desk)
    other = add_user(front.parts.console_database, "janis", "agent")
    claimed = (await desk.post(f"/api/callbacks/{seen['id']}/claim")).json()
    refused = await desk.post(f"/api/callbacks/{seen['id']}/claim", headers={"authorization": f"Bearer {other}"})
    assert refused.status_code == 409
    assert (refused.json()["holder"], refused.json()["state"]) == ("maija", "claimed")
    stale = await desk.post(f"/api/callbacks/{seen['id']}/complete", json={"nonce": "no_old", "outcome": "resolved"})
    assert (stale.status_code, stale.json()["error"], stale.json()["holder"]) == (409, "stale_nonce", "maija")
    released = await desk.post(f"/api/callbacks/{seen['id']}/release", json={"nonce": claimed["nonce"]})
    assert released.json()["state"] == "ready"
    late = await desk.post(
        f"/api/callbacks/{seen['id']}/complete", json={"nonce": claimed["nonce"], "outcome": "resolved"}
    )
    assert late.status_code == 409


async def test_an_attempt_without_contact_comes_back_later(front: Front, desk: httpx2.AsyncClient) -> None:
    await complain(front)
    claimed = (await desk.post("/api/callbacks/claim", json={})).json()
    tried = await desk.post(
        f"/api/callbacks/{claimed['id']}/attempts",
        json={"nonce": claimed["nonce"], "outcome": "no_answer", "note": "rang out", "key": "1"},
    )
    assert tried.json()["state"] == "waiting"
    assert tried.json()["attempts"][0] | {"at": ""} == {
        "at": "",
        "agent": "maija",
        "outcome": "no_answer",
        "note": "rang out",
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"nonce": "x", "outcome": "exploded"},
        {"nonce": "x", "outcome": "resolved", "role": "admin"},
        {"nonce": "x" * 1000, "outcome": "resolved"},
        {"nonce": "x", "outcome": "resolved", "note": "x" * 10_000},
    ],
)
async def test_a_body_that_does_not_fit_is_a_sentence(
    front: Front, desk: httpx2.AsyncClient, body: dict[str, Any]
) -> None:
    response = await desk.post("/api/callbacks/cb_x/complete", json=body)
    assert response.status_code == 422
    assert response.json()["error"] == "bad_request"


@pytest.mark.parametrize(
    "path",
    [
        "/api/callbacks/cb_x",
        "/api/voicemails/vm_x",
        "/api/voicemails/vm_x/audio",
        "/api/customers/cu_x/history",
        "/api/calls/x",
    ],
)
async def test_what_is_not_there_is_not_found(front: Front, desk: httpx2.AsyncClient, path: str) -> None:
    response = await desk.get(path)
    assert (response.status_code, response.json()["error"]) == (404, "not_found")


async def test_pages_follow_one_another_without_gap_or_repeat(front: Front, desk: httpx2.AsyncClient) -> None:
    for number in range(7):
        await complain(front, f"+3712000010{number}")
    seen: list[str] = []
    after = None
    while True:
        params = {"limit": "3"} | ({"after": after} if after else {})
        page = (await desk.get("/api/callbacks", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert (await desk.get("/api/callbacks", params={"after": "nonsense"})).status_code == 422


async def test_a_message_is_played_whole_or_in_part_and_as_nothing_but_audio(
    front: Front, desk: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await complain(front)
    message = (await only_callback(desk))["voicemails"][0]["id"]
    assert (await desk.get(f"/api/voicemails/{message}/audio")).status_code == 404
    sha256 = "ab" * 32
    path = path_of(front.settings.recordings_dir, sha256)
    path.parent.mkdir(parents=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    values = {
        "sha256": sha256,
        "media_type": "audio/wav",
        "bytes": path.stat().st_size,
        "peaks": [0, 50],
        "status": "transcribed",
    }
    with writing(front.parts.console_database) as connection:
        connection.execute(voicemails.update().values(**values))
        said = SAID.split()
        words = [{"word": word, "start": n / 2, "end": n / 2 + 0.4, "confidence": 0.9} for n, word in enumerate(said)]
        connection.execute(
            transcripts.insert().values(
                voicemail_id=message,
                language="en",
                model="m",
                text="hello",
                confidence=0.9,
                words=words,
                took_ms=1,
                made_at=front.clock.now,
            )
        )
    whole = await desk.get(f"/api/voicemails/{message}/audio")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.content == path.read_bytes()
    part = await desk.get(f"/api/voicemails/{message}/audio", headers={"range": "bytes=44-143"})
    assert (part.status_code, part.content) == (206, bytes(100))
    assert part.headers["content-range"] == f"bytes 44-143/{path.stat().st_size}"
    beyond = await desk.get(f"/api/voicemails/{message}/audio", headers={"range": "bytes=999999-"})
    assert beyond.status_code == 416
    shown = (await only_callback(desk))["voicemails"][0]
    assert shown["transcript"]["words"] == words
    detail = (await desk.get(f"/api/voicemails/{message}")).json()
    assert detail["peaks"] == [0, 50]
    facts = {fact["kind"]: fact for fact in detail["facts"]}
    assert facts["number"]["value"] == "+37129123456"
    assert facts["date"]["value"] == "2030-03-06T15:00+02:00"


async def test_a_customer_is_found_as_people_type_numbers(front: Front, desk: httpx2.AsyncClient) -> None:
    await complain(front)
    for typed in (CALLER, "20000001", "2000 0001", "00371 20000001", " 37120000001"):
        assert len((await desk.get("/api/customers", params={"number": typed})).json()["items"]) == 1, typed
    for typed in ("", "x", "+37120000002", "' OR 1=1"):
        assert (await desk.get("/api/customers", params={"number": typed})).json()["items"] == [], typed
