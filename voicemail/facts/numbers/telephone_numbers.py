"""Telephone numbers in a message, however they are dictated; only a number that exists as a kind is one.

People pause, say "double five", start again, repeat themselves and correct themselves. So a run of digits has several readings,
and the first that phonenumbers calls valid in the home country (or with its country's prefix) is believed. Runs that name
something else (an order, a price) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from voicemail.facts.fact import Fact, fact_from
from voicemail.facts.numbers.announcing import announced, extension_behind, is_of_something_else, rest_of_number
from voicemail.facts.numbers.e164 import MIN_DIGITS, e164
from voicemail.facts.numbers.heard import Heard, readings_of
from voicemail.facts.numbers.repairs import corrected, repaired
from voicemail.facts.numerals.numeral import NumberWords, Numeral, is_locative
from voicemail.facts.tokens import Token
from voicemail.mailbox import Word

_MOST_TOKENS = 80
_MOST_TOKENS_OF_AN_HOUR = 3

# One letter a token: a run is what begins with Plus, Repeat or Digits, goes on with Hyphens and Fillers between, and may be
# Corrected, with words of apology (W).
_RUN = re.compile(r"[PRD](?:[PRDJ]|[HF]+(?=[PRD])|[WF]*C[CWFH]*(?=[PRD]))*")
_COPULA = re.compile(r"\w이(?:고|에|예|요|라|니|며)\w*\W*$")
_PLUS = Token("+", 0, None, "", False, True)


@dataclass(frozen=True, slots=True)
class _Message:
    """A message as its tokens and their letters."""

    words: Sequence[Word]
    tokens: Sequence[Token]
    letters: str
    language: NumberWords
    home_country: str


def telephone_numbers(
    words: Sequence[Word], tokens: Sequence[Token], language: NumberWords, home_country: str
) -> list[Fact]:
    """The telephone numbers of a transcript in the order in which they are said; one said twice is one fact."""
    letters = "".join(
        _letter(token, tokens[place - 1] if place else None, language) for place, token in enumerate(tokens)
    )
    message = _Message(words, tokens, letters, language, home_country)
    found = list(_facts(message))
    alike = _with_digits_for_sounds(message) if "S" in letters else message
    if alike.letters != letters:
        taken = [(fact.first_word, fact.last_word) for fact in found]
        for fact in _facts(alike):
            if not any(fact.first_word <= last and first <= fact.last_word for first, last in taken):
                found.append(fact)
    once: dict[str, Fact] = {}
    for fact in found:
        once[fact.value] = _surer(once[fact.value], fact) if fact.value in once else fact
    return list(once.values())


def _facts(message: _Message) -> Iterator[Fact]:
    for first, end in _runs(message):
        run = message.tokens[first:end]
        if end - first > _MOST_TOKENS or _digits_at_most(run) < MIN_DIGITS:
            continue
        if is_of_something_else(message.tokens, first, end, message.language):
            continue
        numbers, is_certain = _numbers_of_run(message, first, end)
        sounds = {token.text for token in run} & message.language.sounds_like.keys()
        for heard in numbers:
            number = e164(heard.digits, message.home_country)
            if number is None:
                continue
            last_word, extension = max(heard.words), ""
            if heard is numbers[-1] and (
                told := extension_behind(message.tokens, message.letters, end, message.language)
            ):
                last_word, extension = told
            is_sure = is_certain and sounds <= message.language.never_else
            yield fact_from(message.words, "number", number, min(heard.words), last_word, is_sure, extension)


def _runs(message: _Message) -> Iterator[tuple[int, int]]:
    """The first token and the end of each run; what an area code leads on to belongs to its run."""
    end_of_last = 0
    for run in _RUN.finditer(message.letters):
        first, end = run.span()
        if first < end_of_last:
            continue
        rest = rest_of_number(message.tokens, first, end, message.language)
        if rest and (following := _RUN.match(message.letters, rest)):
            end = following.end()
        end_of_last = end
        yield first, end


def _letter(token: Token, before: Token | None, language: NumberWords) -> str:
    if token.text in language.plus:
        return "P"
    if token.digits or token.is_optional:
        return "D"
    if token.numeral is not None:
        is_hour = token.numeral.kind != "several" and is_locative(token.text)
        return "x" if is_hour or token.numeral.kind == "ordinal" else "D"
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
    if token.text in language.sounds_like:
        return "S"
    return "W" if token.text in language.apologies else "x"


def _with_digits_for_sounds(message: _Message) -> _Message:
    """The message with digits for the words that sound like them, where they stand between digits or end them."""
    letters = re.sub(r"(?<=[DR])S+(?=[DR])", lambda taken: "D" * len(taken[0]), message.letters)
    tokens = list(message.tokens)
    for place, letter in enumerate(message.letters):
        if letter == "S":
            text = tokens[place].text
            ends_digits = text in message.language.never_else and place > 0 and letters[place - 1] == "D"
            if letters[place] == "D" or ends_digits:
                letters = letters[:place] + "D" + letters[place + 1 :]
                tokens[place] = replace(tokens[place], numeral=Numeral(message.language.sounds_like[text], "digit"))
    return replace(message, tokens=tokens, letters=letters)


def _digits_at_most(tokens: Sequence[Token]) -> int:
    # A word that counts another (double, two zeros) adds three at most.
    return sum(len(token.digits or str(token.numeral.value if token.numeral else "···")) for token in tokens) + 3 * sum(
        token.numeral is not None and token.numeral.kind == "several" for token in tokens
    )


def _surer(one: Fact, other: Fact) -> Fact:
    best = one if (one.is_certain, one.confidence) >= (other.is_certain, other.confidence) else other
    confidence = round(1 - (1 - one.confidence) * (1 - other.confidence), 4)
    return replace(best, confidence=confidence, extension=one.extension or other.extension)


def _numbers_of_run(message: _Message, first: int, end: int) -> tuple[list[Heard], bool]:
    """The numbers that the tokens say, and whether that is sure."""
    is_closed = (
        end == len(message.tokens)
        or message.tokens[end].follows_pause
        or (message.tokens[end].text in message.language.closings)
    )
    tokens, letters = message.tokens[first:end], message.letters[first:end]
    if "x" in letters:  # what leads from an area code to the rest
        letters = re.sub("[xW]", "F", letters)
    if announced(message.tokens, first, message.language) == "country":
        numbers, is_certain = _read(message, [_PLUS, *tokens], "P" + letters, is_closed=is_closed)
        if numbers:
            return numbers, is_certain
    numbers, is_certain = _read(message, tokens, letters, is_closed=is_closed)
    if numbers or not _is_hour_behind(message, end):
        return numbers, is_certain
    for count in range(1, _MOST_TOKENS_OF_AN_HOUR + 1):
        numbers, is_certain = _read(message, tokens[:-count], letters[:-count], is_closed=True)
        if numbers:
            return numbers, is_certain
    return [], True


def _is_hour_behind(message: _Message, end: int) -> bool:
    behind = " ".join(token.text for token in message.tokens[end : end + 3])
    return re.match(rf"(?:{message.language.clock_units})(?![^ ])", behind) is not None


def _read(message: _Message, tokens: Sequence[Token], letters: str, *, is_closed: bool) -> tuple[list[Heard], bool]:
    if len(tokens) > 1 and tokens[-1].is_optional and _COPULA.search(message.words[tokens[-1].word].word):
        # 오천팔백이고 is 5800 with an ending, or 5802: behind an area code stand at most eight digits, behind 010 just eight.
        numbers, is_certain = _read_as_said(message, tokens[:-1], letters[:-1], is_closed=is_closed)
        if numbers:
            others, _ = _read_as_said(message, tokens, letters, is_closed=is_closed)
            others = [one for one in others if len(one.digits) <= (10 if one.digits.startswith("02") else 11)]
            others = [] if [one.digits for one in others] == [one.digits for one in numbers] else others
            if others and others[-1].digits.startswith("010"):
                return others, is_certain
            return numbers, is_certain and not others
    return _read_as_said(message, tokens, letters, is_closed=is_closed)


def _read_as_said(
    message: _Message, tokens: Sequence[Token], letters: str, *, is_closed: bool
) -> tuple[list[Heard], bool]:
    pieces = [
        list(readings_of(tokens[piece.start() : piece.end()], piece.group(), message.language))
        for piece in re.finditer(r"[PRDJHF]+", re.sub(r"[WF]*C[CWFH]*", lambda taken: "C" * len(taken[0]), letters))
    ]
    pieces = [piece for piece in pieces if piece]
    if not pieces:
        return [], True
    if len(pieces) == 1:
        return repaired(pieces[0], message.home_country), True
    return corrected(pieces, message.home_country, is_closed=is_closed)
