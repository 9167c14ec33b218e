"""Number words and how they add up: "twenty nine" is 29, "nine twenty" is 9 and 20."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

NumeralKind = Literal["digit", "teen", "round", "scale", "ordinal", "several"]


@dataclass(frozen=True, slots=True)
class Numeral:
    """One number word.

    `round` is one word for tens, hundreds or thousands (twenty, двести); `scale` multiplies what stands before it (hundred,
    십); `several` is a digit that is counted (zeros, пятёрки).
    """

    value: int
    kind: NumeralKind


@dataclass(frozen=True, slots=True)
class NumberWords:
    """How numbers, and telephone numbers above all, are said in one language. All words are in their folded form.

    `repeats` say how often the next digit counts (double); `hyphens` and `fillers` may stand inside a number; `corrections`
    take back what was said just before, and `apologies` may go with them; `closings` may follow a number that was put right.
    `sounds_like` are other words that recognisers write for a digit, and `never_else` those that mean nothing else there.

    A run of digits is no telephone number if something else is the last of the `announcements` before it or is `told_behind` it
    ("that's my order number", other_things.py), or if one of the stems `units` follows it. `links` may lead from an area code to
    the rest of the number. `extensions` announce an extension, with `extension_links`. What the expression `clock_units` follows
    at the end of a run is an hour.
    """

    numerals: Mapping[str, Numeral]
    plus: frozenset[str]
    repeats: Mapping[str, int]
    joints: frozenset[str]
    hyphens: frozenset[str]
    fillers: frozenset[str]
    corrections: frozenset[str]
    apologies: frozenset[str]
    closings: frozenset[str]
    sounds_like: Mapping[str, int]
    never_else: frozenset[str]
    announcements: re.Pattern[str]
    links: frozenset[str]
    told_behind: re.Pattern[str]
    extensions: frozenset[str]
    extension_links: frozenset[str]
    clock_units: str
    units: tuple[str, ...]


def forms(kind: NumeralKind, table: Mapping[int, str]) -> dict[str, Numeral]:
    """The words of a table that gives each value its forms, separated by spaces."""
    return {form: Numeral(value, kind) for value, line in table.items() for form in line.split()}


def words(text: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(text.split())


def stems(text: str) -> tuple[str, ...]:
    """The beginnings of words, as `str.startswith` takes them."""
    return tuple(text.split())


def inflected(kind: NumeralKind, table: Mapping[int, str], endings: Iterable[str]) -> dict[str, Numeral]:
    """The words of a table of stems that all take the same endings."""
    return {
        stem + end: Numeral(value, kind) for value, line in table.items() for stem in line.split() for end in endings
    }


def is_locative(text: str) -> bool:
    """Whether a number word has the Latvian ending of hours (trijos): no other language has number words in -os."""
    return len(text) > 4 and text.endswith("os") and text.isascii()


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that the next `length` words may say."""

    value: int
    length: int
    is_ordinal: bool = False


def readings(numerals: Sequence[Numeral | None], first: int) -> list[Reading]:
    """Every number that begins at `first`, the longest first: of "сто двадцать три" 123, 120 and 100.

    None stands for the small word that may join hundreds and tens ("and").
    """
    found: list[Reading] = []
    value, ceiling = 0, 1_000_000
    before_digit: int | None = None  # the ceiling before the digit that was added last: it may yet be multiplied
    for place in range(first, len(numerals)):
        numeral = numerals[place]
        if numeral is None:
            if place == first or ceiling not in (100, 1000):
                break
            continue
        if numeral.kind == "scale":
            scale = numeral.value
            digit = value % 10
            if scale == 10 and before_digit is not None and digit == 1:
                break  # ten is 십, never 일십: these are 1 and 10
            if before_digit is not None and scale < before_digit:
                value, ceiling = value + digit * (scale - 1), scale
            elif (scale == 1000 and 0 < value < 1000) or (scale == 100 and 9 < value < 100):
                value, ceiling = value * scale, scale
            elif scale < ceiling and before_digit is None:
                value, ceiling = value + scale, scale
            else:
                break
            before_digit = None
        else:
            size = _size(numeral)
            if ceiling < 10 or size >= ceiling:
                break
            if numeral.kind in ("digit", "several") or (numeral.kind == "ordinal" and numeral.value < 10):
                before_digit, ceiling = ceiling, 1
            else:
                before_digit, ceiling = None, (1 if numeral.kind in ("teen", "ordinal") else size)
            value += numeral.value
        found.append(Reading(value, place - first + 1, numeral.kind == "ordinal"))
        if value == 0 or numeral.kind in ("ordinal", "several"):
            break
    return found[::-1]


def _size(numeral: Numeral) -> int:
    """What must be below the ceiling, so that "twenty" goes after a hundred but not after "thirty"."""
    if numeral.value == 0:
        return 1_000_000 - 1  # a nought begins a number and ends it
    if numeral.kind == "teen":
        return 10
    return int(10 ** (len(str(numeral.value)) - 1))
