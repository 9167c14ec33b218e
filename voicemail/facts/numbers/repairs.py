"""How numbers that were said again, begun again or corrected are put right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from voicemail.facts.numbers.e164 import MIN_DIGITS, e164
from voicemail.facts.numbers.heard import Heard

_STRAY_DIGITS = 2


def repaired(told: Sequence[Heard], home_country: str) -> list[Heard]:
    """The numbers that a dictation says, of which these are the readings; first of all as it stands."""
    for way in (_whole, _several, _without_echo, _without_strays):
        for heard in told:
            if numbers := way(heard, home_country):
                return numbers
    return []


def corrected(pieces: Sequence[Sequence[Heard]], home_country: str, *, is_closed: bool) -> tuple[list[Heard], bool]:
    """The number after its corrections, and whether that is sure: each replaces as many digits as makes a number, first of all
    its own count.

    `is_closed`: nothing that could belong to the last digits follows. Otherwise a single one may count something else ("no, one
    more thing") and corrects nothing for sure.
    """
    told = list(pieces[0][:4])
    for piece in pieces[1:]:
        later = piece[:4]
        for heard in later:
            if numbers := _whole(heard, home_country) or _without_strays(heard, home_country):
                return numbers, True
        is_stray = len(later[0].digits) < _STRAY_DIGITS and not (is_closed and piece is pieces[-1])
        if is_stray and (numbers := _whole(told[0], home_country)):
            return numbers, False
        told = [joined for before in told[:12] for after in later for joined in _replacing(before, after)]
        told.sort(key=lambda heard: e164(heard.digits, home_country) is None)
    return (told[:1] if told and e164(told[0].digits, home_country) else []), True


def _replacing(before: Heard, after: Heard) -> Iterator[Heard]:
    groups = [*after.groups[1:2], len(after.digits)]
    counts = [groups[0], len(before.digits) - (before.groups or (0,))[-1], *range(1, len(before.digits))]
    for count in dict.fromkeys(counts):
        if 0 < count < len(before.digits):
            yield before.part(0, len(before.digits) - count).then(after)


def _whole(heard: Heard, home_country: str) -> list[Heard]:
    return [heard] if e164(heard.digits, home_country) else []


def _several(heard: Heard, home_country: str) -> list[Heard]:
    """Two numbers or more without a word between them, or one that is said again."""
    if len(heard.digits) < 2 * MIN_DIGITS:
        return []
    for cut in heard.groups[1:]:
        if e164(heard.digits[:cut], home_country):
            rest = heard.part(cut, len(heard.digits))
            others = _whole(rest, home_country) or _several(rest, home_country)
            if others:
                return [heard.part(0, cut), *others]
    return []


def _without_echo(heard: Heard, home_country: str) -> list[Heard]:
    """A number of which groups are said again: "29, 29, 123, 123", "29, 291, 123", or its end once more to be sure."""
    bounds = [*heard.groups, len(heard.digits)]
    kept: list[tuple[int, int]] = []
    for first, end in pairwise(bounds):
        last = heard.digits[slice(*kept[-1])] if kept else ""
        if len(last) > 1 and heard.digits.startswith(last, first, end):
            kept[-1] = (first, end)
        else:
            kept.append((first, end))
    if 0 < len(kept) < len(bounds) - 1 and e164("".join(heard.digits[slice(*part)] for part in kept), home_country):
        joined = heard.part(*kept[0])
        for part in kept[1:]:
            joined = joined.then(heard.part(*part))
        return [joined]
    for cut in heard.groups[1:]:
        head, tail = heard.digits[:cut], heard.digits[cut:]
        if tail.startswith(head) and e164(tail, home_country):
            return [heard.part(cut, len(heard.digits))]
        if head.endswith(tail) and e164(head, home_country):
            return [heard.part(0, cut)]
    return []


def _without_strays(heard: Heard, home_country: str) -> list[Heard]:
    """A number with a digit or two before or after it that a pause sets apart: "… at five, 29 123 456"."""
    for cut in heard.groups[1:]:
        head, tail = heard.digits[:cut], heard.digits[cut:]
        if len(head) <= _STRAY_DIGITS and e164(tail, home_country):
            return [heard.part(cut, len(heard.digits))]
        if len(tail) <= _STRAY_DIGITS and e164(head, home_country):
            return [heard.part(0, cut)]
    return []
