"""Which words may follow which, of a language model spread out: for many of its states at once, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicemail.graph import const_fst
from voicemail.graph.lexicon_graph import Longs

WORD_BITS = 20


class NotFollowable(Exception):
    """The language model is not of the form that n-grams have. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Followers:
    """`keys` are state and word of each arc in one number, sorted; `words`, `weights` and `nexts` of the same arcs.

    A state's arcs are from `bounds[state]` to before `bounds[state + 1]`. `summed` is the probability of all arcs before one.
    `back` is the state of a word less, -1 where there is none, reached at `back_weight`.
    """

    start: int
    keys: Longs
    words: Longs
    weights: NDArray[np.float64]
    nexts: Longs
    bounds: Longs
    summed: NDArray[np.longdouble]
    final: NDArray[np.float64]
    back: Longs
    back_weight: NDArray[np.float64]

    @staticmethod
    def key(states: Longs, words: Longs) -> Longs:
        """The keys of states' arcs."""
        return states << WORD_BITS | words

    @property
    def only_go_back(self) -> NDArray[np.bool_]:
        """Of each state whether nothing follows but by going back."""
        only: NDArray[np.bool_] = (self.back >= 0) & (np.diff(self.bounds) == 0) & ~np.isfinite(self.final)
        return only


def followers(fst: bytes) -> Followers:
    """Of a `const` language model. Raises NotFollowable."""
    start, states, arcs, _ = const_fst.read(fst)
    sources = np.repeat(np.arange(len(states)), states["arcs"].astype(np.int64))
    is_back = arcs["input"] == 0
    back, back_weight = np.full(len(states), -1), np.zeros(len(states))
    back[sources[is_back]] = arcs["next"][is_back]
    back_weight[sources[is_back]] = arcs["weight"][is_back]
    others, of = arcs[~is_back], sources[~is_back]
    keys = of << WORD_BITS | others["input"]
    if not (np.diff(keys) > 0).all() or (arcs["input"] != arcs["output"]).any() or is_back.sum() != (back >= 0).sum():
        raise NotFollowable("its arcs are not sorted, or not of words")
    probabilities = np.exp(-others["weight"].astype(np.longdouble))
    return Followers(
        start,
        keys,
        others["input"].astype(np.int64),
        others["weight"].astype(np.float64),
        others["next"].astype(np.int64),
        np.searchsorted(keys, np.arange(len(states) + 1) << WORD_BITS).astype(np.int64),
        # Sums of a model's whole probability, differences of one word's: 64 bits are not enough.
        np.concatenate([np.zeros(1, np.longdouble), np.cumsum(probabilities)]),
        states["final"].astype(np.float64),
        back,
        back_weight,
    )
