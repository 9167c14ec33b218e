"""The ways in which dictated tokens may be read as digits, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from voicemail.facts.numerals.numeral import NumberWords, readings
from voicemail.facts.tokens import Token

_MOST_READINGS = 60


@dataclass(frozen=True, slots=True)
class Heard:
    """Digits, the word that each came from, and where after a pause or a spoken hyphen a new group begins."""

    digits: str
    words: tuple[int, ...]
    groups: tuple[int, ...]

    def part(self, first: int, end: int) -> Heard:
        groups = tuple(start - first for start in self.groups if first <= start < end)
        return Heard(self.digits[first:end], self.words[first:end], groups)

    def then(self, other: Heard) -> Heard:
        groups = self.groups + tuple(start + len(self.digits) for start in other.groups)
        return Heard(self.digits + other.digits, self.words + other.words, groups)


def readings_of(tokens: Sequence[Token], letters: str, language: NumberWords) -> Iterator[Heard]:
    """The ways to read the tokens as digits; first the one that always takes the longest number, then those that differ from it
    once, then twice: of "twenty nine" 29, then 209."""
    kept: list[tuple[Token, str]] = []
    for place, (token, letter) in enumerate(zip(tokens, letters, strict=True)):
        if letter != "F":
            hesitates = place > 0 and letters[place - 1] == "F"
            kept.append((replace(token, follows_pause=True) if hesitates else token, letter))
    steps = [_steps(kept, place, language) for place in range(len(kept))]
    for taken in _ways(steps):
        yield _heard(taken)


@dataclass(frozen=True, slots=True)
class _Step:
    """What the next tokens may add to a number; `length` is how many tokens say it."""

    digits: str
    words: tuple[int, ...]
    length: int
    starts_group: bool


def _ways(steps: Sequence[Sequence[_Step]]) -> list[tuple[_Step, ...]]:
    """The ways through the tokens: the likeliest, then those that differ from it once, then twice; at most _MOST_READINGS."""
    end: list[list[tuple[_Step, ...]]] = [[()], [], []]  # by the differences that are left
    from_place = [end]  # of the last place first
    for choices in reversed(steps):
        ways: list[list[tuple[_Step, ...]]] = [[], [], []]
        for choice, step in enumerate(choices):
            following = from_place[-step.length] if step.length <= len(from_place) else end
            for left in (0, 1, 2):
                spent = left - min(choice, 1)
                if spent >= 0 and len(ways[left]) < _MOST_READINGS:
                    ways[left] += [(step, *rest) for rest in following[spent]]
        from_place.append([found[:_MOST_READINGS] for found in ways])
    none, once, twice = from_place[-1]
    return [*none, *once, *twice][:_MOST_READINGS]


def _heard(taken: Sequence[_Step]) -> Heard:
    digits = ""
    words: tuple[int, ...] = ()
    groups: list[int] = []
    is_new = True
    for step in taken:
        is_new = is_new or step.starts_group
        if step.digits and is_new:
            groups += [len(digits)]
            is_new = False
        digits += step.digits
        words += step.words
    return Heard(digits, words, (*groups,))


def _steps(kept: Sequence[tuple[Token, str]], place: int, language: NumberWords) -> list[_Step]:
    token, letter = kept[place]
    if letter == "H":
        return [_Step("", (), 1, True)]
    return [
        _Step(digits, _words_of(kept[place : place + length], len(digits)), length, token.follows_pause)
        for digits, length in _options(kept, place, language)
    ]


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
