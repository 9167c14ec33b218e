"""What the words before and behind a run of digits announce: a telephone number, the beginning of one, or something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, cast

from voicemail.facts.numbers.e164 import MIN_DIGITS
from voicemail.facts.numbers.heard import readings_of
from voicemail.facts.numerals.numeral import NumberWords
from voicemail.facts.tokens import Token

Announced = Literal["country", "area", "telephone", "other"]

_LOOK_BACK_TOKENS, _LOOK_AHEAD_TOKENS = 6, 6
_MOST_LINKS = 6
_LONGEST_EXTENSION = 6
_EXTENSION = re.compile("[DRFH]*D")


def announced(tokens: Sequence[Token], first: int, language: NumberWords) -> Announced | None:
    """What the nearest word before the run that begins at token `first` announces."""
    before = " ".join(token.text for token in tokens[max(first - _LOOK_BACK_TOKENS, 0) : first])
    last = None
    for match in language.announcements.finditer(before):
        last = match.lastgroup
    return cast("Announced | None", last)


def is_of_something_else(tokens: Sequence[Token], first: int, end: int, language: NumberWords) -> bool:
    if end < len(tokens) and tokens[end].text.startswith(language.units):
        return True
    if first and tokens[first - 1].text in "€$£₩₽":
        return True
    if announced(tokens, first, language) == "other":
        return True
    behind = " ".join(token.text for token in tokens[end : end + _LOOK_AHEAD_TOKENS])
    return language.told_behind.match(behind) is not None


def rest_of_number(tokens: Sequence[Token], first: int, end: int, language: NumberWords) -> int | None:
    """Where the rest of a number may begin of which tokens `first` to `end` are the announced area or country code."""
    if end - first >= MIN_DIGITS or announced(tokens, first, language) not in ("area", "country"):
        return None
    place = end
    while place < len(tokens) and place - end < _MOST_LINKS and tokens[place].text in language.links:
        place += 1
    return place if end < place < len(tokens) else None


def extension_behind(tokens: Sequence[Token], letters: str, end: int, language: NumberWords) -> tuple[int, str] | None:
    """The last word and the digits of the extension that follows a number which ends at token `end`."""
    if end >= len(tokens) or tokens[end].text not in language.extensions:
        return None
    first = end + 1
    while first < len(tokens) and tokens[first].text in language.extension_links:
        first += 1
    said = _EXTENSION.match(letters, first)
    if said is None:
        return None
    heard = next(readings_of(tokens[first : said.end()], said[0], language), None)
    if heard is None or not 0 < len(heard.digits) <= _LONGEST_EXTENSION:
        return None
    return max(heard.words), heard.digits
