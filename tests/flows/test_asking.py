"""Silence, wrong keys, repeats and the keys that work everywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from flows.events import KeysPressed, NobodyPressed, NodeLeft, WentWrong
from flows.inputs import Dialed, Digits, Input, Recorded, Silence
from flows.last_resort import LAST_RESORT
from flows.session import Caller
from flows.verbs import Gather, Record

from .conftest import Call

Ring = Callable[..., Call]
S = Silence()


K = Digits


@pytest.mark.parametrize(
    ("inputs", "heard"),
    [
        ([], "Q1 Press"),
        ([S], "Silent once. Q2."),
        ([S, S], "Silent again. Q2."),
        ([K("7")], "Wrong once. Q2."),
        ([K("7"), K("8")], "Wrong again. Q2."),
        ([S, K("7")], "Wrong once. Q2."),
        ([K("7"), S], "Silent once. Q2."),
        ([K("77")], "Wrong once. Q2."),
        ([K("")], "Silent once. Q2."),
        ([K("A")], "Wrong once. Q2."),
        ([S, S, S], "Speak."),
        ([S, K("7"), S], "Speak."),
        ([K("7"), S, K("7")], "Speak."),
    ],
)
def test_each_attempt_says_what_went_wrong_and_then_asks_again(ring: Ring, inputs: list[Input], heard: str) -> None:
    assert heard in ring().do(*inputs).heard()


def test_mixed_failures_end_at_the_last_attempt_and_not_beyond_it(ring: Ring) -> None:
    call = ring().do(S, K("7"), S)
    assert call.session.node == "mailbox"
    assert NodeLeft("main", "max_attempts", "mailbox") in call.events


def test_partial_entry_is_a_wrong_one_not_a_silent_one(ring: Ring) -> None:
    call = ring().do(K("4"))
    assert isinstance(gather := call.last(), Gather)
    assert (gather.num_digits, gather.finish_on_key) == (0, "#")
    assert "Code wrong." in call.do(K("1")).heard()
    assert KeysPressed("codes", "1", matched=False) in call.events
    assert "Bye." in call.do(K("12")).heard()


def test_menu_of_single_keys_takes_every_key_at_once_even_star_and_hash(ring: Ring) -> None:
    gather = ring().last()
    assert isinstance(gather, Gather)
    assert (gather.num_digits, gather.finish_on_key, gather.timeout_seconds) == (1, "", 6)


def test_counters_belong_to_one_visit(ring: Ring) -> None:
    call = ring().do(S, S, K("3"))
    assert (call.session.node, call.session.no_input, call.session.failures) == ("ring_back", 0, 2)
    call.do(K("*"))
    assert (call.session.node, call.session.no_input) == ("main", 0)
    assert "Silent once." in call.do(S).heard()


def test_repeat_is_no_failed_attempt_but_has_an_end(ring: Ring) -> None:
    call = ring()
    for _ in range(3):
        call.do(K("9"))
        assert call.heard().startswith("Q1")
    assert (call.session.failures, call.session.no_match) == (0, 0)
    assert "Wrong once." in call.do(K("9")).heard()


def test_star_goes_back_through_the_questions(ring: Ring) -> None:
    call = ring().do(K("3"))
    assert list(call.session.back) == ["main"]
    call.do(K("*"))
    assert call.session.node == "main"
    assert not call.session.back
    assert NodeLeft("ring_back", "back", "main") in call.events


def test_star_with_nothing_behind_it_asks_the_question_again(ring: Ring) -> None:
    call = ring(caller=Caller(number="+37120000001")).do(K("*"))
    assert call.session.node == "language"
    assert call.session.failures == 0


def test_star_at_the_first_question_leads_to_the_language_that_is_remembered(ring: Ring) -> None:
    call = ring().do(K("*"))
    assert call.session.node == "language"
    assert call.do(K("2")).session.language_known and call.session.node == "main"


def test_star_asks_a_caller_for_the_language_again_though_it_is_known_by_now(ring: Ring) -> None:
    call = ring(caller=Caller(number="+37120000001")).do(K("1"), K("*"))
    assert call.session.node == "language"
    call.do(K("2"))
    assert (call.session.node, call.session.language) == ("main", "lv")
    assert call.heard().startswith("J1")


@pytest.mark.parametrize("before", [[], [K("4")], [K("3")], [S, S]])
def test_zero_reaches_a_person_from_every_question(ring: Ring, before: list[Input]) -> None:
    call = ring().do(*before, K("0"))
    assert call.session.node == "person"


def test_caller_who_fails_everywhere_is_not_kept_for_ever(ring: Ring) -> None:
    """Eight failed attempts of a call end at max_attempts, whatever the node would still allow."""
    call = ring().do(S, S, K("4"), S, S, S, S, S)
    assert call.session.node == "codes"
    assert call.session.failures == 7
    call.do(S)
    assert call.session.node == "mailbox"
    assert NodeLeft("codes", "max_attempts", "mailbox") in call.events


def test_failing_once_more_after_that_takes_the_error_way_and_then_the_last_resort(ring: Ring) -> None:
    call = ring().do(S, S, K("4"), S, S, S, S, K("0"), Dialed("busy"))
    assert (call.session.node, call.session.failures) == ("ring_back", 6)
    call.do(S, S)  # the eighth: declined, though the node would allow a third attempt
    assert call.session.node == "mailbox"
    call.session = dataclasses.replace(call.session, node="main", wait="gather")
    call.do(S)
    assert any(isinstance(event, WentWrong) for event in call.events)
    assert call.heard().startswith("Our mistake.")
    call.session = dataclasses.replace(call.session, node="main", wait="gather")
    call.do(S)
    assert call.session.node == LAST_RESORT
    assert isinstance(call.last(), Record)
    assert call.do(Recorded("rec", 3)).heard() == "Thank you for calling. Goodbye."


def test_silence_on_an_offer_to_ring_back_is_no_acceptance(ring: Ring) -> None:
    call = ring().do(K("3"), S, K("7"), S)
    assert call.session.node == "mailbox"
    assert NodeLeft("ring_back", "declined", "mailbox") in call.events


def test_what_was_pressed_is_told_apart_from_silence(ring: Ring) -> None:
    assert NobodyPressed("main") in ring().do(S).events
    assert KeysPressed("main", "7", matched=False) in ring().do(K("7")).events
    assert KeysPressed("main", "1", matched=True) in ring().do(K("1")).events
