"""What a rung number does, alone and among others."""

from __future__ import annotations

import pytest

from ivr.line.playing.callees import CalleeBehaviour, Callees, InvalidDialResult, parse_behaviour
from ivr.line.twiml.verbs import Dial


def dial(*numbers: str, sequential: bool = False) -> Dial:
    return Dial(numbers, "", "POST", 20, 14400, False, False, sequential)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("busy", CalleeBehaviour("busy")),
        ("no-answer", CalleeBehaviour("no-answer")),
        ("failed", CalleeBehaviour("failed")),
        ("answered", CalleeBehaviour("answered", 10)),
        ("answered 2m", CalleeBehaviour("answered", 120)),
    ],
)
def test_an_outcome_is_read(text: str, answer: CalleeBehaviour) -> None:
    assert parse_behaviour(text) == answer


@pytest.mark.parametrize("text", ["", "asleep", "answered soon", "busy 3s"])
def test_an_outcome_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidDialResult, match="dial result"):
        parse_behaviour(text)


@pytest.mark.parametrize(
    ("results", "numbers", "sequential", "status", "ring_seconds", "reached"),
    [
        ([], ["1"], False, "no-answer", 20, ""),
        (["1=busy", "2=failed"], ["1", "2"], False, "busy", 1, ""),
        (["1=busy"], ["1", "2"], False, "no-answer", 20, ""),
        (["2=answered 5s"], ["1", "2"], False, "completed", 3, "2"),
        (["2=answered 5s"], ["1", "2"], True, "completed", 23, "2"),
        (["1=busy", "2=answered 5s"], ["1", "2"], True, "completed", 4, "2"),
        (["1=no-answer", "2=busy"], ["1", "2"], True, "busy", 21, ""),
        (["failed"], ["1"], False, "failed", 1, ""),
    ],
)
def test_rule_26_the_first_answer_wins(
    results: list[str], numbers: list[str], sequential: bool, status: str, ring_seconds: float, reached: str
) -> None:
    transfer = Callees(results).plan_transfer(dial(*numbers, sequential=sequential))
    assert (transfer.status, transfer.ring_seconds, transfer.number) == (status, ring_seconds, reached)


def test_outcomes_without_a_number_are_used_in_order_then_nobody_answers() -> None:
    callees = Callees(["busy", "failed"])
    assert [callees.plan_transfer(dial("1")).status for _ in range(3)] == ["busy", "failed", "no-answer"]
