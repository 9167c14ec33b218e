"""Sounds (phonemes) and the edit distance between words by their sounds: one small alphabet for every language.

It has the distinctions that survive a telephone. A sound is one character, much as in IPA; pronunciation.py derives them
from the spelling.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Manner and place of articulation of each consonant, from the lips (0) back; those with the same two differ in voicing only.
_CONSONANTS: dict[str, tuple[str, int]] = {
    "p": ("stop", 0),
    "b": ("stop", 0),
    "t": ("stop", 1),
    "d": ("stop", 1),
    "k": ("stop", 3),
    "g": ("stop", 3),
    "ʦ": ("affricate", 1),
    "ʧ": ("affricate", 2),
    "ʤ": ("affricate", 2),
    "f": ("fricative", 0),
    "v": ("fricative", 0),
    "θ": ("fricative", 1),
    "s": ("fricative", 1),
    "z": ("fricative", 1),
    "ʃ": ("fricative", 2),
    "ʒ": ("fricative", 2),
    "h": ("fricative", 3),
    "m": ("nasal", 0),
    "n": ("nasal", 1),
    "ŋ": ("nasal", 3),
    "l": ("liquid", 1),
    "r": ("liquid", 1),
    "w": ("glide", 0),
    "j": ("glide", 2),
}
# How open each vowel is (0 closed, 2 open) and how far back (0 front, 2 back).
_VOWELS: dict[str, tuple[int, int]] = {
    "i": (0, 0),
    "ɨ": (0, 1),
    "u": (0, 2),
    "e": (1, 0),
    "ə": (1, 1),
    "o": (1, 2),
    "a": (2, 1),
}
SOUNDS = "".join([*_CONSONANTS, *_VOWELS])
# The costs of deleting or inserting a sound: of weak ones, and of all others.
_WEAK = frozenset("hjwŋɨə")
_WEAK_COST, _COST = 0.5, 0.8

Matrix = NDArray[np.float32]


def _between(one: str, other: str) -> float:
    """The cost of substituting one sound for another, 0–1.2."""
    if one == other:
        return 0.0
    if one in _VOWELS and other in _VOWELS:
        (open_1, back_1), (open_2, back_2) = _VOWELS[one], _VOWELS[other]
        return min(0.9, 0.3 * (abs(open_1 - open_2) + abs(back_1 - back_2)))
    if one in _VOWELS or other in _VOWELS:
        return 1.2
    (manner_1, place_1), (manner_2, place_2) = _CONSONANTS[one], _CONSONANTS[other]
    if manner_1 == manner_2:
        return 0.25 if place_1 == place_2 else 0.4 if manner_1 == "nasal" else 0.5
    return 0.6 if place_1 == place_2 else 0.9


_SUBSTITUTION: Matrix = np.array([[_between(one, other) for other in SOUNDS] for one in SOUNDS], np.float32)
_DELETION: Matrix = np.array([_WEAK_COST if sound in _WEAK else _COST for sound in SOUNDS], np.float32)


def coded(sounds: str) -> NDArray[np.intp]:
    """Sounds as their indexes in the alphabet."""
    return np.array([SOUNDS.index(sound) for sound in sounds], np.intp)


def prefix_distances(words: NDArray[np.intp], heard: NDArray[np.intp]) -> Matrix:
    """Weighted edit distances of each of `words` from every prefix of each of `heard` (Wagner and Fischer, 1974).

    Both are coded, one row each; rows of `heard` may be padded with anything. [w, h, n] of the result is the distance of word w
    from the first n sounds of h.
    """
    count, length = words.shape
    # The cost of inserting the first n sounds; the difference of two of these is that of inserting the sounds between.
    inserted = np.zeros((len(heard), heard.shape[1] + 1), np.float32)
    inserted[:, 1:] = np.cumsum(_DELETION[heard], axis=1)
    above = np.broadcast_to(inserted, (count, *inserted.shape))
    for place in range(length):
        said = words[:, place]
        row = above + _DELETION[said][:, None, None]
        np.minimum(row[:, :, 1:], above[:, :, :-1] + _SUBSTITUTION[said][:, heard], out=row[:, :, 1:])
        above = np.minimum.accumulate(row - inserted, axis=2) + inserted
    return above


def edit_distance(one: str, other: str) -> float:
    """The distance of two words by their sounds: 0 for the same, about 1 a sound if nothing is alike."""
    return float(prefix_distances(coded(one)[None], coded(other)[None])[0, 0, -1])
