"""OpenFst's `const` file format: a header, then all states, then all arcs, each of a fixed size.

Source: openfst.org, const-fst.h (version 2) and fst.h.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAGIC = 2125659606
STATE = np.dtype(
    [("final", "<f4"), ("first_arc", "<u4"), ("arcs", "<u4"), ("input_epsilons", "<u4"), ("output_epsilons", "<u4")]
)
ARC = np.dtype([("input", "<i4"), ("output", "<i4"), ("weight", "<f4"), ("next", "<i4")])
_EXPANDED_AND_MUTABLE = 3  # the property bits that every such file has
_FIXED = struct.Struct("<iiQqqq")

States = NDArray[np.void]
Arcs = NDArray[np.void]
Longs = NDArray[np.int64]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]


class UnsupportedFormat(Exception):
    """A file of a model does not have the form that this package reads; Vosk may still read it. A retry cannot help."""


def header(start: int, states: int, arcs: int, properties: int = _EXPANDED_AND_MUTABLE) -> bytes:
    """The bytes before the states."""
    fixed = _FIXED.pack(2, 0, properties, start, states, arcs)
    return struct.pack("<i", MAGIC) + packed("const") + packed("standard") + fixed


def read(content: bytes | memoryview, place: int = 0) -> tuple[int, States, Arcs, int]:
    """Start state, states, arcs and end of the graph that begins at `place`. Raises UnsupportedFormat."""
    plain = header(0, 0, 0)
    opening = len(plain) - _FIXED.size
    if bytes(content[place : place + opening]) != plain[:opening] or len(content) < place + len(plain):
        raise UnsupportedFormat("it is no const graph of standard arcs")
    version, flags, _, start, states, arcs = _FIXED.unpack_from(content, place + opening)
    if (version, flags) != (2, 0) or min(states, arcs, start) < 0:
        raise UnsupportedFormat(f"version {version}, flags {flags}")
    first_state = place + len(plain)
    first_arc = first_state + states * STATE.itemsize
    end = first_arc + arcs * ARC.itemsize
    if end > len(content):
        raise UnsupportedFormat("the file is truncated")
    return start, np.frombuffer(content, STATE, states, first_state), np.frombuffer(content, ARC, arcs, first_arc), end


def write(path: Path, start: int, states: States, arcs: Arcs) -> None:
    """Write a whole graph."""
    with path.open("wb") as file:
        file.write(header(start, len(states), len(arcs)))
        states.tofile(file)
        arcs.tofile(file)


def packed(text: str) -> bytes:
    """A text as OpenFst writes one."""
    return struct.pack("<i", len(text)) + text.encode()


def spread(first: Longs, counts: Longs) -> tuple[Longs, Longs]:
    """Flatten runs that begin at `first` and are `counts` long: for each member its run's number and its place."""
    run = np.repeat(np.arange(len(counts)), counts)
    return run, np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
