"""The reception that ships, and the Korean one of our own tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callbacks.schedule.promise_quote import perform_effect
from flows.checks.pace import prompt_seconds, speech_seconds
from flows.files.loader import Definitions, load_folder
from flows.inputs import Digits, Recorded, Silence
from flows.model import Flow
from flows.session import Caller
from flows.testing.scenarios import coverage, run
from flows.verbs import Gather

from .conftest import Call

HERE = Path(__file__).parents[2]


def folder(name: str) -> Definitions:
    found = load_folder(HERE / name)
    assert found.faults == ()
    return found


SHIPPED = folder("flows/definitions")
KOREAN = folder("tests/definitions/ko")


@pytest.mark.parametrize("definitions", [SHIPPED, KOREAN], ids=["shipped", "korean"])
def test_its_own_tests_pass_and_reach_every_exit(definitions: Definitions) -> None:
    assert definitions.company is not None
    flow = definitions.flows["reception"]
    results = run(flow, definitions.company, perform_effect)
    assert {result.name: result.problems for result in results if not result.passed} == {}
    assert coverage(flow, results) == []


def test_shipped_tests_are_at_least_twelve() -> None:
    assert len(SHIPPED.flows["reception"].tests) >= 12


def test_any_number_is_answered_by_the_reception() -> None:
    assert SHIPPED.company is not None
    assert SHIPPED.company.flow_for("+15005550006") == "reception"


@pytest.mark.parametrize("language", ["en", "lv", "ru"])
def test_every_prompt_is_there_in_every_language(language: str) -> None:
    flow: Flow = SHIPPED.flows["reception"]
    assert {name for name, prompt in flow.prompts.items() if language not in prompt.lines} == set()


@pytest.mark.parametrize("language", ["en", "lv", "ru"])
def test_caller_reaches_the_first_choice_soon(language: str) -> None:
    """The language within 10 s, the first choice within 12 s."""
    assert SHIPPED.company is not None
    flow = SHIPPED.flows["reception"]
    known = Call(flow, SHIPPED.company, Caller(language=language))
    gather = known.last()
    assert isinstance(gather, Gather)
    menu = next(prompt for prompt in gather.prompts if "1" in prompt.text)
    first_choice = menu.text[: menu.text.index("1") + 1]
    before = sum(speech_seconds(prompt.text, language) for prompt in gather.prompts[: gather.prompts.index(menu)])
    assert before + speech_seconds(first_choice, language) < 12
    asked = Call(flow, SHIPPED.company, Caller()).verbs
    assert prompt_seconds(asked) < 10.5  # the third language's key is its last word


@pytest.mark.parametrize("language", ["en", "lv", "ru"])
def test_no_shipped_prompt_takes_over_ten_seconds(language: str) -> None:
    flow = SHIPPED.flows["reception"]
    texts = {name: re.sub(r"\[.*?\] ?", "", prompt.lines[language].text) for name, prompt in flow.prompts.items()}
    seconds = {name: speech_seconds(text, language) for name, text in texts.items()}
    assert {name: round(length, 1) for name, length in seconds.items() if length > 10} == {}


def test_silent_stranger_ends_in_voicemail() -> None:
    assert SHIPPED.company is not None
    call = Call(SHIPPED.flows["reception"], SHIPPED.company, Caller(number="+37120000001"))
    while call.session.wait == "gather":
        call.do(Silence())
    assert (call.session.node, call.session.wait) == ("mailbox", "record")
    assert call.do(Recorded("rec", 4)).session.node == "closing"
    assert call.do(Silence()).session.ended == "done"


def test_korean_caller_leaves_a_message_and_is_told_when_we_ring_back() -> None:
    assert KOREAN.company is not None
    call = Call(KOREAN.flows["reception"], KOREAN.company, Caller(number="+821012345678"))
    assert call.heard().startswith("안녕하십니까. 호박공방입니다.")
    assert "오후 2시 30분까지 다시 전화드리겠습니다." in call.do(Digits("1"), Recorded("rec", 4)).heard()
