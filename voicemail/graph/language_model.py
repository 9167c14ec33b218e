"""Gr.fst as arrays: which words may follow which, for many of its states at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicemail.graph import const_fst
from voicemail.graph.const_fst import Doubles, Flags, Longs, UnsupportedFormat

WORD_BITS = 20


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A backoff n-gram model. `keys` are state and word of each arc in one number, sorted.

    A state's arcs are from `bounds[state]` to before `bounds[state + 1]`. `summed` is the probability of all arcs before one.
    `back` is the state with one word less of history, -1 where there is none, reached at `back_weight`.
    """

    start: int
    keys: Longs
    words: Longs
    weights: Doubles
    nexts: Longs
    bounds: Longs
    summed: NDArray[np.longdouble]
    final: Doubles
    back: Longs
    back_weight: Doubles

    @staticmethod
    def key(states: Longs, words: Longs) -> Longs:
        """The keys of states' arcs."""
        return states << WORD_BITS | words

    @property
    def only_backs_off(self) -> Flags:
        """Which states have nothing but their backoff arc."""
        only: Flags = (self.back >= 0) & (np.diff(self.bounds) == 0) & ~np.isfinite(self.final)
        return only


def read_language_model(fst: bytes) -> LanguageModel:
    """Read the content of a Gr.fst of the type `const`. Raises UnsupportedFormat."""
    start, states, arcs, _ = const_fst.read(fst)
    sources = np.repeat(np.arange(len(states)), states["arcs"].astype(np.int64))
    is_back = arcs["input"] == 0
    back, back_weight = np.full(len(states), -1), np.zeros(len(states))
    back[sources[is_back]] = arcs["next"][is_back]
    back_weight[sources[is_back]] = arcs["weight"][is_back]
    others, of = arcs[~is_back], sources[~is_back]
    keys = of << WORD_BITS | others["input"]
    if not (np.diff(keys) > 0).all() or (arcs["input"] != arcs["output"]).any() or is_back.sum() != (back >= 0).sum():
        raise UnsupportedFormat("the language model's arcs are not sorted, or not of words")
    probabilities = np.exp(-others["weight"].astype(np.longdouble))
    return LanguageModel(
        start,
        keys,
        others["input"].astype(np.int64),
        others["weight"].astype(np.float64),
        others["next"].astype(np.int64),
        np.searchsorted(keys, np.arange(len(states) + 1) << WORD_BITS).astype(np.int64),
        # The sum runs over the whole model, and its differences are single words: 64 bits are not enough.
        np.concatenate([np.zeros(1, np.longdouble), np.cumsum(probabilities)]),
        states["final"].astype(np.float64),
        back,
        back_weight,
    )
