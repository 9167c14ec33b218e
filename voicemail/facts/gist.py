"""The simplified text of a message over which the rules for times and dates run, and the way back from it to the words."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass

from voicemail.facts.moments.rules import Moments
from voicemail.facts.numerals.numeral import NumberWords, Numeral, is_locative, readings
from voicemail.facts.tokens import MARK, Token, folded
from voicemail.mailbox import Word

_SIGN = re.compile(r"[^\w:.-]|[.-](?!\d)")


@dataclass(frozen=True, slots=True)
class Gist:
    """`text` is made of pieces; piece i begins at `starts[i]` and says the words `first_words[i]` to `last_words[i]`."""

    text: str
    starts: tuple[int, ...]
    first_words: tuple[int, ...]
    last_words: tuple[int, ...]

    def words_of(self, start: int, end: int) -> tuple[int, int]:
        """The first and the last word of text[start:end]."""
        while start < end and self.text[start] in " ,":
            start += 1
        while end > start and self.text[end - 1] in " ,":
            end -= 1
        return (
            self.first_words[bisect_right(self.starts, start) - 1],
            self.last_words[bisect_right(self.starts, max(end - 1, start)) - 1],
        )


def gist_of(tokens: Sequence[Token], language: NumberWords, moments: Moments, taken: Container[int]) -> Gist:
    """The gist of these tokens; words at the places `taken` are hidden."""
    pieces: list[tuple[str, int, int]] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.follows_pause and pieces:
            pieces.append((",", token.word, token.word))
        if token.word in taken:
            pieces.append(("#", token.word, token.word))
            place += 1
            continue
        cut = _cut(token.text, language, moments)
        if cut is not None:
            beginning, numeral = cut
            pieces.append((beginning, token.word, token.word))
            pieces.append((_in_brackets(numeral.value, numeral.kind == "ordinal", token.text), token.word, token.word))
            place += 1
            continue
        if token.digits:
            pieces.append((f"<{token.digits}>", token.word, token.word))
            place += 1
            continue
        length, piece = _number(tokens, place, language) if token.numeral else (1, token.text)
        pieces.append((piece, token.word, tokens[place + length - 1].word))
        place += length
    return _joined(pieces)


def gist_of_spelling(words: Sequence[Word], tokens: Sequence[Token], taken: Container[int]) -> Gist:
    """The gist where words are kept as they are spelt (Korean)."""
    pieces: list[tuple[str, int, int]] = []
    place = -1
    for token in tokens:
        if token.word == place:
            continue
        place = token.word
        if token.follows_pause and pieces:
            pieces.append((",", place, place))
        text = "#" if place in taken else MARK if token.text == MARK else _SIGN.sub("", folded(words[place].word, "ko"))
        pieces.append((text, place, place))
    return _joined(pieces)


def _joined(pieces: Sequence[tuple[str, int, int]]) -> Gist:
    starts, at = [], 0
    for text, _, _ in pieces:
        starts.append(at)
        at += len(text) + 1
    return Gist(
        " ".join(text for text, _, _ in pieces),
        tuple(starts),
        tuple(first for _, first, _ in pieces),
        tuple(last for _, _, last in pieces),
    )


def _number(tokens: Sequence[Token], place: int, language: NumberWords) -> tuple[int, str]:
    numerals: list[Numeral | None] = []
    for token in tokens[place : place + 8]:
        if (token.numeral is None and token.text not in language.joints) or (numerals and token.follows_pause):
            break
        numerals.append(token.numeral)
    longest = readings(numerals, 0)[0]
    last = tokens[place + longest.length - 1].text
    return longest.length, _in_brackets(longest.value, longest.is_ordinal, last)


def _in_brackets(value: int, is_ordinal: bool, last_word: str) -> str:
    mark = "." if is_ordinal else "@" if is_locative(last_word) else ""
    return f"<{value}{mark}>"


def _cut(text: str, language: NumberWords, moments: Moments) -> tuple[str, Numeral] | None:
    for beginning in moments.splits:
        if text.startswith(beginning) and (numeral := language.numerals.get(text[len(beginning) :])):
            return moments.splits[-1], numeral
    return None
