"""Checks of what is said: every language there, every value known, every key that is named a key that works."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.checks import graph
from flows.checks.pace import line_seconds
from flows.checks.references import Place, node_prompts
from flows.company.company import Company
from flows.company.house import calendar_of
from flows.model import Flow
from flows.nodes import Callback, Greeting, Language, Menu, Node, Voicemail
from flows.nodes.language import INVITATIONS
from flows.prompts.prompt import ALWAYS_KNOWN, Line, Prompt, Value
from flows.prompts.salutation import has_salutation
from flows.prompts.spoken import has_phrases

if TYPE_CHECKING:
    from flows.checks.findings import Note


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known when a node is entered: a promise, what a calendar may have said last, whether there are opening hours."""

    promise: graph.PromiseKnown
    hours: frozenset[str]
    has_week: bool


LONGEST_GREETING_SECONDS = 8
# A moment said in a language for which its phrases are not written would come out in English.
_MOMENTS = frozenset({"promise.until", "open_promise.until", "hours.opens", "hours.today", "hours.week"})
_KEY_WORDS = {
    "#": ("hash", "pound key", "restīt", "решётк", "решетк", "우물 정", "샵"),
    "*": ("star", "zvaigznīt", "звёздочк", "звездочк", "별표"),
}
# A figure that stands alone; not part of a time, a number, a date (5 March) or a price.
_FIGURE = re.compile(r"(?<![\w:.,+-])(\d{1,6})(?![\d:%])(?!\.\d)(?!\s*(?:%|€|\$))")


def wording(flow: Flow, company: Company) -> Iterator[Note]:
    """Yield what is wrong with the words of a flow."""
    known = graph.promises(flow)
    hours = graph.hours_states(flow)
    has_week = _has_week(flow, company)
    named = {id(prompt): name for name, prompt in flow.prompts.items()}
    complained: set[int] = set()
    used: set[int] = set()
    for name, node in flow.nodes.items():
        if isinstance(node, Greeting):
            yield from _greeting(flow, name, node)
        if isinstance(node, Language):
            yield from _invitations(flow, name, node)
        if isinstance(node, Menu | Callback):
            yield from _named_keys(flow, name, node)
        for field, prompt in node_prompts(node):
            used.add(id(prompt))
            own: Place = ("nodes", name, field)
            place: Place = ("prompts", named[id(prompt)]) if id(prompt) in named else own
            if id(prompt) not in complained:
                complained.add(id(prompt))
                if not isinstance(node, Language):
                    yield from _languages(flow, place, prompt)
                yield from _phrases(place, prompt)
                yield from _recordings(place, prompt)
            if name in known:
                arrival = Arrival(known[name], hours[name], has_week)
                yield from _values(own, name, node, field, prompt, arrival)
    for name, prompt in flow.prompts.items():
        if id(prompt) not in used:
            yield "UNUSED", "warning", ("prompts", name), f'prompt "{name}" is never said.', "Use it or remove it."


def _languages(flow: Flow, place: Place, prompt: Prompt) -> Iterator[Note]:
    title = _title(place)
    fallback = flow.languages[0]
    if fallback not in prompt.lines:
        message = f"{title} has no text in {fallback}, the language that stands in for the others."
        yield "TEXT_MISSING", "error", place, message, f"Add {fallback}."
    missing = [language for language in flow.languages[1:] if language not in prompt.lines]
    if missing:
        message = f"{title} is not translated: {', '.join(missing)}."
        yield "UNTRANSLATED", "warning", place, message, f"Add the text; until then callers hear {fallback}."


def _title(place: Place) -> str:
    return f'prompt "{place[1]}"' if place[0] == "prompts" else f'node "{place[1]}": {place[2]}'


def _phrases(place: Place, prompt: Prompt) -> Iterator[Note]:
    for language, line in prompt.lines.items():
        if not has_phrases(language) and any(value.name in _MOMENTS for value in line.values()):
            message = f"times cannot be spoken in {language} yet."
            yield "NO_PHRASES", "error", place, message, f"Leave the value out of the {language} text."


def _recordings(place: Place, prompt: Prompt) -> Iterator[Note]:
    silent = [language for language, line in prompt.lines.items() if line.audio and not line.text]
    if silent:
        message = f"{_title(place)} has a recording without its words: {', '.join(silent)}."
        remedy = "Add text with the same words: they are said when the recording cannot be played, and shown to you."
        yield "AUDIO_ONLY", "warning", place, message, remedy


def _values(place: Place, name: str, node: Node, field: str, prompt: Prompt, arrival: Arrival) -> Iterator[Note]:
    told: set[str] = set()
    for line in prompt.lines.values():
        for value in line.values():
            may, must = _is_known(value, node, field, arrival)
            if value.name in told or value.name in ALWAYS_KNOWN or must:
                continue
            told.add(value.name)
            what = f'node "{name}": {{{value.name}}} in {field}'
            if not may:
                yield "UNKNOWN_VALUE", "error", place, f"{what} is never known here.", _remedy(value)
            elif not value.optional:
                message, remedy = f"{what} is unknown on some path.", "Put the part that needs it into [ ]."
                yield "UNKNOWN_VALUE", "error", place, message, remedy


def _remedy(value: Value) -> str:
    match value.name:
        case "hours.week":
            return "Give the flow an hours node, or its numbers a calendar."
        case "hours.reason" | "hours.opens" | "hours.today":
            return "Put it after an hours node."
    return "Put it after a voicemail or an accepted callback."


def _has_week(flow: Flow, company: Company) -> bool:
    """Whether every number that this flow answers has opening hours."""
    called = [number for number, definition in company.numbers.items() if definition.flow == flow.flow] or [""]
    return all(calendar_of(flow, company, number) in company.calendars for number in called)


def _is_known(value: Value, node: Node, field: str, arrival: Arrival) -> tuple[bool, bool]:
    """Whether a value may, and must, be known where it is said."""
    states = arrival.hours
    match value.name, node:
        case "hours.week", _:
            return arrival.has_week, arrival.has_week
        case "hours.reason", _:
            return bool(states - {"", "closed"}), states == {"holiday"}
        case "hours.opens", _:
            return bool(states - {""}), states <= {"closed", "holiday", "override"}
        case "hours.today", _:
            return bool(states - {""}), states == {"open"}
        case (("promise.until" | "caller.number"), _) if field == "no_number":
            return False, False
        case "promise.until", Callback():
            return True, True
        case "promise.until", Voicemail():
            return True, False
        case "promise.until", _:
            return arrival.promise
        case "caller.number", Callback():
            return True, True
        case "open_promise.until", Greeting() if field == "open_promise":
            return True, True
    return True, False


def _greeting(flow: Flow, name: str, node: Greeting) -> Iterator[Note]:
    if node.prompt is None:
        for language in flow.languages:
            if not has_salutation(language):
                message = f'greeting "{name}" has no words of its own, and there are none built in for {language}.'
                yield "NO_WORDS", "error", ("nodes", name), message, f"Give it a prompt with a text in {language}."
    for language in flow.languages:
        prompts = [prompt for field, prompt in node_prompts(node) if field != "open_promise"]
        lines = (prompt.line(language, flow.languages[0]) for prompt in prompts)
        seconds = sum(line_seconds(line, spoken) for spoken, line in lines)
        if node.prompt is None:
            seconds += 3.5  # the built-in salutation with a name of usual length
        if seconds > LONGEST_GREETING_SECONDS:
            message = f'greeting "{name}" takes about {seconds:.0f} s in {language}.'
            remedy = f"Say it in {LONGEST_GREETING_SECONDS} s; what can wait belongs into a later prompt."
            yield "LONG_GREETING", "warning", ("nodes", name), message, remedy
            return


def _invitations(flow: Flow, name: str, node: Language) -> Iterator[Note]:
    place = ("nodes", name)
    first = node.asking.prompt[0] if node.asking.prompt else Prompt({})
    for language, key in node.options.items():
        if language not in first.lines:
            builtin = ", ".join(INVITATIONS)
            message = f'language node "{name}" does not offer {language} in words.'
            yield (
                "NO_WORDS",
                "error",
                place,
                message,
                f"Give it a prompt with a text in {language} (built in: {builtin}).",
            )
        elif first.lines[language].text and key not in named_keys(first.lines[language]):
            message = f'language node "{name}": the {language} text does not say to press {key}.'
            yield "KEY_UNSAID", "warning", (*place, "prompt"), message, "Say it."
    for language in flow.languages:
        if language not in node.options:
            message = f'language node "{name}" does not offer {language}, a language of the flow.'
            yield "NOT_OFFERED", "warning", place, message, "Add it to options."


def _named_keys(flow: Flow, name: str, node: Menu | Callback) -> Iterator[Note]:
    """The first prompt names every key; no prompt names one that does nothing."""
    place = ("nodes", name, "prompt")
    working = {*node.keys(), *flow.keys}
    for attempt, prompt in enumerate(node.asking.prompt):
        for language, line in prompt.lines.items():
            if not line.text:
                continue
            said = named_keys(line)
            idle = sorted(said - working)
            if idle:
                message = f'node "{name}": the {language} text names {_list(idle)}, which does nothing here.'
                yield "KEY_IDLE", "warning", place, message, "Correct the text, or add the choice."
            unsaid = sorted(set(node.keys()) - said)
            if unsaid and attempt == 0:
                message = f'node "{name}": the {language} text does not name {_list(unsaid)}.'
                yield "KEY_UNSAID", "warning", place, message, "Say what the key is for."


def named_keys(line: Line) -> set[str]:
    """Return the keys that a text tells to press, as far as its figures and the words for # and * show them."""
    text = " ".join(part for part in line.parts if isinstance(part, str)).lower()
    found = {match[1] for match in _FIGURE.finditer(text)}
    return found | {key for key, words in _KEY_WORDS.items() if any(word in text for word in words)}


def _list(keys: Iterable[str]) -> str:
    return "key " + ", ".join(keys)
