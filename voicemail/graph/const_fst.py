"""The form in which OpenFst keeps a graph as `const`: a header, its states, its arcs, all of fixed size.

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
_ORDINARY = 3  # it has all its states and may be changed: what every such graph says of itself
_FIXED = struct.Struct("<iiQqqq")

States = NDArray[np.void]
Arcs = NDArray[np.void]


class NotConst(Exception):
    """It is not a graph of this form. A retry cannot help."""


def header(start: int, states: int, arcs: int, properties: int = _ORDINARY) -> bytes:
    """What stands before the states."""
    fixed = _FIXED.pack(2, 0, properties, start, states, arcs)
    return struct.pack("<i", MAGIC) + packed("const") + packed("standard") + fixed


def read(content: bytes | memoryview, place: int = 0) -> tuple[int, States, Arcs, int]:
    """Of the graph that begins at `place`: its first state, its states and arcs, and where it ends. Raises NotConst."""
    plain = header(0, 0, 0)
    opening = len(plain) - _FIXED.size
    if bytes(content[place : place + opening]) != plain[:opening]:
        raise NotConst("it is no const graph of standard arcs")
    version, flags, _, start, states, arcs = _FIXED.unpack_from(content, place + opening)
    if (version, flags) != (2, 0) or min(states, arcs, start) < 0:
        raise NotConst(f"version {version}, flags {flags}")
    place += len(plain)
    end = place + states * STATE.itemsize + arcs * ARC.itemsize
    if end > len(content):
        raise NotConst("it is cut off")
    first_arc = place + states * STATE.itemsize
    return start, np.frombuffer(content, STATE, states, place), np.frombuffer(content, ARC, arcs, first_arc), end


def write(path: Path, start: int, states: States, arcs: Arcs) -> None:
    """Write a whole graph."""
    with path.open("wb") as file:
        file.write(header(start, len(states), len(arcs)))
        states.tofile(file)
        arcs.tofile(file)


def packed(text: str) -> bytes:
    """A text as OpenFst writes one."""
    return struct.pack("<i", len(text)) + text.encode()
