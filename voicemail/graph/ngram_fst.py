"""Expands a language model from OpenFst's compressed type `ngram` to the type `const`, which Vosk reads far faster.

`ngram` is a trie in bits, and every step along an arc counts bits: a third of the work of recognition. The expanded model has
the same states, arcs and weights. It takes less memory in all, because Vosk holds the words of an `ngram` model three times.
Sources: openfst.org, extensions/ngram/ngram-fst.h (version 4) and symbol-table.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voicemail.graph import const_fst
from voicemail.graph.const_fst import Arcs, Flags, Longs, States, UnsupportedFormat

_SYMBOLS_MAGIC = 2125658996
_HAS_BOTH_SYMBOLS = 3


@dataclass(frozen=True, slots=True)
class ExpandedModel:
    """`fst` is the content of Gr.fst, `words` that of words.txt: a word and its number on each line."""

    fst: bytes
    words: str


def expanded(content: bytes) -> ExpandedModel:
    """Expand the content of a Gr.fst. Raises UnsupportedFormat."""
    try:
        return _expanded(content)
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        raise UnsupportedFormat(str(error)) from None


def _expanded(content: bytes) -> ExpandedModel:
    magic, place = struct.unpack_from("<i", content)[0], 4
    kind, place = _text(content, place)
    arc_kind, place = _text(content, place)
    version, flags, properties, start, _, _ = struct.unpack_from("<iiQqqq", content, place)
    place += struct.calcsize("<iiQqqq")
    if (magic, kind, arc_kind, version, flags) != (const_fst.MAGIC, "ngram", "standard", 4, _HAS_BOTH_SYMBOLS):
        raise UnsupportedFormat(f"{kind} {version} of {arc_kind}, flags {flags}")
    words, end = _symbols(content, place)
    if content[place:end] != content[end : 2 * end - place]:
        raise UnsupportedFormat("its input and output words have different numbers")
    states, arcs = _states_and_arcs(content, 2 * end - place)
    header = const_fst.header(start, len(states), len(arcs), properties)
    return ExpandedModel(b"".join((header, states.tobytes(), arcs.tobytes())), words)


def _symbols(content: bytes, place: int) -> tuple[str, int]:
    if struct.unpack_from("<i", content, place)[0] != _SYMBOLS_MAGIC:
        raise UnsupportedFormat("it has no table of words")
    _, place = _text(content, place + 4)
    _, count = struct.unpack_from("<qq", content, place)
    place += 16
    lines = []
    for _ in range(count):
        word, place = _text(content, place)
        lines.append(f"{word} {int.from_bytes(content[place : place + 8], 'little')}\n")
        place += 8
    return "".join(lines), place


def _states_and_arcs(content: bytes, place: int) -> tuple[States, Arcs]:
    count, futures, finals = struct.unpack_from("<QQQ", content, place)
    place += 24

    def taken(kind: str, length: int) -> NDArray[np.generic]:
        nonlocal place
        part = np.frombuffer(content, kind, length, place)
        place += part.nbytes
        return part

    def bits(length: int) -> Flags:
        words = taken("<u8", (length + 63) // 64)
        return np.unpackbits(words.view(np.uint8), bitorder="little")[:length].astype(np.bool_)

    context, future, is_final = bits(2 * count + 1), bits(futures + count + 1), bits(count)
    context_words, future_words = (taken("<i4", length).astype(np.int64) for length in (count + 1, futures))
    backoffs, final_weights, future_weights = taken("<f4", count + 1), taken("<f4", finals), taken("<f4", futures)
    if len(content) - place not in range(8):  # it is filled up to 8 bytes
        raise UnsupportedFormat(f"{len(content) - place} unexpected bytes at its end")

    # A state is a history, its last word first. The trie is written level by level: each 1 is a node, each 0 ends the
    # children of a node, so a node's parent is the first one whose children have not ended.
    nodes = np.flatnonzero(context)
    parents = np.maximum(nodes - np.arange(count) - 1, 0)  # the zeros before it, without the root's own
    words = context_words[:count]
    size = int(max(words.max(), future_words.max())) + 1
    keys = parents * size + words
    keys[0] = -1  # the root is nobody's child

    def child(of: Longs, word: Longs) -> Longs:
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
        # The longest history that the model knows: one word more, as long as there is a node for it.
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
    others = np.arange(futures) + sources  # each state but the first begins with its backoff arc
    arcs["input"][others] = arcs["output"][others] = future_words
    arcs["weight"][others] = future_weights
    arcs["next"][others] = nexts
    return states, arcs


def _words_before(sources: Longs, parents: Longs, words: Longs) -> Iterator[Longs]:
    """For each arc the last word of its state's history, then the one before it, and so on; -1 where there is none."""
    levels = [np.arange(len(parents))]  # each state itself, its parent, and so on, up to the root
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
        raise UnsupportedFormat("a text is longer than the file")
    return content[place + 4 : place + 4 + length].decode(), place + 4 + length
