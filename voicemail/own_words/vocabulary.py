"""A business's own words: names, products and streets that its callers say and no model was trained for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from flows.company.company import Company
from voicemail.models.catalogue import spellings
from voicemail.own_words.corrections import Correction, learnt
from voicemail.own_words.phonemes import coded
from voicemail.own_words.pronunciation import sounds_of

# Shorter words are similar to too many others.
FEWEST_SOUNDS = 4


@dataclass(frozen=True, slots=True)
class OwnWord:
    """A word or phrase, as the business writes it; `heard_as` is what was recognised for it before."""

    text: str
    heard_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sounded:
    """One pronunciation of an own word, coded."""

    word: OwnWord
    sounds: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The own words of a language, ready for comparison."""

    language: str
    words: tuple[OwnWord, ...]
    sounded: tuple[Sounded, ...]

    def by_length(self) -> Iterator[tuple[tuple[Sounded, ...], NDArray[np.intp]]]:
        """The pronunciations grouped by their number of sounds, and their sounds, one row each."""
        for length in sorted({len(one.sounds) for one in self.sounded}):
            group = tuple(one for one in self.sounded if len(one.sounds) == length)
            yield group, np.stack([one.sounds for one in group])


def own_words(company: Company, language: str, corrections: Sequence[Correction] = ()) -> tuple[OwnWord, ...]:
    """The own words of a company in a language: those of company.yaml, and what agents have corrected transcripts to."""
    codes = spellings(language)
    written = [word for code in codes for word in company.own_words(code)]
    heard_as: dict[str, list[str]] = {word: [] for word in written}
    for one in learnt(corrections, language):
        heard_as.setdefault(one.right, []).append(one.heard)
    return tuple(OwnWord(text, tuple(heard)) for text, heard in heard_as.items())


@lru_cache(maxsize=16)
def vocabulary(words: tuple[OwnWord, ...], language: str) -> Vocabulary:
    """Own words with their sounds, without those that are too short."""
    sounded = tuple(
        Sounded(word, coded(sounds))
        for word in words
        for sounds in dict.fromkeys(sounds_of(form, language) for form in (word.text, *word.heard_as))
        if len(sounds) >= FEWEST_SOUNDS
    )
    return Vocabulary(language, words, sounded)


def letters(text: str) -> str:
    """The letters of a text in lower case: what is compared to tell whether two words are the same."""
    return "".join(re.findall(r"[^\W_]", text.casefold()))
