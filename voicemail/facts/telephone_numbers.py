"""Telephone numbers in a message, however they are dictated; only a number that exists as a kind is one.

People pause, say "double five", start again, repeat themselves and correct themselves. So a run of digits has several readings,
and the first that phonenumbers calls valid in the home country (or with its country's prefix) is believed. Runs that name
something else (an order, a price) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from voicemail.facts.e164 import MIN_DIGITS, e164
from voicemail.facts.fact import Fact, fact_from
from voicemail.facts.heard import Heard, readings_of
from voicemail.facts.numerals.numeral import NumberWords
from voicemail.facts.repairs import corrected, repaired
from voicemail.facts.tokens import Token
from voicemail.mailbox import Word

_MOST_TOKENS = 80
_LOOK_BACK_TOKENS = 6

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
        if end - first > _MOST_TOKENS or _digits_at_most(tokens[first:end]) < MIN_DIGITS:
            continue
        if _is_of_something_else(tokens, first, end, language):
            continue
        for heard in _numbers_of_run(tokens[first:end], run.group(), language, home_country):
            number = e164(heard.digits, home_country)
            if number is not None:
                fact = fact_from(words, "number", number, min(heard.words), max(heard.words))
                found[number] = _surer(found[number], fact) if number in found else fact
    return list(found.values())


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
    # A word that counts another (double, two zeros) adds three at most.
    return sum(len(token.digits or str(token.numeral.value if token.numeral else "···")) for token in tokens) + 3 * sum(
        token.numeral is not None and token.numeral.kind == "several" for token in tokens
    )


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


def _numbers_of_run(tokens: Sequence[Token], letters: str, language: NumberWords, home_country: str) -> list[Heard]:
    pieces = [
        list(readings_of(tokens[piece.start() : piece.end()], piece.group(), language))
        for piece in re.finditer(r"[PRDJHF]+", re.sub(r"[WF]*C[CWFH]*", lambda taken: "C" * len(taken[0]), letters))
    ]
    pieces = [piece for piece in pieces if piece]
    if not pieces:
        return []
    return corrected(pieces, home_country) if len(pieces) > 1 else repaired(pieces[0], home_country)
