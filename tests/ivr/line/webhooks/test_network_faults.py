"""What goes wrong on request goes wrong in the same way for the same seed."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from random import Random

import pytest
from starlette.responses import Response

from ivr.line.webhooks.network_faults import InvalidFaults, NetworkFaults, RequestFaults
from tests.ivr.line.conftest import Asked, Desk, Ring


def test_a_wish_for_faults_is_read() -> None:
    wish = NetworkFaults.parse("duplicate=0.3 delay=0.2:3s reorder drop=status drop=recording drop=0.1")
    assert wish == NetworkFaults(0.3, 0.2, 3.0, True, 0.1, frozenset({"status", "recording"}))
    assert NetworkFaults.parse("") == NetworkFaults()
    assert NetworkFaults.parse("delay=1:250ms").delay_seconds == 0.25


@pytest.mark.parametrize("text", ["duplicate", "duplicate=2", "delay=0.2:soon", "drop=voice", "explode=1"])
def test_a_wish_that_cannot_be_read_is_refused_with_its_word(text: str) -> None:
    with pytest.raises(InvalidFaults, match=text.split("=", maxsplit=1)[0]):
        NetworkFaults.parse(text)


def test_the_same_seed_gives_the_same_fates_and_another_seed_others() -> None:
    faults = NetworkFaults.parse("duplicate=0.5 delay=0.5:1s drop=0.5")

    def story(seed: int) -> list[RequestFaults]:
        chance = Random(seed)
        return [faults.draw("status" if n % 2 else "document", chance) for n in range(40)]

    assert story(7) == story(7)
    assert story(7) != story(8)
    assert not any(drawn.is_dropped for drawn in story(7)[::2])
    assert {drawn.repeat for drawn in story(7)} == {None, "together", "after", "late"}


MENU = '<Response><Gather action="/turn" numDigits="1"/></Response>'


@pytest.mark.parametrize("seed", range(6))
async def test_a_repeated_request_has_the_same_token_and_its_answers_are_compared(
    desk: Desk, ring: Ring, seed: int
) -> None:
    desk.answer("/voice", MENU)
    result = await ring("key 1", faults="duplicate=1", seed=seed)
    assert sorted(desk.paths()) == ["/status"] * 2 + ["/turn"] * 2 + ["/voice"] * 2
    for path in ("/voice", "/turn", "/status"):
        first, second = (asked for asked in desk.asked if asked.path == path)
        for header in ("i-twilio-idempotency-token", "x-twilio-signature"):
            assert first.headers[header] == second.headers[header]
        assert first.form == second.form
    assert result.ended.differing_answers == 0
    assert result.outcome.faults == ()


@pytest.mark.parametrize("seed", range(6))
async def test_a_repeat_that_is_answered_differently_makes_the_call_a_failure(
    desk: Desk, ring: Ring, seed: int
) -> None:
    number = count()

    def counting(asked: Asked) -> str:
        return f"<Response><Say>{next(number)}</Say></Response>"

    desk.answer("/voice", counting)
    result = await ring(faults="duplicate=1", seed=seed)
    assert result.ended.differing_answers == 1
    assert result.outcome.faults == ("1 repeated requests were answered differently",)


RECORD = '<Response><Record action="/turn" recordingStatusCallback="/recording"/></Response>'


@pytest.mark.parametrize(
    ("faults", "missing"),
    [("drop=status", {"/status"}), ("drop=recording", {"/recording"}), ("drop=1", {"/status", "/recording"})],
)
async def test_callbacks_are_lost_on_request_but_documents_never(
    desk: Desk, ring: Ring, message: Path, faults: str, missing: set[str]
) -> None:
    desk.answer("/voice", RECORD)
    await ring("record message.wav", faults=faults)
    assert set(desk.paths()) == {"/voice", "/turn", "/recording", "/status"} - missing


async def test_reordered_callbacks_come_at_the_end_in_either_order(desk: Desk, ring: Ring, message: Path) -> None:
    orders = set()
    for seed in range(8):
        desk.asked.clear()
        desk.answer("/voice", RECORD)
        desk.answer("/turn", "<Response><Redirect>/last</Redirect></Response>")
        await ring("record message.wav", faults="reorder", seed=seed)
        assert desk.paths()[:3] == ["/voice", "/turn", "/last"]
        orders.add(tuple(desk.paths()[3:]))
    assert orders == {("/recording", "/status"), ("/status", "/recording")}


async def test_a_delayed_request_arrives_late(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", "<Response><Redirect>/turn</Redirect></Response>")
    await ring(faults="delay=1:100ms")
    assert desk.asked[1].at - desk.asked[0].at >= 0.1


async def test_a_dropped_status_callback_is_not_a_warning(desk: Desk, ring: Ring) -> None:
    desk.answer("/voice", Response("<Response/>", media_type="text/xml"))
    result = await ring(faults="drop=status")
    assert result.of("warning") == []
