"""HCLr.fst: how each word sounds, as a graph from sounds to words, and which words can still come at each of its states.

Its type is `olabel_lookahead`: a `const` graph, then for each state the numbers of the words that are next on some way from it,
as intervals; a number of its own stands for the end. The words are numbered so that most states have one interval.
Source: openfst.org, add-on.h, lookahead-matcher.h, label-reachable.h, interval-set.h.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicemail.graph import const_fst

Longs = NDArray[np.int64]
_ADD_ON_MAGIC = 446681434
_OPENING = struct.pack("<i", const_fst.MAGIC) + const_fst.packed("olabel_lookahead") + const_fst.packed("standard")
_HEADER_BYTES = len(_OPENING) + 40
# There is an add-on; none for the words' side of the graph but one for the other; by output, without old numbers.
_FLAGS = b"\x01\x00\x01\x00\x00"


class NotALexicon(Exception):
    """It is not of the form that this file knows; Vosk may still load it. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`words`, `inputs`, `weights` and `nexts` are of its arcs; a state's are `arcs` many from `first_arc` on.

    A state's intervals are `intervals` many from `first_interval` on, each from `begins` to before `ends`, in order.
    """

    first_arc: Longs
    arcs: Longs
    final: NDArray[np.float64]
    words: Longs
    inputs: NDArray[np.int32]
    weights: NDArray[np.float64]
    nexts: Longs
    first_interval: Longs
    intervals: Longs
    begins: Longs
    ends: Longs
    end_number: int


def read_lexicon(path: Path) -> Lexicon:
    """Read HCLr.fst. Raises NotALexicon, OSError."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        opening = mapped[:_HEADER_BYTES]
        place = _HEADER_BYTES + 4
        if not opening.startswith(_OPENING) or struct.unpack("<i", mapped[_HEADER_BYTES:place])[0] != _ADD_ON_MAGIC:
            raise NotALexicon("it is not of the type olabel_lookahead")
        content = mapped[place:]  # copied: numpy would keep the file open
    try:
        start, states, arcs, end = const_fst.read(content)
    except const_fst.NotConst as reason:
        raise NotALexicon(str(reason)) from None
    if start != 0 or content[end : end + len(_FLAGS)] != _FLAGS or (len(content) - end - len(_FLAGS)) % 4:
        raise NotALexicon("what it says of its words is of another form")
    numbers = np.frombuffer(content, "<i4", offset=end + len(_FLAGS))
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
    # Each state: how many intervals (8 bytes), their two ends each, how many words that are in all.
    if len(numbers) < 3 or numbers[1] != states:
        raise NotALexicon("it tells the words of other states than it has")
    values = numbers.tolist()
    intervals, first_number = np.zeros(states, np.int64), np.zeros(states, np.int64)
    place = 3
    try:
        for state in range(states):
            intervals[state], first_number[state] = values[place], place + 2
            place += 3 + 2 * values[place]
    except IndexError:
        raise NotALexicon("it is cut off") from None
    if place != len(values) or intervals.min() < 0:
        raise NotALexicon("it is longer or shorter than it says")
    return intervals, first_number
