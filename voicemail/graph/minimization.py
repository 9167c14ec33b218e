"""Merges equivalent states of a graph: those whose arcs lead to the same states with the same labels and weights.

In a composed graph that is a fifth of all states, mostly at the ends of words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicemail.graph import const_fst
from voicemail.graph.const_fst import ARC, STATE, Arcs, Longs, States, spread

_ROUNDED_TO = 1 / 1024  # as OpenFst rounds weights
_AT_ONCE = 300_000  # states
_FEWEST_MERGED = 0.001  # a round that merges a smaller share of the states is the last

Hashes = NDArray[np.uint64]


def write_merged(path: Path, start: int, states: States, arcs: Arcs, tick: Callable[[], None] = lambda: None) -> None:
    """Merge equivalent states and write the graph to `path`. The arcs must be in the order of their states."""
    group = _groups(states, arcs, tick)
    kept = np.flatnonzero(group == np.arange(len(group)))
    number = np.zeros(len(group), np.int32)
    number[kept] = np.arange(len(kept))
    counts = states["arcs"][kept].astype(np.int64)
    written = np.zeros(len(kept), STATE)
    written["arcs"], written["final"] = counts, _rounded(states["final"][kept])
    written["first_arc"] = np.cumsum(counts) - counts
    header = const_fst.header(int(number[group[start]]), len(kept), int(counts.sum()))
    with path.open("wb") as file:
        file.seek(len(header) + written.nbytes)
        for first in range(0, len(kept), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            own, at = spread(states["first_arc"][kept[part]].astype(np.int64), counts[part])
            these = arcs[at]
            these["weight"] = _rounded(these["weight"])
            these["next"] = number[group[these["next"]]]
            written["input_epsilons"][part] = np.bincount(own[these["input"] == 0], minlength=len(counts[part]))
            written["output_epsilons"][part] = np.bincount(own[these["output"] == 0], minlength=len(counts[part]))
            these.astype(ARC).tofile(file)
        file.seek(0)
        file.write(header)
        written.tofile(file)


def _groups(states: States, arcs: Arcs, tick: Callable[[], None]) -> Longs:
    """The first equivalent state of each state. Every round finds more: states are equivalent once those they lead to are."""
    group, count = np.arange(len(states)), len(states)
    while True:
        hashes = np.concatenate(list(_hashed(states, arcs, group, tick)))
        _, first, place = np.unique(hashes, return_index=True, return_inverse=True)
        group, before, count = first[place], count, len(first)
        if before - count <= _FEWEST_MERGED * before:
            return group


def _hashed(states: States, arcs: Arcs, group: Longs, tick: Callable[[], None]) -> Iterator[Hashes]:
    # 64 bits for 14 million states: in one graph of two hundred thousand two states have one hash by chance.
    for first in range(0, len(states), _AT_ONCE):
        tick()
        these = states[first : first + _AT_ONCE]
        counts = these["arcs"].astype(np.int64)
        begin = int(these["first_arc"][0])
        leaving = arcs[begin : begin + int(counts.sum())]
        own = np.repeat(np.arange(first, first + len(these)), counts)
        to = np.where(leaving["next"] == own, -1, group[leaving["next"]])  # loops of different states are alike
        of_arc = _mixed(leaving["input"].astype(np.uint64) << np.uint64(32) | leaving["output"].astype(np.uint64))
        of_arc = _mixed(of_arc ^ _bits(leaving["weight"])) + to.astype(np.uint64)
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_mixed(of_arc))])
        ends = np.cumsum(counts)
        yield _mixed(_mixed(_bits(these["final"])) + (sums[ends] - sums[ends - counts]))


def _rounded(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    rounded: NDArray[np.float32] = (np.round(weights / _ROUNDED_TO) * _ROUNDED_TO).astype(np.float32)
    return rounded


def _bits(weights: NDArray[np.float32]) -> Hashes:
    return (_rounded(weights) + np.float32(0)).view(np.uint32).astype(np.uint64)  # -0.0 becomes 0.0


def _mixed(numbers: Hashes) -> Hashes:
    # The finalizer of MurmurHash3: each bit of the input changes every bit of the result.
    mixed: Hashes = numbers ^ numbers >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed
