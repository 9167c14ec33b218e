"""Which of the words that may follow can still be said from a state of the lexicon, for many pairs of states at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicemail.graph.const_fst import Flags, Longs, spread
from voicemail.graph.language_model import WORD_BITS, LanguageModel
from voicemail.graph.lexicon import Lexicon

_AT_ONCE = 2_000_000  # bounds the memory of one step to some tens of MB


@dataclass(frozen=True, slots=True)
class Reachable:
    """For each pair: how many arcs of the language model, one of them, their probability, and whether the end is among them."""

    arcs: Longs
    arc: Longs
    probability: NDArray[np.longdouble]
    ends: Flags


class Lookahead:
    """Answers for one lexicon and one language model."""

    def __init__(self, lexicon: Lexicon, grammar: LanguageModel) -> None:
        self._lexicon, self._grammar = lexicon, grammar
        of = np.repeat(np.arange(len(lexicon.arcs)), lexicon.intervals)
        self._interval_keys = of << WORD_BITS | lexicon.begins
        self._can_end = np.zeros(len(lexicon.arcs), np.bool_)
        self._can_end[of[(lexicon.begins <= lexicon.end_number) & (lexicon.end_number < lexicon.ends)]] = True
        # The first and last word of each state exclude most pairs before anything is looked up.
        self._lowest, self._highest = _first_and_last(lexicon.first_interval, lexicon.intervals, lexicon.begins)
        some = np.flatnonzero(lexicon.intervals)
        self._highest[some] = lexicon.ends[lexicon.first_interval[some] + lexicon.intervals[some] - 1]
        self._followers = np.diff(grammar.bounds)
        self._first_word, self._last_word = _first_and_last(grammar.bounds[:-1], self._followers, grammar.words)

    def may_reach(self, states: Longs, histories: Longs) -> Flags:
        """False where surely nothing can be reached; `histories` are states of the language model."""
        overlap = self._lowest[states] <= self._last_word[histories]
        overlap &= self._highest[states] > self._first_word[histories]
        some: Flags = overlap | np.isfinite(self._grammar.final[histories])
        return some

    def can_say(self, states: Longs, words: Longs) -> Flags:
        """Whether a word can come next from a state."""
        if len(states) == 0:
            return np.zeros(0, np.bool_)
        place = np.searchsorted(self._interval_keys, states << WORD_BITS | words, "right") - 1
        here = np.maximum(place, 0)
        is_in: Flags = (
            (place >= 0) & (self._interval_keys[here] >> WORD_BITS == states) & (words < self._lexicon.ends[here])
        )
        return is_in

    def reachable(self, states: Longs, histories: Longs) -> Reachable:
        """All words that may follow and can come next."""
        final = self._grammar.final[histories]
        ends = self._can_end[states] & np.isfinite(final)
        found = Reachable(
            np.zeros(len(states), np.int64),
            np.zeros(len(states), np.int64),
            np.where(ends, np.exp(-np.where(ends, final, 0.0)), 0.0).astype(np.longdouble),
            ends,
        )
        # By whichever is less work: each interval of the one side, or each word of the other.
        intervals, followers = self._lexicon.intervals[states], self._followers[histories]
        by_interval = intervals <= followers
        for is_by_interval, work in ((True, intervals), (False, followers)):
            chosen = np.flatnonzero(by_interval == is_by_interval)
            for some in _portions(chosen, work[chosen]):
                self._find(found, states[some], histories[some], some, is_by_interval)
        return found

    def _find(self, found: Reachable, states: Longs, histories: Longs, some: Longs, by_interval: bool) -> None:
        lexicon, grammar = self._lexicon, self._grammar
        if by_interval:
            own, at = spread(lexicon.first_interval[states], lexicon.intervals[states])
            first = np.searchsorted(grammar.keys, grammar.key(histories[own], lexicon.begins[at]))
            after = np.searchsorted(grammar.keys, grammar.key(histories[own], lexicon.ends[at]))
        else:
            own, at = spread(grammar.bounds[histories], self._followers[histories])
            first, after = at, at + self.can_say(states[own], grammar.words[at])
        hit = np.flatnonzero(after > first)
        own, first, after = own[hit], first[hit], after[hit]
        # The results of one pair are side by side: they are summed up to where the next pair begins.
        pairs, begin = np.unique(own, return_index=True)
        if len(pairs):
            place = some[pairs]
            found.arc[place] = first[begin]
            found.arcs[place] += np.add.reduceat(after - first, begin)
            found.probability[place] += np.add.reduceat(grammar.summed[after] - grammar.summed[first], begin)


def _first_and_last(first: Longs, counts: Longs, values: Longs) -> tuple[Longs, Longs]:
    # The first and the last value of each run; of an empty run bounds that nothing lies between.
    lowest, highest = np.full(len(counts), np.iinfo(np.int64).max), np.full(len(counts), -1)
    some = np.flatnonzero(counts)
    lowest[some], highest[some] = values[first[some]], values[first[some] + counts[some] - 1]
    return lowest, highest


def _portions(chosen: Longs, work: Longs) -> list[Longs]:
    done = np.cumsum(work)
    cuts = np.searchsorted(done, np.arange(_AT_ONCE, int(done[-1]) if len(done) else 0, _AT_ONCE))
    return [part for part in np.split(chosen, np.unique(cuts)) if len(part)]
