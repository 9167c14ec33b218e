"""Candidates: places of a message that sound like one of the business's own words without being it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicemail.mailbox import Word
from voicemail.models.catalogue import spellings
from voicemail.own_words.phonemes import coded, prefix_distances
from voicemail.own_words.pronunciation import sounds_of
from voicemail.own_words.vocabulary import OwnWord, Vocabulary, letters

# What may follow a name in Korean without a space.
_PARTICLES = (
    *("은", "는", "이", "가", "을", "를", "에", "의", "와", "과", "도", "로", "만", "랑", "요"),
    *("으로", "에서", "에게", "한테", "까지", "부터", "이랑", "하고", "에서는", "입니다"),
)
# A word that differs from an own one in its last letters only is a form of it: янтарной, Янтарная.
_ENDING_LETTERS = 2
_FEWEST_STEM_LETTERS = 4
_MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """The words `first` to `last` (included) sound like an own word; `rate` is their distance, as a share of its sounds.

    `ending` follows the own word without a space, such as a particle. `is_known`: agents corrected just these words to it before.
    """

    first: int
    last: int
    word: OwnWord
    sounds: int
    rate: float
    ending: str = ""
    is_known: bool = False

    def overlaps(self, other: Candidate) -> bool:
        return self.first <= other.last and other.first <= self.last


def find_candidates(words: Sequence[Word], vocabulary: Vocabulary, highest_rate: float) -> list[Candidate]:
    """The candidates of a rate up to `highest_rate`, the closest first; none where the own word itself was heard."""
    texts = [word.word for word in words]
    heard = [sounds_of(text, vocabulary.language) for text in texts]
    if not vocabulary.sounded or not any(heard):
        return []
    rows = _rows(heard, max(len(one.sounds) for one in vocabulary.sounded))
    spans = list(_spans(texts, heard, vocabulary.language))
    found: dict[tuple[int, int, OwnWord], Candidate] = {}
    for group, sounded in vocabulary.by_length():
        length = sounded.shape[1]
        rates = prefix_distances(sounded, rows[:, : _reach(length)]) / length
        for span in spans:
            if not length // 2 <= span.sounds <= _reach(length):
                continue
            for number in np.flatnonzero(rates[:, span.first, span.sounds] <= highest_rate):
                rate = round(float(rates[number, span.first, span.sounds]), 4)
                word = group[number].word
                heard_letters = letters("".join(texts[span.first : span.last + 1]).removesuffix(span.ending))
                is_known = heard_letters in map(letters, word.heard_as)
                one = Candidate(span.first, span.last, word, length, rate, span.ending, is_known)
                key = (one.first, one.last, one.word)
                if key not in found or rate < found[key].rate:
                    found[key] = one
    said = [one for one in found.values() if _is_said(texts, one, vocabulary.language)]
    left = (one for one in found.values() if not any(one.overlaps(other) for other in said))
    return sorted(left, key=lambda one: (one.rate, one.first, one.last))


@dataclass(frozen=True, slots=True)
class _Span:
    first: int
    last: int
    sounds: int
    ending: str


def _reach(length: int) -> int:
    # A word is compared with at most half as many sounds again as it has.
    return length + length // 2 + 2


def _rows(heard: Sequence[str], longest: int) -> NDArray[np.intp]:
    """The sounds from each word on, coded, one row each."""
    rows = np.zeros((len(heard), _reach(longest)), np.intp)
    for place in range(len(heard)):
        sounds = coded("".join(heard[place : place + _MOST_WORDS])[: rows.shape[1]])
        rows[place, : len(sounds)] = sounds
    return rows


def _spans(texts: Sequence[str], heard: Sequence[str], language: str) -> Iterator[_Span]:
    """Every run of one to four words, with and without a possible particle at its end."""
    is_korean = spellings(language)[-1] == "ko"
    for first in range(len(texts)):
        sounds = 0
        for last in range(first, min(first + _MOST_WORDS, len(texts))):
            yield _Span(first, last, sounds + len(heard[last]), "")
            for particle in _PARTICLES if is_korean else ():
                if texts[last].endswith(particle) and texts[last] != particle:
                    stem = len(sounds_of(texts[last].removesuffix(particle), language))
                    yield _Span(first, last, sounds + stem, particle)
            sounds += len(heard[last])


def _is_said(texts: Sequence[str], one: Candidate, language: str) -> bool:
    """Whether it is the own word itself, or an inflected form of it."""
    heard = texts[one.first : one.last + 1]
    if letters("".join(heard).removesuffix(one.ending)) == letters(one.word.text):
        return True
    own, base = one.word.text.split(), spellings(language)[-1]
    return (
        base != "ko" and len(heard) == len(own) and all(_is_form(*pair, base) for pair in zip(heard, own, strict=True))
    )


def _is_form(heard: str, own: str, language: str) -> bool:
    """Whether two words differ in their last letters only. English adds letters, other languages change them."""
    heard, own = letters(heard), letters(own)
    kept = len(own) if language == "en" else max(len(own) - _ENDING_LETTERS, _FEWEST_STEM_LETTERS)
    return heard.startswith(own[:kept]) and len(heard) <= len(own) + _ENDING_LETTERS
