"""The words of people on channels of their own, in the order in which they spoke."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from voicemail.mailbox import Word

# A pause so long ends what somebody says; what is said without one stays together, also where the other speaks meanwhile.
PAUSE_SECONDS = 0.6


def merged(spoken: Sequence[Sequence[Word]]) -> tuple[Word, ...]:
    """The words of all tracks by the moment at which each stretch of speech began.

    A word that is heard on two tracks at the same moment is one that leaked from the louder track, which comes first.
    """
    taken: list[Word] = []
    stretches: list[tuple[float, list[Word]]] = []
    for words in spoken:
        own = [word for word in words if not any(_is_same(word, other) for other in taken)]
        taken += own
        stretches += [(stretch[0].start, stretch) for stretch in _stretches(own)]
    stretches.sort(key=itemgetter(0))
    return tuple(word for _, stretch in stretches for word in stretch)


def _is_same(word: Word, other: Word) -> bool:
    return word.word == other.word and word.start < other.end and other.start < word.end


def _stretches(words: Sequence[Word]) -> list[list[Word]]:
    stretches: list[list[Word]] = []
    for word in words:
        if stretches and word.start - stretches[-1][-1].end < PAUSE_SECONDS:
            stretches[-1].append(word)
        else:
            stretches.append([word])
    return stretches
