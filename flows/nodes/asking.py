"""Asking for a key: attempts, silence, wrong keys, global keys and repeats, the same in every node that asks.

Counters belong to one visit of a node: attempts = no_input + no_match. Each further attempt plays the handler for what
went wrong, then the question of that attempt. Silence, a wrong key and silence again end at max_attempts, not beyond it.
Source: the rules of VoiceXML 2.0 section 5.2 and of ISO/IEC 13714, with one counter for both kinds of failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.events import KeysPressed, NobodyPressed
from flows.inputs import Digits, Silence
from flows.limits import BACK, MAX_REPEATS, REPEAT
from flows.prompts.prompt import Prompt
from flows.steps import Await, Fail, Jump, Step
from flows.verbs import Gather

if TYPE_CHECKING:
    from flows.files.fields import Fields
    from flows.visit import Visit

MAX_KEYS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Asking:
    """How a node asks. The lists are indexed by attempt, the last entry repeats.

    `overrides` are global keys that the node takes for itself.
    """

    prompt: tuple[Prompt, ...]
    no_input: tuple[Prompt, ...]
    no_match: tuple[Prompt, ...]
    timeout_seconds: int
    interdigit_timeout_seconds: int
    max_attempts: int
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The caller pressed one of the node's own keys."""

    key: str


@dataclass(frozen=True, slots=True)
class GaveUp:
    """No attempts are left."""


def read_asking(fields: Fields) -> Asking:
    reading = fields.reading
    for way in fields.texts("input"):
        if way.value == "speech":
            fields.fault(way.mark, "LATER", 'speech is not supported yet; remove "speech" from input')
        elif way.value != "dtmf":
            fields.fault(way.mark, "VALUE", f'input "{way.value}" is unknown. One of: dtmf.')
    return Asking(
        prompt=fields.prompts("prompt"),
        no_input=fields.prompts("no_input"),
        no_match=fields.prompts("no_match"),
        timeout_seconds=fields.seconds("timeout", reading.inherited_timeout_seconds, 1, 60),
        interdigit_timeout_seconds=fields.seconds("interdigit_timeout", reading.inherited_interdigit_seconds, 1, 60),
        max_attempts=fields.whole("max_attempts", reading.inherited_max_attempts, 1, 8),
        overrides=tuple(key.value for key in fields.texts("overrides")),
    )


def ask(visit: Visit, asking: Asking, keys: Iterable[str], languages: tuple[str, ...] = ()) -> Step:
    """Put the question of the present attempt and wait for a key."""
    session = visit.session
    if session.back and session.back[-1] == session.node:  # a leaf led here again: back goes further than to itself
        visit.change(back=session.back[:-1])
    question = _at(asking.prompt, session.no_input + session.no_match)
    visit.say(question, languages)
    return wait_for_key(visit, asking, keys)


def wait_for_key(visit: Visit, asking: Asking, keys: Iterable[str]) -> Await:
    """Wait for a key after a question that has been put."""
    every_key = {*keys, *visit.flow.keys}
    single = all(len(key) == 1 for key in every_key)
    # The provider has one timer for the first key and between keys; an entry of several keys gets the longer of ours.
    timeout = asking.timeout_seconds
    return Await(
        Gather(
            prompts=(),
            num_digits=1 if single else 0,
            # With one key a # or * is an answer like any other; it must come to us as data.
            finish_on_key="" if single else "#",
            timeout_seconds=timeout if single else max(timeout, asking.interdigit_timeout_seconds),
        )
    )


def hear(
    visit: Visit, asking: Asking, keys: Iterable[str], given: Digits | Silence, languages: tuple[str, ...] = ()
) -> Chosen | GaveUp | Step:
    """Take the caller's answer: the key chosen, the end of the attempts, a jump, or the question once more."""
    own = tuple(keys)
    node = visit.session.node
    pressed = given.digits if isinstance(given, Digits) else ""
    if not pressed:
        visit.emit(NobodyPressed(node))
        return _failed(visit, asking, own, "no_input", languages)
    if pressed in own:
        visit.emit(KeysPressed(node, pressed, matched=True))
        return Chosen(pressed)
    if pressed in visit.flow.keys and pressed not in asking.overrides:
        visit.emit(KeysPressed(node, pressed, matched=True))
        return _global_key(visit, asking, own, pressed, languages)
    visit.emit(KeysPressed(node, pressed[:MAX_KEYS_KEPT], matched=False))
    return _failed(visit, asking, own, "no_match", languages)


def _global_key(
    visit: Visit, asking: Asking, keys: tuple[str, ...], key: str, languages: tuple[str, ...]
) -> Chosen | GaveUp | Step:
    meaning = visit.flow.keys[key]
    if meaning == BACK and visit.session.back:
        target = visit.session.back[-1]
        visit.change(back=visit.session.back[:-1])
        return Jump("back", target, returning=True)
    if meaning == BACK and (question := _language_question(visit)):
        return Jump("back", question, returning=True)
    if meaning in (BACK, REPEAT):  # nowhere to go back to: the question again
        if visit.session.repeats >= MAX_REPEATS:
            return _failed(visit, asking, keys, "no_match", languages)
        visit.change(repeats=visit.session.repeats + 1)
        return ask(visit, asking, keys, languages)
    if key in visit.flow.key_intents:
        visit.change(intent=visit.flow.key_intents[key])
    return Jump(f"key {key}", meaning)


def _language_question(visit: Visit) -> str:
    """The question of language that a caller was not asked, since theirs is remembered; the memory may be of another person."""
    from flows.nodes.language import Language  # it asks with this module

    names = (
        name
        for name, node in visit.flow.nodes.items()
        if isinstance(node, Language) and not node.disabled and len(node.options) > 1 and name != visit.session.node
    )
    return next(names, "") if visit.session.language_known else ""


def _failed(
    visit: Visit, asking: Asking, keys: tuple[str, ...], kind: str, languages: tuple[str, ...]
) -> GaveUp | Step:
    session = visit.session
    failures = session.failures + 1
    if kind == "no_input":
        visit.change(no_input=session.no_input + 1, failures=failures)
    else:
        visit.change(no_match=session.no_match + 1, failures=failures)
    session = visit.session
    most = visit.flow.limits.failed_attempts
    if failures > most:
        return Fail(f"more than {most} failed attempts in the call")
    if session.no_input + session.no_match >= asking.max_attempts or failures == most:
        return GaveUp()
    handlers, count = (asking.no_input, session.no_input) if kind == "no_input" else (asking.no_match, session.no_match)
    visit.say(_at(handlers, count - 1), languages)
    return ask(visit, asking, keys, languages)


def _at(prompts: tuple[Prompt, ...], attempt: int) -> Prompt | None:
    return prompts[min(attempt, len(prompts) - 1)] if prompts else None
