"""A language model as OpenFst's `ngram` keeps it, and the same one spread out as `const`, which Vosk reads far faster.

`ngram` keeps a trie in bits; each step of each arc counts through them, and composing the graph with it is a third to two fifths
of all that recognition costs. Spread out it takes a few MB more for the arcs, and less in all: Vosk keeps the words of a
model that brings them in its language model three times. The words heard are the same to the letter.
Sources: openfst.org, extensions/ngram/ngram-fst.h (version 4) and symbol-table.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicemail.graph import const_fst

_SYMBOLS_MAGIC = 2125658996
_HAS_BOTH_SYMBOLS = 3


class NotSpreadable(Exception):
    """It is not a language model of the form that this file knows; Vosk may still. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class SpreadOut:
    """`fst` is the content of Gr.fst and `words` of words.txt, a word and its number a line."""

    fst: bytes
    words: str


def spread_out(content: bytes) -> SpreadOut:
    """A Gr.fst of the type `ngram` as one of the type `const`. Raises NotSpreadable."""
    try:
        return _spread_out(content)
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        raise NotSpreadable(str(error)) from None


def _spread_out(content: bytes) -> SpreadOut:
    magic, place = struct.unpack_from("<i", content)[0], 4
    kind, place = _text(content, place)
    arc_kind, place = _text(content, place)
    version, flags, properties, start, _, _ = struct.unpack_from("<iiQqqq", content, place)
    place += struct.calcsize("<iiQqqq")
    if (magic, kind, arc_kind, version, flags) != (const_fst.MAGIC, "ngram", "standard", 4, _HAS_BOTH_SYMBOLS):
        raise NotSpreadable(f"{kind} {version} of {arc_kind}, flags {flags}")
    words, end = _symbols(content, place)
    if content[place:end] != content[end : 2 * end - place]:
        raise NotSpreadable("its words have other numbers on the other side")
    states, arcs = _states_and_arcs(content, 2 * end - place)
    header = const_fst.header(start, len(states), len(arcs), properties)
    return SpreadOut(b"".join((header, states.tobytes(), arcs.tobytes())), words)


def _symbols(content: bytes, place: int) -> tuple[str, int]:
    if struct.unpack_from("<i", content, place)[0] != _SYMBOLS_MAGIC:
        raise NotSpreadable("it has no words")
    _, place = _text(content, place + 4)
    _, count = struct.unpack_from("<qq", content, place)
    place += 16
    lines = []
    for _ in range(count):
        word, place = _text(content, place)
        lines.append(f"{word} {int.from_bytes(content[place : place + 8], 'little')}\n")
        place += 8
    return "".join(lines), place


def _states_and_arcs(content: bytes, place: int) -> tuple[NDArray[np.void], NDArray[np.void]]:
    count, futures, finals = struct.unpack_from("<QQQ", content, place)
    place += 24

    def taken(kind: str, length: int) -> NDArray[np.generic]:
        nonlocal place
        part = np.frombuffer(content, kind, length, place)
        place += part.nbytes
        return part

    def bits(length: int) -> NDArray[np.bool_]:
        words = taken("<u8", (length + 63) // 64)
        return np.unpackbits(words.view(np.uint8), bitorder="little")[:length].astype(np.bool_)

    context, future, is_final = bits(2 * count + 1), bits(futures + count + 1), bits(count)
    context_words, future_words = (taken("<i4", length).astype(np.int64) for length in (count + 1, futures))
    backoffs, final_weights, future_weights = taken("<f4", count + 1), taken("<f4", finals), taken("<f4", futures)
    if len(content) - place not in range(8):  # it is filled up to 8 bytes
        raise NotSpreadable(f"{len(content) - place} bytes are left over")

    # A state is the words before, the last one first: a trie, level after level. Each 1 is a node, each 0 ends the
    # children of one: a node's parent is the one whose children are not ended yet.
    nodes = np.flatnonzero(context)
    parents = np.maximum(nodes - np.arange(count) - 1, 0)  # the zeros before it, less the root's own
    words = context_words[:count]
    size = int(max(words.max(), future_words.max())) + 1
    keys = parents * size + words
    keys[0] = -1  # the root is nobody's child

    def child(of: NDArray[np.int64], word: NDArray[np.int64]) -> NDArray[np.int64]:
        wanted = of * size + word
        found = np.minimum(np.searchsorted(keys, wanted), count - 1)
        return np.where(keys[found] == wanted, found, -1)

    ends = np.flatnonzero(~future)
    lengths = np.diff(ends) - 1
    has_backoff = np.arange(count) > 0
    sources = np.repeat(np.arange(count), lengths)
    nexts = np.maximum(child(np.zeros(futures, np.int64), future_words), 0)
    reached = nexts > 0
    for before in _words_before(sources, parents, words):
        # One word further back, as long as the model knows that.
        known = reached & (before >= 0)
        further = child(nexts[known], before[known])
        reached = np.zeros(futures, np.bool_)
        reached[np.flatnonzero(known)[further >= 0]] = True
        nexts[reached] = further[further >= 0]

    states = np.zeros(count, const_fst.STATE)
    states["final"] = np.inf
    states["final"][is_final] = final_weights
    states["arcs"] = lengths + has_backoff
    states["first_arc"] = np.cumsum(states["arcs"]) - states["arcs"]
    states["input_epsilons"] = states["output_epsilons"] = has_backoff
    arcs = np.zeros(futures + count - 1, const_fst.ARC)
    backing = states["first_arc"][1:]
    arcs["weight"][backing] = backoffs[1:count]
    arcs["next"][backing] = parents[1:]
    others = np.arange(futures) + sources  # each state but the first begins with its way back
    arcs["input"][others] = arcs["output"][others] = future_words
    arcs["weight"][others] = future_weights
    arcs["next"][others] = nexts
    return states, arcs


def _words_before(
    sources: NDArray[np.int64], parents: NDArray[np.int64], words: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """Of each arc's state the last word, the one before it, and so on; -1 where there is none."""
    levels = [np.arange(len(parents))]  # of each state itself, its parent, and so on, up to the root
    while levels[-1].any():
        levels.append(parents[levels[-1]])
    depths = np.sum([level > 0 for level in levels], axis=0)
    path = np.stack(levels)
    for depth in range(1, int(depths.max()) + 1):
        nodes = path[np.maximum(depths - depth, 0), np.arange(len(parents))]
        yield np.where(depths >= depth, words[nodes], -1)[sources]


def _text(content: bytes, place: int) -> tuple[str, int]:
    length = struct.unpack_from("<i", content, place)[0]
    if not 0 <= length <= len(content) - place - 4:
        raise NotSpreadable("a text is longer than the file")
    return content[place + 4 : place + 4 + length].decode(), place + 4 + length
