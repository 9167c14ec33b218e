"""Telephone numbers in a message, however they are dictated; only a number that exists as a kind is one.

People pause, say "double five", start again, repeat themselves and correct themselves. So a run of digits has several readings,
and the first that phonenumbers calls valid in the home country (or with its country's prefix) is believed. Runs that name
something else (an order, a price) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import phonenumbers

from voicemail.facts.fact import Fact, fact_from
from voicemail.facts.numerals.numeral import NumberWords, readings
from voicemail.facts.tokens import Token
from voicemail.mailbox import Word

_MIN_DIGITS, _MAX_DIGITS = 7, 15
_MOST_TOKENS = 80
_MOST_READINGS = 60
_LOOK_BACK_TOKENS = 6
_STRAY_DIGITS = 2

# One letter a token: a run is what begins with Plus, Repeat or Digits, goes on with Hyphens and Fillers between, and may be
# Corrected, with words of apology (W).
_RUN = re.compile(r"[PRD](?:[PRDJ]|[HF]+(?=[PRD])|[WF]*C[CWFH]*(?=[PRD]))*")


def telephone_numbers(
    words: Sequence[Word], tokens: Sequence[Token], language: NumberWords, home_country: str
) -> list[Fact]:
    """The telephone numbers of a transcript in the order in which they are said; one said twice is one fact."""
    letters = "".join(
        _letter(token, tokens[place - 1] if place else None, language) for place, token in enumerate(tokens)
    )
    found: dict[str, Fact] = {}
    for run in _RUN.finditer(letters):
        first, end = run.span()
        if end - first > _MOST_TOKENS or _digits_at_most(tokens[first:end]) < _MIN_DIGITS:
            continue
        if _is_of_something_else(tokens, first, end, language):
            continue
        for heard in _numbers_of_run(tokens[first:end], run.group(), language, home_country):
            number = e164(heard.digits, home_country)
            if number is not None:
                fact = fact_from(words, "number", number, min(heard.words), max(heard.words))
                found[number] = _surer(found[number], fact) if number in found else fact
    return list(found.values())


@lru_cache(maxsize=4096)
def e164(digits: str, home_country: str) -> str | None:
    """The number in E.164 if these digits, with + or 00 for another country, are how it is said, else None.

    Where a national number begins with 0 (United Kingdom, Korea), the 0 must be said; Russia's 8 is often left out.
    """
    if not _MIN_DIGITS <= len(digits.lstrip("+")) <= _MAX_DIGITS:
        return None
    dialled = "+" + digits[2:] if digits.startswith("00") else digits
    try:
        number = phonenumbers.parse(dialled, home_country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    significant = phonenumbers.national_significant_number(number)
    code = str(number.country_code)
    region = phonenumbers.region_code_for_number(number)
    prefix = (region and phonenumbers.ndd_prefix_for_region(region, True)) or ""
    ways = {"+" + code + significant, "+" + code + prefix + significant, code + significant}
    if not dialled.startswith("+"):
        national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        ways.add(re.sub(r"\D", "", national))
        if prefix != "0":
            ways.add(significant)
    if dialled not in ways:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _letter(token: Token, before: Token | None, language: NumberWords) -> str:
    if token.text in language.plus:
        return "P"
    if token.digits or token.is_optional:
        return "D"
    if token.numeral is not None:
        return "D" if token.numeral.kind != "ordinal" else "x"
    if token.text in language.repeats:
        return "R"
    if token.text in language.joints and before is not None and before.numeral is not None:
        return "J" if before.numeral.kind == "scale" else "x"
    if token.text in language.hyphens:
        return "H"
    if token.text in language.corrections:
        return "C"
    if token.text in language.fillers:
        return "F"
    return "W" if token.text in language.apologies else "x"


def _digits_at_most(tokens: Sequence[Token]) -> int:
    return sum(len(token.digits) or (3 if token.numeral is not None else 1) for token in tokens)


def _is_of_something_else(tokens: Sequence[Token], first: int, end: int, language: NumberWords) -> bool:
    if end < len(tokens) and tokens[end].text.startswith(language.units):
        return True
    if first and tokens[first - 1].text in "€$£₩₽":
        return True
    for token in reversed(tokens[max(first - _LOOK_BACK_TOKENS, 0) : first]):
        if token.text.startswith(language.of_telephones):
            return False
        if token.text.startswith(language.of_other_things):
            return True
    return False


def _surer(one: Fact, other: Fact) -> Fact:
    best = one if one.confidence >= other.confidence else other
    return replace(best, confidence=round(1 - (1 - one.confidence) * (1 - other.confidence), 4))


@dataclass(frozen=True, slots=True)
class _Heard:
    """Digits, the word that each came from, and where after a pause or a spoken hyphen a new group begins."""

    digits: str
    words: tuple[int, ...]
    groups: tuple[int, ...]

    def part(self, first: int, end: int) -> _Heard:
        groups = tuple(start - first for start in self.groups if first <= start < end)
        return _Heard(self.digits[first:end], self.words[first:end], groups)

    def then(self, other: _Heard) -> _Heard:
        groups = self.groups + tuple(start + len(self.digits) for start in other.groups)
        return _Heard(self.digits + other.digits, self.words + other.words, groups)


def _numbers_of_run(tokens: Sequence[Token], letters: str, language: NumberWords, home_country: str) -> list[_Heard]:
    pieces = [
        list(_readings_of(tokens[piece.start() : piece.end()], piece.group(), language))
        for piece in re.finditer(r"[PRDJHF]+", re.sub(r"[WF]*C[CWFH]*", lambda taken: "C" * len(taken[0]), letters))
    ]
    pieces = [piece for piece in pieces if piece]
    if not pieces:
        return []
    if len(pieces) > 1:
        return _corrected(pieces, home_country)
    for way in (_whole, _several, _without_echo, _without_strays):
        for heard in pieces[0]:
            if numbers := way(heard, home_country):
                return numbers
    return []


def _readings_of(tokens: Sequence[Token], letters: str, language: NumberWords) -> Iterator[_Heard]:
    """The ways to read the tokens as digits; first the one that always takes the longest number, then those that differ from it
    once, then twice: of "twenty nine" 29, then 209."""
    kept = [(token, letter) for token, letter in zip(tokens, letters, strict=True) if letter != "F"]
    count = 0
    for differences in (0, 1, 2):
        for heard in _extend(_Heard("", (), ()), kept, 0, differences, False, language):
            yield heard
            count += 1
            if count >= _MOST_READINGS:
                return


def _extend(
    heard: _Heard, kept: Sequence[tuple[Token, str]], place: int, differences: int, is_new: bool, language: NumberWords
) -> Iterator[_Heard]:
    if place == len(kept):
        if differences == 0:
            yield heard
        return
    token, letter = kept[place]
    if letter == "H":
        yield from _extend(heard, kept, place + 1, differences, True, language)
        return
    options = _options(kept, place, language)
    for choice, (digits, length) in enumerate(options):
        cost = min(choice, 1)
        if cost > differences:
            return
        starts_group = is_new or token.follows_pause or not heard.digits
        more = _Heard(
            digits, _words_of(kept[place : place + length], len(digits)), (0,) if starts_group and digits else ()
        )
        yield from _extend(heard.then(more), kept, place + length, differences - cost, not digits and is_new, language)


def _words_of(said: Sequence[tuple[Token, str]], count: int) -> tuple[int, ...]:
    """The word of each of `count` digits. The first digit has the first word and the last the last, so a part keeps its span."""
    first, last = said[0][0].word, said[-1][0].word
    return (first,) * (count - 1) + (last,) if count else ()


def _options(kept: Sequence[tuple[Token, str]], place: int, language: NumberWords) -> list[tuple[str, int]]:
    """What the next tokens may add: digits, and how many tokens say them; the likeliest first."""
    token, letter = kept[place]
    if letter == "P":
        return [("+", 1)] if place == 0 else []
    if letter == "R":
        digit = _one_digit(kept, place + 1)
        return [(digit * language.repeats[token.text], 2)] if digit else []
    if token.digits:
        return [(token.digits, 1)]
    if token.numeral is None:
        return []
    options: list[tuple[str, int]] = []
    if 2 <= token.numeral.value <= 4 and place + 1 < len(kept):
        counted = kept[place + 1][0].numeral
        if counted is not None and counted.kind == "several":
            options.append((str(counted.value) * token.numeral.value, 2))
    numerals = []
    for following, its_letter in kept[place : place + 8]:
        if its_letter == "H" or (following.numeral is None and its_letter != "J"):
            break
        numerals.append(following.numeral)
    torn = []
    for reading in readings(numerals, 0):
        option = (str(reading.value), reading.length)
        if _is_torn(kept, place, reading.length):
            torn.append(option)
        else:
            options.append(option)
    options += torn
    if token.is_optional:
        options.append(("", 1))
    return options


def _is_torn(kept: Sequence[tuple[Token, str]], place: int, length: int) -> bool:
    """Whether a number would reach over a pause, or take only part of a word and the next one too (공이 백이십삼 is 02 123)."""
    said = [token for token, _ in kept[place : place + length]]
    if any(token.follows_pause for token in said[1:]):
        return True
    if said[0].word == said[-1].word:
        return False
    begins_within = place > 0 and kept[place - 1][0].word == said[0].word
    ends_within = place + length < len(kept) and kept[place + length][0].word == said[-1].word
    return begins_within or ends_within


def _one_digit(kept: Sequence[tuple[Token, str]], place: int) -> str:
    if place >= len(kept):
        return ""
    token = kept[place][0]
    if token.numeral is not None and token.numeral.kind in ("digit", "several"):
        return str(token.numeral.value)
    return token.digits if len(token.digits) == 1 else ""


def _whole(heard: _Heard, home_country: str) -> list[_Heard]:
    return [heard] if e164(heard.digits, home_country) else []


def _several(heard: _Heard, home_country: str) -> list[_Heard]:
    """Two numbers or more without a word between them, or one that is said again."""
    if len(heard.digits) < 2 * _MIN_DIGITS:
        return []
    for cut in heard.groups[1:]:
        first = heard.part(0, cut)
        if e164(first.digits, home_country):
            rest = heard.part(cut, len(heard.digits))
            others = _whole(rest, home_country) or _several(rest, home_country)
            if others:
                return [first, *others]
    return []


def _without_echo(heard: _Heard, home_country: str) -> list[_Heard]:
    """A number of which groups are said again: "29, 29, 123, 123", "29, 291, 123", or its end once more to be sure."""
    bounds = [*heard.groups, len(heard.digits)]
    groups = [heard.part(first, end) for first, end in zip(bounds, bounds[1:], strict=False)]
    kept: list[_Heard] = []
    for group in groups:
        if kept and group.digits.startswith(kept[-1].digits) and len(kept[-1].digits) > 1:
            kept[-1] = group
        else:
            kept.append(group)
    if len(kept) < len(groups) and kept:
        joined = kept[0]
        for group in kept[1:]:
            joined = joined.then(group)
        if e164(joined.digits, home_country):
            return [joined]
    for cut in heard.groups[1:]:
        head, tail = heard.part(0, cut), heard.part(cut, len(heard.digits))
        if tail.digits.startswith(head.digits) and e164(tail.digits, home_country):
            return [tail]
        if head.digits.endswith(tail.digits) and e164(head.digits, home_country):
            return [head]
    return []


def _without_strays(heard: _Heard, home_country: str) -> list[_Heard]:
    """A number with a digit or two before or after it that a pause sets apart: "… at five, 29 123 456"."""
    for cut in heard.groups[1:]:
        head, tail = heard.part(0, cut), heard.part(cut, len(heard.digits))
        if len(head.digits) <= _STRAY_DIGITS and e164(tail.digits, home_country):
            return [tail]
        if len(tail.digits) <= _STRAY_DIGITS and e164(head.digits, home_country):
            return [head]
    return []


def _corrected(pieces: Sequence[Sequence[_Heard]], home_country: str) -> list[_Heard]:
    """The number after its corrections: each replaces as many digits as makes a number, first of all its own count."""
    told = list(pieces[0][:4])
    for piece in pieces[1:]:
        later = piece[:4]
        for heard in later:
            if numbers := _whole(heard, home_country) or _without_strays(heard, home_country):
                return numbers
        if len(later[0].digits) < _STRAY_DIGITS and (numbers := _whole(told[0], home_country)):
            return numbers
        told = [joined for before in told[:12] for after in later for joined in _replacing(before, after)]
        told.sort(key=lambda heard: e164(heard.digits, home_country) is None)
    return told[:1] if told and e164(told[0].digits, home_country) else []


def _replacing(before: _Heard, after: _Heard) -> Iterator[_Heard]:
    groups = [*after.groups[1:2], len(after.digits)]
    counts = [groups[0], len(before.digits) - (before.groups or (0,))[-1], *range(1, len(before.digits))]
    for count in dict.fromkeys(counts):
        if 0 < count < len(before.digits):
            yield before.part(0, len(before.digits) - count).then(after)
