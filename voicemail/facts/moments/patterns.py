"""Expressions that are looked for only where one of the pieces of text stands without which they cannot match.

A message is searched for some hundred ways to say a time or a date, and has one or two: this saves most of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

_GROUP = re.compile(r"\((?:\?P<\w+>|\?:)?")
_LOOK_AROUND = re.compile(r"\(\?<?[=!]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled expression and pieces of text (none: not known) of which at least one is part of every match."""

    expression: re.Pattern[str]
    needs: tuple[str, ...]


class HasPattern(Protocol):
    """A rule: something that is meant where its pattern matches."""

    @property
    def pattern(self) -> Pattern: ...


Rule = TypeVar("Rule", bound=HasPattern)


def matches(rules: Sequence[Rule], text: str) -> Iterator[tuple[Rule, re.Match[str]]]:
    """Where the rules match, rule by rule. Most of them cannot, so this is one loop without a call for each."""
    for rule in rules:
        pattern = rule.pattern
        for piece in pattern.needs:
            if piece in text:
                break
        else:
            if pattern.needs:
                continue
        for match in pattern.expression.finditer(text):
            yield rule, match


def compiled(text: str) -> Pattern:
    return Pattern(re.compile(text), needed(text))


def needed(text: str) -> tuple[str, ...]:
    """The best pieces of which every match of an expression has one: the longer the shortest of them, the better."""
    choices = list(_choices(text))
    if len(choices) > 1:
        pieces = [needed(choice) for choice in choices]
        return tuple(dict.fromkeys(piece for found in pieces for piece in found)) if all(pieces) else ()
    found: list[tuple[str, ...]] = []
    literal, place = "", 0
    while place < len(text):
        end = _end_of(text, place)
        element, is_optional = text[place:end], text[end : end + 1] in ("?", "*", "{")
        if len(element) == 1 and element not in r".^$+?*" and not is_optional:
            literal += element
        else:
            found.append((literal,))
            literal = ""
            if element[0] == "(" and not is_optional and not _LOOK_AROUND.match(element):
                found.append(needed(_GROUP.sub("", element[:-1], count=1)))
        place = end
        while text[place : place + 1] in ("?", "*", "+"):
            place += 1
    found.append((literal,))
    return max(found, key=lambda pieces: min(map(len, pieces), default=0)) if any(map(all, found)) else ()


def _choices(text: str) -> Iterator[str]:
    start = place = 0
    while place < len(text):
        if text[place] == "|":
            yield text[start:place]
            start = place + 1
        place = _end_of(text, place)
    yield text[start:]


def _end_of(text: str, place: int) -> int:
    """Where the letter, class or group that begins at `place` ends."""
    if text[place] == "\\":
        return place + 2
    if text[place] == "[":
        return text.index("]", place + 2) + 1
    if text[place] != "(":
        return place + 1
    place += 1
    while text[place] != ")":
        place = _end_of(text, place)
    return place + 1
