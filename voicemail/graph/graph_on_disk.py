"""A graph that is being composed: its arcs are on disk until all of its states have numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicemail.graph.const_fst import ARC, STATE, Arcs, Doubles, Longs, States

_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class NewArcs:
    """Arcs that leave some states: `source` is a state's place among them, `to` the key of the state that is reached."""

    source: Longs
    input: NDArray[np.int32]
    output: Longs
    weight: Doubles
    to: Longs


class GraphOnDisk:
    """States have keys, any numbers, each added once; `folder` needs 24 bytes an arc."""

    def __init__(self, folder: Path) -> None:
        self._arcs, self._to = (folder / "arcs").open("w+b"), (folder / "to").open("w+b")
        self._keys: list[Longs] = []
        self._counts: list[NDArray[np.int32]] = []
        self._finals: list[NDArray[np.float32]] = []

    def add(self, keys: Longs, final: Doubles, new_arcs: list[NewArcs]) -> None:
        """Add states, the weights at which a path may end in them, and all arcs that leave them."""
        source = np.concatenate([part.source for part in new_arcs])
        order = np.argsort(source, kind="stable")
        arcs = np.zeros(len(order), ARC)
        for name in ("input", "output", "weight"):
            arcs[name] = np.concatenate([getattr(part, name) for part in new_arcs])[order]
        arcs.tofile(self._arcs)
        np.concatenate([part.to for part in new_arcs])[order].tofile(self._to)
        self._keys.append(keys)
        self._counts.append(np.bincount(source, minlength=len(keys)).astype(np.int32))
        self._finals.append(final.astype(np.float32))

    def finished(self, start: int) -> tuple[int, States, Arcs]:
        """Start state, states in the order in which they were added, and arcs, still on disk; `start` is a key."""
        keys = np.concatenate(self._keys)
        self._keys.clear()
        order = np.argsort(keys)
        sorted_keys = keys[order]
        if (np.diff(sorted_keys) == 0).any():
            raise ValueError("a state was added twice")
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
        """Close the files, which stay on disk."""
        self._arcs.close()
        self._to.close()
