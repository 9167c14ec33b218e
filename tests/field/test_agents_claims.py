"""What agents did on an ordinary day: who is next, whose a callback is, and what their colleagues see of it."""

from __future__ import annotations

from typing import Any

import httpx2

from callbacks.queue.index import rebuild
from tests.front import Front
from tests.switchboard import TestCall, new_recording


async def leave_message(front: Front, number: str) -> TestCall:
    call = await front.switchboard.ring(from_number=number)
    await call.press("3")
    if "Gather" in call.document.verbs:  # the office is open: to complaints
        await call.press("3")
    await call.record(new_recording(), 12)
    await call.complete()
    return call


async def waiting(desk: httpx2.AsyncClient) -> list[dict[str, Any]]:
    return list((await desk.get("/api/callbacks")).json()["items"])


async def test_six_callers_of_one_night_are_rung_in_the_order_in_which_they_rang(lite_front: Front) -> None:
    lite_front.clock.now = lite_front.clock.now.replace(hour=22)
    numbers = [f"+3712000000{number}" for number in range(1, 7)]
    for number in numbers:
        await leave_message(lite_front, number)
    desk = lite_front.signed_in("maija")
    assert len({callback["due_at"] for callback in await waiting(desk)}) == 1
    assert [callback["customer"]["number"] for callback in await waiting(desk)] == numbers
    assert rebuild(lite_front.parts.console_database, lite_front.parts.queue)
    assert lite_front.parts.queue.counts().ready == len(numbers)
    claimed = [(await desk.post("/api/callbacks/claim", json={})).json()["customer"]["number"] for _ in numbers]
    assert claimed == numbers


async def test_a_colleague_who_knows_the_nonce_cannot_write_under_it(lite_front: Front) -> None:
    await leave_message(lite_front, "+37120000001")
    maija, janis = lite_front.signed_in("maija"), lite_front.signed_in("janis")
    claimed = (await janis.post("/api/callbacks/claim", json={})).json()
    path, nonce = f"/api/callbacks/{claimed['id']}", claimed["nonce"]
    for step, body in (
        ("complete", {"nonce": nonce, "outcome": "resolved"}),
        ("attempts", {"nonce": nonce, "outcome": "busy"}),
        ("renew", {"nonce": nonce}),
        ("release", {"nonce": nonce}),
    ):
        refused = await maija.post(f"{path}/{step}", json=body)
        assert (refused.status_code, refused.json()["error"], refused.json()["holder"]) == (
            409,
            "not_the_holder",
            "janis",
        )
        assert "held by janis, not by maija" in refused.json()["detail"]
    done = await janis.post(f"{path}/complete", json={"nonce": nonce, "outcome": "resolved"})
    assert done.status_code == 200
    history = (await maija.get(f"/api/customers/{done.json()['customer']['id']}/history")).json()["events"]
    (closed,) = [event for event in history if event["kind"] == "callback.closed"]
    assert closed["data"]["agent"] == "janis"
