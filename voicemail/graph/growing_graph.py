"""A graph while it is made: its arcs lie on disk until all of its states have their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicemail.graph.const_fst import ARC, STATE, Arcs, States
from voicemail.graph.lexicon_graph import Longs

_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Leaving:
    """Arcs that leave the states of one wave: `source` is a state's place in the wave, `to` the key of the state they reach."""

    source: Longs
    input: NDArray[np.int32]
    output: Longs
    weight: NDArray[np.float64]
    to: Longs


class GrowingGraph:
    """States have keys, any numbers, each given once; `folder` needs 24 bytes an arc."""

    def __init__(self, folder: Path) -> None:
        self._arcs, self._to = (folder / "arcs").open("w+b"), (folder / "to").open("w+b")
        self._keys: list[Longs] = []
        self._counts: list[NDArray[np.int32]] = []
        self._finals: list[NDArray[np.float32]] = []

    def add(self, keys: Longs, final: NDArray[np.float64], leaving: list[Leaving]) -> None:
        """States, the weights at which one may end in them, and all arcs that leave them."""
        source = np.concatenate([part.source for part in leaving])
        order = np.argsort(source, kind="stable")
        arcs = np.zeros(len(order), ARC)
        arcs["input"] = np.concatenate([part.input for part in leaving])[order]
        arcs["output"] = np.concatenate([part.output for part in leaving])[order]
        arcs["weight"] = np.concatenate([part.weight for part in leaving])[order]
        arcs.tofile(self._arcs)
        np.concatenate([part.to for part in leaving])[order].tofile(self._to)
        self._keys.append(keys)
        self._counts.append(np.bincount(source, minlength=len(keys)).astype(np.int32))
        self._finals.append(final.astype(np.float32))

    def finished(self, start: int) -> tuple[int, States, Arcs]:
        """The graph, its states in the order in which they came, its arcs still on disk; `start` is a key."""
        keys = np.concatenate(self._keys)
        self._keys.clear()
        order = np.argsort(keys)
        sorted_keys = keys[order]
        if (np.diff(sorted_keys) == 0).any():
            raise ValueError("a state came twice")
        states = np.zeros(len(keys), STATE)
        states["final"] = np.concatenate(self._finals)
        states["arcs"] = np.concatenate(self._counts)
        states["first_arc"] = np.cumsum(states["arcs"], dtype=np.int64) - states["arcs"]
        for file in (self._arcs, self._to):
            file.flush()
        arcs = np.memmap(self._arcs.name, ARC, "r+")
        reached = np.memmap(self._to.name, np.int64, "r")
        for first in range(0, len(arcs), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            place = np.minimum(np.searchsorted(sorted_keys, reached[part]), len(keys) - 1)
            if (sorted_keys[place] != reached[part]).any():
                raise ValueError("an arc leads to no state")
            arcs["next"][part] = order[place]
        return int(order[np.searchsorted(sorted_keys, start)]), states, arcs

    def close(self) -> None:
        """Let go of the files, which stay."""
        self._arcs.close()
        self._to.close()
