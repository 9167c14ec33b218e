"""HCLr.fst: the graph from sounds to words, and for each of its states the words that can still come.

Its type is `olabel_lookahead`: a `const` graph, then for each state the reachable words as intervals of word numbers. One more
number stands for the end of the graph. The model's builder numbers the words so that most states have one interval.
Source: openfst.org, add-on.h, lookahead-matcher.h, label-reachable.h, interval-set.h.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicemail.graph import const_fst
from voicemail.graph.const_fst import Doubles, Longs, UnsupportedFormat

_ADD_ON_MAGIC = 446681434
_OPENING = struct.pack("<i", const_fst.MAGIC) + const_fst.packed("olabel_lookahead") + const_fst.packed("standard")
_HEADER_BYTES = len(_OPENING) + 40
# An add-on follows, for the output labels only, without a table of old numbers.
_FLAGS = b"\x01\x00\x01\x00\x00"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`words`, `inputs`, `weights` and `nexts` belong to the arcs; a state has `arcs` of them from `first_arc` on.

    A state has `intervals` intervals from `first_interval` on, each from `begins` to before `ends`, in order.
    """

    first_arc: Longs
    arcs: Longs
    final: Doubles
    words: Longs
    inputs: NDArray[np.int32]
    weights: Doubles
    nexts: Longs
    first_interval: Longs
    intervals: Longs
    begins: Longs
    ends: Longs
    end_number: int


def read_lexicon(path: Path) -> Lexicon:
    """Read HCLr.fst. Raises UnsupportedFormat, OSError."""
    content = memoryview(path.read_bytes())
    place = _HEADER_BYTES + 4
    if bytes(content[: len(_OPENING)]) != _OPENING or len(content) < place:
        raise UnsupportedFormat("it is not of the type olabel_lookahead")
    if struct.unpack_from("<i", content, _HEADER_BYTES)[0] != _ADD_ON_MAGIC:
        raise UnsupportedFormat("it has no table of reachable words")
    start, states, arcs, end = const_fst.read(content, place)
    table = end + len(_FLAGS)
    if start != 0 or bytes(content[end:table]) != _FLAGS or (len(content) - table) % 4:
        raise UnsupportedFormat("its table of reachable words has another form")
    numbers = np.frombuffer(content, "<i4", offset=table)
    intervals, first_number = _places(numbers, len(states))
    first_interval = np.cumsum(intervals) - intervals
    at = np.repeat(first_number - 2 * first_interval, intervals) + 2 * np.arange(intervals.sum())
    return Lexicon(
        states["first_arc"].astype(np.int64),
        states["arcs"].astype(np.int64),
        states["final"].astype(np.float64),
        arcs["output"].astype(np.int64),
        arcs["input"].copy(),
        arcs["weight"].astype(np.float64),
        arcs["next"].astype(np.int64),
        first_interval,
        intervals,
        numbers[at].astype(np.int64),
        numbers[at + 1].astype(np.int64),
        int(numbers[0]),
    )


def _places(numbers: NDArray[np.int32], states: int) -> tuple[Longs, Longs]:
    # Of each state: the count of its intervals (8 bytes), two ends for each, the count of its words.
    if len(numbers) < 3 or numbers[1] != states:
        raise UnsupportedFormat("its table of reachable words is of another graph")
    values = numbers.tolist()
    intervals, first_number = np.zeros(states, np.int64), np.zeros(states, np.int64)
    place = 3
    try:
        for state in range(states):
            intervals[state], first_number[state] = values[place], place + 2
            place += 3 + 2 * values[place]
    except IndexError:
        raise UnsupportedFormat("its table of reachable words is truncated") from None
    if place != len(values) or intervals.min() < 0:
        raise UnsupportedFormat("its table of reachable words is damaged")
    return intervals, first_number
