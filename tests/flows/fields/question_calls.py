"""Calls that hear the fields of a question, in each type of node that asks."""

from __future__ import annotations

from collections.abc import Callable

from tests.flows.fields.stage import Stage, flow, hears

_EXITS = {
    "menu": 'options: {one: {key: "1", next: bye}}, exits: {max_attempts: bye}',
    "language": 'options: {en: "1"}, exits: {known: bye, chosen: bye, max_attempts: bye}',
    "callback": "queue: desk, exits: {accepted: bye, declined: bye, not_possible: bye}",
}
ASKING = tuple(_EXITS)


def asking(kind: str, *fields: str, top: str = "") -> str:
    """A flow with one question that key 1 answers, with some fields."""
    written = dict(field.split(": ", 1) for field in fields)
    written.setdefault("prompt", "{en: Press 1.}")
    inner = ", ".join(f"{name}: {value}" for name, value in written.items())
    # A caller whose flow has two languages is asked for one.
    languages = "[en, lv]" if kind == "language" else "[en]"
    return flow(f"  ask: {{type: {kind}, {inner}, {_EXITS[kind]}}}\n", top, languages)


def for_each(field: str) -> Callable[[Callable[[Stage, str], None]], None]:
    """Note a call for a field of every type of node that asks."""

    def note(call: Callable[[Stage, str], None]) -> None:
        for kind in ASKING:

            def one(stage: Stage, kind: str = kind) -> None:
                call(stage, kind)

            one.__name__ = call.__name__
            hears(f"{kind}.{field}")(one)

    return note


@for_each("prompt")
def the_question_is_asked_by_attempt(stage: Stage, kind: str) -> None:
    heard = stage.play(asking(kind, "prompt: [{en: First.}, {en: Again.}]"))
    assert [words for words in heard.words if words in ("First.", "Again.")] == ["First.", "Again.", "Again."]


@for_each("no_input")
def silence_is_answered(stage: Stage, kind: str) -> None:
    heard = stage.play(asking(kind, "no_input: [{en: Nothing heard.}, {en: Last try.}]"))
    assert [words for words in heard.words if words in ("Nothing heard.", "Last try.")] == [
        "Nothing heard.",
        "Last try.",
    ]


@for_each("no_match")
def a_wrong_key_is_answered(stage: Stage, kind: str) -> None:
    heard = stage.play(asking(kind, "no_match: {en: No such choice.}"), "key 7, key 1")
    assert heard.words.count("No such choice.") == 1 and heard.words.count("Press 1.") == 2


@for_each("timeout")
def a_question_waits_so_long(stage: Stage, kind: str) -> None:
    assert stage.play(asking(kind, "timeout: 8s"), "key 1").of("listening")[0].timeout_seconds == 8


@for_each("interdigit_timeout")
def a_question_of_several_digits_waits_so_long_for_the_next(stage: Stage, kind: str) -> None:
    text = asking(kind, "interdigit_timeout: 12s")
    several = (
        text.replace('"1"', '"12"')
        if kind != "callback"
        else text.replace("queue: desk", 'queue: desk, accept_key: "12"')
    )
    assert stage.play(several, "keys 12#").of("listening")[0].timeout_seconds == 12


@for_each("max_attempts")
def a_question_is_asked_so_often(stage: Stage, kind: str) -> None:
    assert stage.play(asking(kind, "max_attempts: 2")).words.count("Press 1.") == 2


@for_each("overrides")
def a_node_takes_a_key_of_the_flow_for_itself(stage: Stage, kind: str) -> None:
    top = 'keys: {"7": elsewhere}\n'
    elsewhere = "  elsewhere: {type: prompt, prompt: {en: Elsewhere.}, next: bye}\n"
    leads = stage.play(asking(kind, top=top) + elsewhere, "key 7")
    assert "Elsewhere." in leads.words
    own = stage.play(asking(kind, 'overrides: ["7"]', top=top) + elsewhere, "key 7, key 1")
    assert "Elsewhere." not in own.words and own.words.count("Press 1.") == 2


@for_each("input")
def callers_answer_by_keys(stage: Stage, kind: str) -> None:
    heard = stage.play(asking(kind, "input: [dtmf]"), "key 1")
    assert heard.of("gathered")[0].digits == "1" and heard.words[-1] == "Goodbye."
