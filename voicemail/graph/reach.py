"""What can still be said from a state of the lexicon, of the words that may follow: asked for many pairs of states at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicemail.graph.followers import WORD_BITS, Followers
from voicemail.graph.lexicon_graph import Lexicon, Longs

_AT_ONCE = 2_000_000  # some tens of MB


@dataclass(frozen=True, slots=True)
class Reached:
    """Of each pair: how many arcs of the language model, one of them, the probability of all, and whether the end too."""

    arcs: Longs
    arc: Longs
    probability: NDArray[np.longdouble]
    ends: NDArray[np.bool_]


class Reach:
    """Answers for one lexicon and one language model."""

    def __init__(self, lexicon: Lexicon, follow: Followers) -> None:
        self._lexicon, self._follow = lexicon, follow
        of = np.repeat(np.arange(len(lexicon.arcs)), lexicon.intervals)
        self._interval_keys = of << WORD_BITS | lexicon.begins
        self._can_end = np.zeros(len(lexicon.arcs), np.bool_)
        self._can_end[of[(lexicon.begins <= lexicon.end_number) & (lexicon.end_number < lexicon.ends)]] = True
        # Bounds that rule most pairs out before anything is looked up.
        some = np.flatnonzero(lexicon.intervals)
        self._lowest, self._highest = np.full(len(lexicon.arcs), np.iinfo(np.int64).max), np.full(len(lexicon.arcs), -1)
        self._lowest[some] = lexicon.begins[lexicon.first_interval[some]]
        self._highest[some] = lexicon.ends[lexicon.first_interval[some] + lexicon.intervals[some] - 1]
        self._followed = np.diff(follow.bounds)
        some = np.flatnonzero(self._followed)
        self._first_word = np.full(len(self._followed), np.iinfo(np.int64).max)
        self._last_word = np.full(len(self._followed), -1)
        self._first_word[some] = follow.words[follow.bounds[some]]
        self._last_word[some] = follow.words[follow.bounds[some + 1] - 1]

    def may_be(self, states: Longs, before: Longs) -> NDArray[np.bool_]:
        """False where surely nothing can be reached; `before` are states of the language model."""
        overlap = (self._lowest[states] <= self._last_word[before]) & (self._highest[states] > self._first_word[before])
        some: NDArray[np.bool_] = overlap | np.isfinite(self._follow.final[before])
        return some

    def word(self, states: Longs, words: Longs) -> NDArray[np.bool_]:
        """Whether a word can come next from a state."""
        if len(states) == 0:
            return np.zeros(0, np.bool_)
        place = np.searchsorted(self._interval_keys, states << WORD_BITS | words, "right") - 1
        here = np.maximum(place, 0)
        is_in: NDArray[np.bool_] = (
            (place >= 0) & (self._interval_keys[here] >> WORD_BITS == states) & (words < self._lexicon.ends[here])
        )
        return is_in

    def followers(self, states: Longs, before: Longs) -> Reached:
        """All words that may follow and can come next."""
        ends = self._can_end[states] & np.isfinite(self._follow.final[before])
        found = Reached(
            np.zeros(len(states), np.int64),
            np.zeros(len(states), np.int64),
            np.where(ends, np.exp(-np.where(ends, self._follow.final[before], 0.0)), 0.0).astype(np.longdouble),
            ends,
        )
        by_interval = self._lexicon.intervals[states] <= self._followed[before]
        for is_by_interval, work in ((True, self._lexicon.intervals[states]), (False, self._followed[before])):
            chosen = np.flatnonzero(by_interval == is_by_interval)
            for some in _portions(chosen, work[chosen]):
                self._find(found, states[some], before[some], some, is_by_interval)
        return found

    def _find(self, found: Reached, states: Longs, before: Longs, some: Longs, by_interval: bool) -> None:
        lexicon, follow = self._lexicon, self._follow
        if by_interval:
            own, at = spread(lexicon.first_interval[states], lexicon.intervals[states])
            of = before[own] << WORD_BITS
            first = np.searchsorted(follow.keys, of | lexicon.begins[at])
            after = np.searchsorted(follow.keys, of | lexicon.ends[at])
        else:
            own, at = spread(follow.bounds[before], self._followed[before])
            first, after = at, at + self.word(states[own], follow.words[at])
        hit = np.flatnonzero(after > first)
        own, first, after = own[hit], first[hit], after[hit]
        # Each pair's are side by side: summed by where the next pair begins.
        pairs, begin = np.unique(own, return_index=True)
        if len(pairs):
            place = some[pairs]
            found.arc[place] = first[begin]
            found.arcs[place] += np.add.reduceat(after - first, begin)
            found.probability[place] += np.add.reduceat(follow.summed[after] - follow.summed[first], begin)


def spread(first: Longs, counts: Longs) -> tuple[Longs, Longs]:
    """Of runs that begin at `first` and are `counts` long: for each member, which run it is of, and its place."""
    own = np.repeat(np.arange(len(counts)), counts)
    return own, np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())


def _portions(chosen: Longs, work: Longs) -> list[Longs]:
    done = np.cumsum(work)
    cuts = np.searchsorted(done, np.arange(_AT_ONCE, int(done[-1]) if len(done) else 0, _AT_ONCE))
    return [part for part in np.split(chosen, np.unique(cuts)) if len(part)]
