"""States of a graph from which the same can be said at the same weights, made one: a fifth of all, mostly ends of words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicemail.graph import const_fst
from voicemail.graph.const_fst import ARC, STATE, Arcs, States
from voicemail.graph.lexicon_graph import Longs
from voicemail.graph.reach import spread

_ROUNDED_TO = 1 / 1024  # as OpenFst rounds weights that it moves
_AT_ONCE = 300_000  # states
_ENOUGH = 0.001  # a round that makes fewer one is the last

Hashes = NDArray[np.uint64]


def write_merged(path: Path, start: int, states: States, arcs: Arcs, tick: Callable[[], None] = lambda: None) -> None:
    """Write the graph with its alike states made one. A state's arcs lie side by side, in the order of states."""
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
    """Of each state the first one that is as it is. Only what is sure is made one, round by round, from the ends of words on."""
    group, count = np.arange(len(states)), len(states)
    while True:
        hashes = np.concatenate(list(_hashed(states, arcs, group, tick)))
        _, first, place = np.unique(hashes, return_index=True, return_inverse=True)
        group, before, count = first[place], count, len(first)
        if before - count <= _ENOUGH * before:
            return group


def _hashed(states: States, arcs: Arcs, group: Longs, tick: Callable[[], None]) -> Iterator[Hashes]:
    # 64 bits of 14 million states: two that differ are taken for one in one graph of two hundred thousand.
    for first in range(0, len(states), _AT_ONCE):
        tick()
        these = states[first : first + _AT_ONCE]
        counts = these["arcs"].astype(np.int64)
        begin = int(these["first_arc"][0])
        leaving = arcs[begin : begin + int(counts.sum())]
        own = np.repeat(np.arange(first, first + len(these)), counts)
        to = np.where(leaving["next"] == own, -1, group[leaving["next"]])  # a loop is one whichever state has it
        of_arc = _mixed(leaving["input"].astype(np.uint64) << np.uint64(32) | leaving["output"].astype(np.uint64))
        of_arc = _mixed(of_arc ^ _bits(leaving["weight"])) + to.astype(np.uint64)
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_mixed(of_arc))])
        ends = np.cumsum(counts)
        yield _mixed(_mixed(_bits(these["final"])) + (sums[ends] - sums[ends - counts]))


def _rounded(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    rounded: NDArray[np.float32] = (np.round(weights / _ROUNDED_TO) * _ROUNDED_TO).astype(np.float32)
    return rounded


def _bits(weights: NDArray[np.float32]) -> Hashes:
    return (_rounded(weights) + np.float32(0)).view(np.uint32).astype(np.uint64)  # there are two zeros


def _mixed(numbers: Hashes) -> Hashes:
    # The end of MurmurHash3: each bit changes all.
    mixed: Hashes = numbers ^ numbers >> np.uint64(33)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    mixed *= np.uint64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> np.uint64(33)
    return mixed
