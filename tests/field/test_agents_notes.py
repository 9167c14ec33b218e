"""What agents wrote, meant and mistyped over the JSON interface on an ordinary day."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.field.test_agents_claims import leave_message
from tests.front import Front, open_front


@pytest.fixture
async def front(tmp_path: Path, database_url: str, redis_url: str) -> AsyncIterator[Front]:
    """The application on SQLite and on PostgreSQL."""
    async with open_front(tmp_path / "data", database_url, redis_url) as opened:
        yield opened


@pytest.fixture
async def maija(lite_front: Front) -> httpx2.AsyncClient:
    """Signed in, with one message waiting."""
    await leave_message(lite_front, "+37120000001")
    return lite_front.signed_in("maija")


async def claimed(desk: httpx2.AsyncClient) -> tuple[str, str]:
    """The path of the next callback, and the nonce."""
    answer = (await desk.post("/api/callbacks/claim", json={})).json()
    return f"/api/callbacks/{answer['id']}", answer["nonce"]


async def history(desk: httpx2.AsyncClient, callback: dict[str, Any]) -> list[dict[str, Any]]:
    return list((await desk.get(f"/api/customers/{callback['customer']['id']}/history")).json()["events"])


async def test_the_note_of_a_completed_callback_is_seen_by_colleagues(
    lite_front: Front, maija: httpx2.AsyncClient
) -> None:
    path, nonce = await claimed(maija)
    await maija.post(f"{path}/complete", json={"nonce": nonce, "outcome": "resolved", "note": "sent invoice 452"})
    janis = lite_front.signed_in("janis")
    seen = (await janis.get(path)).json()
    assert [(note["agent"], note["note"], note["is_draft"]) for note in seen["notes"]] == [
        ("maija", "sent invoice 452", False)
    ]
    (closed,) = [event for event in await history(janis, seen) if event["kind"] == "callback.closed"]
    assert closed["data"] == {"outcome": "resolved", "agent": "maija", "note": "sent invoice 452"}


async def test_a_note_needs_no_attempt_and_no_claim(lite_front: Front, maija: httpx2.AsyncClient) -> None:
    path, nonce = await claimed(maija)
    janis = lite_front.signed_in("janis")
    noted = (await janis.post(f"{path}/notes", json={"note": "rings back herself on Monday"})).json()
    assert (noted["state"], noted["holder"]) == ("claimed", "maija")
    assert [(note["agent"], note["note"]) for note in noted["notes"]] == [("janis", "rings back herself on Monday")]
    done = await maija.post(f"{path}/complete", json={"nonce": nonce, "outcome": "resolved"})
    assert done.status_code == 200
    assert (await janis.post(f"{path}/notes", json={"note": "paid"})).json()["state"] == "resolved"
    assert (await janis.post(f"{path}/notes", json={"note": ""})).status_code == 422


async def test_what_was_written_after_the_claim_had_ended_is_kept_as_a_draft(
    lite_front: Front, maija: httpx2.AsyncClient
) -> None:
    path, nonce = await claimed(maija)
    await maija.post(f"{path}/release", json={"nonce": nonce})
    janis = lite_front.signed_in("janis")
    await claimed(janis)
    for _ in range(2):
        late = await maija.post(
            f"{path}/attempts", json={"nonce": nonce, "outcome": "no_answer", "note": "rang out twice"}
        )
        assert (late.status_code, late.json()["holder"]) == (409, "janis")
        assert "kept as a draft" in late.json()["detail"]
    seen = (await janis.get(path)).json()
    assert [(note["agent"], note["note"], note["is_draft"]) for note in seen["notes"]] == [
        ("maija", "rang out twice", True)
    ]
    assert seen["attempts"] == []


async def test_a_wrong_completion_is_taken_back_within_ten_minutes(
    lite_front: Front, maija: httpx2.AsyncClient
) -> None:
    path, nonce = await claimed(maija)
    before = (await maija.get(path)).json()
    await maija.post(f"{path}/complete", json={"nonce": nonce, "outcome": "not_needed"})
    refused = await lite_front.signed_in("janis").post(f"{path}/undo", json={"nonce": nonce})
    assert (refused.status_code, refused.json()["holder"]) == (409, "maija")
    lite_front.clock.now += timedelta(minutes=9)
    undone = (await maija.post(f"{path}/undo", json={"nonce": nonce})).json()
    assert (undone["state"], undone["holder"], undone["outcome"], undone["closed_at"]) == (
        "claimed",
        "maija",
        None,
        None,
    )
    assert (undone["due_at"], undone["promised_until"]) == (before["due_at"], before["promised_until"])
    done = await maija.post(f"{path}/complete", json={"nonce": nonce, "outcome": "resolved"})
    assert done.status_code == 200
    events = [event["summary"] for event in await history(maija, undone)]
    assert "maija took back the outcome: not needed" in events
    assert any("was kept" in summary for summary in events)  # the promise was open again until then
    lite_front.clock.now += timedelta(minutes=11)
    late = await maija.post(f"{path}/undo", json={"nonce": nonce})
    assert (late.status_code, late.json()["error"]) == (409, "too_late")
    assert "add a note" in late.json()["detail"]


@pytest.mark.parametrize(
    ("later", "says"),
    [
        ("2030-03-06T15:00", "needs its zone"),
        ("2030-03-06T15:00:00", "needs its zone"),
        ("9999-12-31T23:59:59Z", "within 90 days"),
        ("2030-06-05T15:00:00+03:00", "within 90 days"),
        ("2030-03-05T08:00:00Z", "lies ahead"),
        ("tomorrow", "call_later_at"),
    ],
)
async def test_a_time_agreed_without_a_zone_or_out_of_reach_is_refused(
    maija: httpx2.AsyncClient, later: str, says: str
) -> None:
    path, nonce = await claimed(maija)
    answer = await maija.post(
        f"{path}/attempts", json={"nonce": nonce, "outcome": "call_later", "call_later_at": later}
    )
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert (await maija.get(path)).json()["state"] == "claimed"


async def test_a_time_agreed_with_its_zone_is_the_promise_and_read_in_the_queues_zone(
    maija: httpx2.AsyncClient,
) -> None:
    path, nonce = await claimed(maija)
    later = {"nonce": nonce, "outcome": "call_later", "call_later_at": "2030-03-06T15:00:00+02:00"}
    moved = (await maija.post(f"{path}/attempts", json=later)).json()
    assert moved["promised_until"] == "2030-03-06T13:00:00Z"
    summaries = [event["summary"] for event in await history(maija, moved)]
    assert "maija rang: agreed to ring again at Wed 2030-03-06 15:00 Europe/Riga" in summaries
    assert not [summary for summary in summaries if "UTC" in summary]


async def test_a_name_that_does_not_exist_is_an_error_that_says_which_do(maija: httpx2.AsyncClient) -> None:
    for query, says in (
        ({"queue": "nope"}, 'There is no queue "nope". Queues here: complaints, desk.'),
        ({"queue": "dezk"}, 'Did you mean "desk"?'),
        ({"intent": "complaints"}, 'Did you mean "complaint"?'),
        ({"language": "fi"}, "Languages here: en, lv, ru."),
        ({"state": "lost"}, "'waiting', 'ready'"),
        ({"qeue": "desk"}, 'There is no field "qeue" in the query here. Fields here: after, holder, intent'),
    ):
        answer = await maija.get("/api/callbacks", params=query)
        assert answer.status_code == 422, query
        assert says in answer.json()["detail"]
    claim = await maija.post("/api/callbacks/claim", json={"queues": ["desk", "nope"]})
    assert (claim.status_code, claim.json()["error"]) == (422, "unknown_name")
    assert (await maija.get("/api/callbacks", params={"queue": "complaints"})).json()["items"]
    assert (await maija.get("/healthz", params={"from": "a balancer"})).status_code == 200


async def test_the_list_is_filtered_by_language_intent_holder_and_lateness(
    lite_front: Front, maija: httpx2.AsyncClient
) -> None:
    async def found(**query: str) -> int:
        return len((await maija.get("/api/callbacks", params=query)).json()["items"])

    assert await found(language="en") == await found(intent="complaint") == await found(overdue="false") == 1
    assert await found(language="lv") == await found(holder="maija") == await found(overdue="true") == 0
    await claimed(maija)
    assert await found(holder="maija") == 1


async def post_raw(desk: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> httpx2.Response:
    """As a client does that escapes whatever it is given, also half of a character."""
    return await desk.post(path, content=json.dumps(body), headers={"content-type": "application/json"})


async def test_text_that_no_database_can_keep_is_refused(front: Front) -> None:
    await leave_message(front, "+37120000001")
    maija = front.signed_in("maija")
    path, nonce = await claimed(maija)
    for note in ("half a character: \ud800", "a zero: \x00"):
        assert (await post_raw(maija, f"{path}/notes", {"note": note})).status_code == 422
        done = await post_raw(maija, f"{path}/complete", {"nonce": nonce, "outcome": "resolved", "note": note})
        assert done.status_code == 422
    assert (await maija.get("/api/callbacks/cb_%00")).status_code in (404, 422)
    assert (await maija.get(path)).json()["state"] == "claimed"


@pytest.mark.parametrize(
    "queues", [["\ud800"], ["desk"] * 51, ["x" * 41], [""]], ids=["surrogate", "51 names", "long name", "no name"]
)
async def test_a_claim_of_queues_that_cannot_be_is_refused_at_once(
    maija: httpx2.AsyncClient, queues: list[str]
) -> None:
    answer = await post_raw(maija, "/api/callbacks/claim", {"queues": queues})
    assert answer.status_code == 422
    assert (await maija.post("/api/callbacks/claim", json={"queues": ["complaints"]})).status_code == 200


async def test_the_history_before_a_moment_without_a_zone_is_refused(maija: httpx2.AsyncClient) -> None:
    (waiting,) = (await maija.get("/api/callbacks")).json()["items"]
    path = f"/api/customers/{waiting['customer']['id']}/history"
    assert (await maija.get(path, params={"before": "2030-03-05T10:00"})).status_code == 422
    assert (await maija.get(path, params={"before": "2030-03-05T10:00:00+02:00"})).status_code == 200
