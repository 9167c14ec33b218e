"""What is said to a caller: texts and audio by language, with values spoken properly.

A text may hold values, `{promise.until|by}`, and optional parts in square brackets, `[We call you back {promise.until|by}.]`,
which are said only when every value in them is known. `{{ }} [[ ]]` are the characters themselves. A value is data: it is
cleaned, and braces inside it mean nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from flows.company.calendar_definition import Week, named
from flows.prompts import opening_hours, spoken
from flows.prompts.recorded import Recorded
from flows.session import HoursKnown, Promise
from flows.values.clock import read_hours
from flows.verbs import Play, Say

# The closed list of values, and the formats of each; the first one holds when none is written.
FORMATS: dict[str, tuple[str, ...]] = {
    "organisation": ("",),
    "caller.name": ("",),
    "caller.number": ("digits", "number"),
    "promise.until": ("time", "by", "date"),
    "open_promise.until": ("time", "by", "date"),
    "hours.reason": ("",),
    "hours.opens": ("at", "by", "date"),
    "hours.today": ("",),
    "hours.week": ("",),
}
# Values that the caller's call or the company always has; every other one may be unknown.
ALWAYS_KNOWN = frozenset({"organisation"})

_TOKEN = re.compile(r"\{\{|\}\}|\[\[|\]\]|\{([^{}]*)\}|[\[\]{}]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Value:
    """A place for a value; `optional` when it stands in square brackets."""

    name: str
    format: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class OptionalPart:
    parts: tuple[str | Value, ...]


Part = str | Value | OptionalPart


@dataclass(frozen=True, slots=True)
class Line:
    """One language of a prompt: a text, an audio file (by its name), or both; then the text backs the audio up."""

    text: str
    audio: str = ""
    parts: tuple[Part, ...] = ()
    recorded: Recorded | None = None

    def values(self) -> tuple[Value, ...]:
        """All places for values, those in square brackets too."""
        found: list[Value] = []
        for part in self.parts:
            match part:
                case Value():
                    found.append(part)
                case OptionalPart(parts):
                    found.extend(inner for inner in parts if isinstance(inner, Value))
                case str():
                    pass
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The lines of one prompt by language."""

    lines: dict[str, Line]

    def line(self, language: str, fallback: str) -> tuple[str, Line]:
        """Return the line in a language, or in the fallback, or the first there is, with its language."""
        for wanted in (language, fallback):
            if wanted in self.lines:
                return wanted, self.lines[wanted]
        return next(iter(self.lines.items()))


@dataclass(frozen=True, slots=True)
class Known:
    """What can be said in this call now; empty or None where nothing is known."""

    now: datetime
    time_zone: str
    organisation: dict[str, str]
    organisation_language: str
    open_promise_zone: str = ""
    hours: HoursKnown | None = None
    week: Week | None = None
    caller_name: str = ""
    caller_number: str = ""
    promise: Promise | None = None
    open_promise_until: datetime | None = None
    is_24_hour: bool = False

    def organisation_name(self, language: str) -> str:
        """The name of who was called, in a language or in the default one."""
        names = self.organisation
        return clean(names.get(language) or names.get(self.organisation_language) or named(names))


@dataclass(frozen=True, slots=True)
class Spoken:
    """A prompt made ready. `promise` is the text in which the promise's moment was said, empty when it was not."""

    verb: Say | Play
    promise: str = ""


def parse(text: str) -> tuple[Part, ...]:
    """Split a text into words, values and optional parts. Raises ValueError that says what is wrong with it."""
    parts: list[Part] = []
    optional: list[str | Value] | None = None
    position = 0
    for token in _TOKEN.finditer(text):
        into: list[Part] | list[str | Value] = parts if optional is None else optional
        if token.start() > position:
            into.append(text[position : token.start()])
        position = token.end()
        match token[0]:
            case "{{" | "}}" | "[[" | "]]":
                into.append(token[0][0])
            case "[":
                if optional is not None:
                    raise ValueError("an optional part [ ] stands inside another; close the first with ]")
                optional = []
            case "]":
                if optional is None:
                    raise ValueError("] without a [ before it; write ]] for the character itself")
                if not any(isinstance(part, Value) for part in optional):
                    raise ValueError(
                        "an optional part [ ] holds no value, so it would always be said; remove the brackets"
                    )
                parts.append(OptionalPart(tuple(optional)))
                optional = None
            case "{" | "}":
                raise ValueError(f"{token[0]} without its pair; write {token[0] * 2} for the character itself")
            case _:
                into.append(_value(token[1], optional is not None))
    if optional is not None:
        raise ValueError("[ without a ] after it; write [[ for the character itself")
    if position < len(text):
        parts.append(text[position:])
    return tuple(parts)


def _value(written: str, optional: bool) -> Value:
    from flows.files.faults import suggestion

    name, _, format_name = (piece.strip() for piece in written.partition("|"))
    if name.startswith("vars."):
        raise ValueError(f"{{{name}}} is never set: no node of this flow saves a variable")
    if name not in FORMATS:
        raise ValueError(f"value {{{name}}} is unknown.{suggestion(name, FORMATS)} Values: " + ", ".join(FORMATS))
    formats = FORMATS[name]
    if format_name and format_name not in formats:
        known = ", ".join(each for each in formats if each) or "none"
        raise ValueError(f'{{{name}}} has no format "{format_name}". Formats: {known}')
    return Value(name, format_name or formats[0], optional)


def render(prompt: Prompt, language: str, fallback: str, known: Known) -> Spoken | None:
    """Make a prompt ready to be said; None when a value that it cannot do without is unknown."""
    chosen, line = prompt.line(language, fallback)
    if len(line.parts) == 1 and isinstance(line.parts[0], str) and not line.audio:
        return _words(line.parts[0], chosen)
    pieces: list[str] = []
    promise = ""
    for part in line.parts:
        match part:
            case str():
                pieces.append(part)
            case Value():
                said = _speak(part, chosen, known)
                if not said:
                    return None
                pieces.append(said)
                promise = said if part.name == "promise.until" else promise
            case OptionalPart(parts):
                spoken_parts = [each if isinstance(each, str) else _speak(each, chosen, known) for each in parts]
                if all(spoken_parts):
                    pieces.extend(spoken_parts)
                    named = [each for each in parts if isinstance(each, Value) and each.name == "promise.until"]
                    promise = _speak(named[0], chosen, known) if named else promise
    text = " ".join(_joined(pieces).split())
    if line.audio:
        recorded = line.recorded or Recorded("", 0.0)
        return Spoken(Play(line.audio, text, chosen, recorded.content, recorded.seconds), promise)
    return Spoken(Say(text, chosen), promise) if text else None


def _joined(pieces: list[str]) -> str:
    """The pieces as one text; a value that ends in a full stop, such as "1 p.m.", takes no second one."""
    text = ""
    for piece in pieces:
        text += piece[1:] if text.endswith(".m.") and piece.startswith(".") else piece
    return text


@lru_cache(4_096)
def _words(text: str, language: str) -> Spoken | None:
    """A text without values: most prompts are, and every call says them."""
    words = " ".join(text.split())
    return Spoken(Say(words, language)) if words else None


def _speak(value: Value, language: str, known: Known) -> str:
    match value.name:
        case "organisation":
            return known.organisation_name(language)
        case "caller.name":
            return known.caller_name
        case "caller.number":
            speak_number = spoken.number if value.format == "number" else spoken.digits
            return speak_number(known.caller_number.removeprefix("+"), language)
        case "promise.until":
            until = known.promise.until.astimezone(ZoneInfo(known.promise.time_zone)) if known.promise else None
        case "open_promise.until":
            open_until = known.open_promise_until
            zone = ZoneInfo(known.open_promise_zone or known.time_zone)
            until = open_until.astimezone(zone) if open_until else None
        case _:
            return _hours(value, language, known)
    if until is None:
        return ""
    match value.format:
        case "by":
            return spoken.by(until, known.now, language, known.is_24_hour)
        case "time":
            return spoken.time(until, known.now, language, known.is_24_hour)
    return spoken.day(until, known.now, language)


def _hours(value: Value, language: str, known: Known) -> str:
    """Say what is known of opening hours."""
    hours = known.hours
    if value.name == "hours.week":
        return opening_hours.week(known.week, language, known.is_24_hour) if known.week is not None else ""
    if hours is None:
        return ""
    match value.name:
        case "hours.reason":
            name = hours.names.get(language, "")
            return clean(name) or (opening_hours.holiday(language) if hours.state == "holiday" else "")
        case "hours.today":
            return opening_hours.today(read_hours(hours.today), language, known.is_24_hour) if hours.today else ""
        case _ if hours.opens is None:
            return ""
    opens = hours.opens.astimezone(ZoneInfo(hours.time_zone))
    if value.format == "date":
        return spoken.day(opens, known.now, language)
    return spoken.at(opens, known.now, language, known.is_24_hour)


def clean(value: str, longest: int = 200) -> str:
    """Return a value from outside as plain words: no control or direction characters, single spaces, cut at a word."""
    words = " ".join(_CONTROL.sub(" ", value).split())
    if len(words) <= longest:
        return words
    cut = words[: longest + 1].rsplit(" ", 1)[0]
    return cut[:longest]
