"""Texts by language, with values."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime

import pytest

from flows.prompts.prompt import Known, Line, OptionalPart, Prompt, Value, clean, parse, render
from flows.session import Promise
from flows.verbs import Play, Say

NOW = datetime(2030, 3, 5, 8, 15, tzinfo=UTC)
UNTIL = datetime(2030, 3, 5, 12, 30, tzinfo=UTC)
NOTHING = Known(
    now=NOW, time_zone="Europe/Riga", organisation={"en": "Amber", "lv": "Dzintars"}, organisation_language="en"
)
ALL = dataclasses.replace(
    NOTHING,
    caller_name="Anna",
    caller_number="+37120000001",
    promise=Promise("desk", "general", UNTIL, "Europe/Riga"),
    open_promise_until=UNTIL,
)


def prompt(**texts: str) -> Prompt:
    return Prompt({language: Line(text, parts=parse(text)) for language, text in texts.items()})


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ("Hello.", "Hello.", "Hello."),
        ("We are {organisation}.", "We are Amber.", "We are Amber."),
        ("We ring by {promise.until|time}.", "We ring by 2:30 p.m.", None),
        ("We ring {promise.until|by}.", "We ring by 2:30 p.m.", None),
        ("Call us {promise.until|date}.", "Call us today.", None),
        ("Thanks[, {caller.name}].", "Thanks, Anna.", "Thanks."),
        ("[We ring {promise.until|by}. ]Bye.", "We ring by 2:30 p.m. Bye.", "Bye."),
        ("[We ring {promise.until|by}.]", "We ring by 2:30 p.m.", None),
        ("You rang from {caller.number}.", "You rang from 3, 7, 1, 2, 0, 0, 0, 0, 0, 0, 1.", None),
        ("[We ring {open_promise.until|by}.] Hi.", "We ring by 2:30 p.m. Hi.", "Hi."),
        ("Braces {{here}} and [[there]].", "Braces {here} and [there].", "Braces {here} and [there]."),
    ],
)
def test_values_are_spoken_where_they_are_known(text: str, known: str, unknown: str | None) -> None:
    said = render(prompt(en=text), "en", "en", ALL)
    assert said is not None
    assert said.verb == Say(known, "en")
    assert (said.promise != "") == ("{promise" in text)
    without = render(prompt(en=text), "en", "en", NOTHING)
    assert (without and without.verb) == (Say(unknown, "en") if unknown else None)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("lv", Say("Sveiki, Dzintars.", "lv")), ("ru", Say("Hello, Amber.", "en")), ("en", Say("Hello, Amber.", "en"))],
)
def test_missing_language_falls_back_and_says_so(language: str, expected: Say) -> None:
    said = render(prompt(en="Hello, {organisation}.", lv="Sveiki, {organisation}."), language, "en", ALL)
    assert said is not None
    assert said.verb == expected


def test_audio_is_played_and_backed_up_by_its_text() -> None:
    said = render(Prompt({"en": Line("Hello.", "hello.wav", ("Hello.",))}), "en", "en", NOTHING)
    assert said is not None
    assert said.verb == Play("hello.wav", "Hello.", "en")


def test_name_of_a_caller_is_data_and_never_a_text_to_expand() -> None:
    tricky = dataclasses.replace(NOTHING, caller_name=clean("Eve {promise.until} [x]\x00\u202e <break/>"))
    said = render(prompt(en="Hi {caller.name}."), "en", "en", tricky)
    assert said is not None
    assert said.verb == Say("Hi Eve {promise.until} [x] <break/>.", "en")
    assert said.promise == ""


@pytest.mark.parametrize(
    ("value", "longest", "expected"),
    [
        ("  Anna \t\n Maria ", 32, "Anna Maria"),
        ("Anna\u202eairaM", 32, "Anna airaM"),
        ("Anna Maria Theresia", 12, "Anna Maria"),
        ("A" * 50, 10, "A" * 10),
        ("", 10, ""),
    ],
)
def test_values_from_outside_are_made_plain(value: str, longest: int, expected: str) -> None:
    assert clean(value, longest) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{promise.untl}", 'Did you mean "promise.until"?'),
        ("{promise.until|tme}", "Formats: time, by, date"),
        ("{caller.__class__}", "is unknown"),
        ("{caller.name.upper()}", "is unknown"),
        ("{vars.x}", "never set"),
        ("{}", "is unknown"),
        ("{ organisation", "without its pair"),
        ("} x", "without its pair"),
        ("[a [b {caller.name}]]", "inside another"),
        ("[no value]", "holds no value"),
        ("a ] b", "without a ["),
        ("[open {caller.name}", "without a ]"),
    ],
)
def test_broken_text_is_refused_with_the_remedy(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text)


def test_text_is_split_once() -> None:
    assert parse("A {organisation}[ b {caller.name}]") == (
        "A ",
        Value("organisation", ""),
        OptionalPart((" b ", Value("caller.name", "", optional=True))),
    )
