"""The graph that Vosk composes while it listens, composed once: how words sound (HCLr.fst) and what may follow them (Gr.fst).

It is OpenFst's composition with look-ahead, for many states at once: a word and its weight are taken as soon as no other can
come, and going back to a shorter history stands where a word has just been said. Weights are exact; OpenFst rounds what is owed
to 1/1024. A state is a state of each side and one of: a word was just said, some words are still possible (what they weigh
together is paid), or one word was taken and its sounds are still to come.
Sources: openfst.org, lookahead-filter.h and compose-filter.h; kaldi, utils/mkgraph_lookahead.sh, which composes for tests so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicemail.graph.const_fst import Arcs, States
from voicemail.graph.followers import Followers
from voicemail.graph.growing_graph import GrowingGraph, Leaving
from voicemail.graph.lexicon_graph import Lexicon, Longs
from voicemail.graph.reach import Reach, spread

_BEFORE_BITS, _LEXICON_BITS = 19, 22
_SAID, _OPEN = 0, (1 << 20) - 1  # else the word taken
MAX_BEFORE, MAX_LEXICON, MAX_WORDS = 1 << _BEFORE_BITS, 1 << _LEXICON_BITS, _OPEN - 1
_BLOCK, _WAVE = 150_000, 60_000

Tick = Callable[[], None]


class TooLarge(Exception):
    """A model of so many words or states cannot be composed here. A retry cannot help."""


def composed(
    lexicon: Lexicon, follow: Followers, silent: frozenset[int], folder: Path, tick: Tick = lambda: None
) -> tuple[int, States, Arcs]:
    """First state, states and arcs, which lie in `folder`; `silent` are inputs that are no sounds. Raises TooLarge."""
    if len(lexicon.arcs) > MAX_LEXICON or len(follow.final) > MAX_BEFORE or lexicon.end_number > MAX_WORDS:
        raise TooLarge(f"{len(lexicon.arcs)} and {len(follow.final)} states, {lexicon.end_number} words")
    made = _Composition(lexicon, follow, silent, folder, tick)
    try:
        return made.run()
    finally:
        made.graph.close()


class _Composition:
    def __init__(self, lexicon: Lexicon, follow: Followers, silent: frozenset[int], folder: Path, tick: Tick) -> None:
        self.graph = GrowingGraph(folder)
        self._lexicon, self._follow, self._tick = lexicon, follow, tick
        self._inputs = np.where(np.isin(lexicon.inputs, list(silent)), 0, lexicon.inputs).astype(np.int32)
        self._reach = Reach(lexicon, follow)
        self._only_back = follow.only_go_back
        self._taken: list[Longs] = []

    def run(self) -> tuple[int, States, Arcs]:
        start = int(_key(_SAID, np.zeros(1, np.int64), np.array([self._follow.start]))[0])
        for block in _blocks(self._said(start), lambda keys: _parts(keys)[2]):
            paid = np.zeros(len(block))
            seen = block
            while len(block):
                self._tick()
                block, paid = _joined(
                    self._words_open(block[at : at + _WAVE], paid[at : at + _WAVE])
                    for at in range(0, len(block), _WAVE)
                )
                block, paid, seen = _new(block, paid, seen)
        for block in _blocks(np.unique(np.concatenate(self._taken)), lambda keys: _parts(keys)[0]):
            seen = block
            while len(block):
                self._tick()
                reached = [self._word_taken(block[at : at + _WAVE]) for at in range(0, len(block), _WAVE)]
                keys = np.unique(np.concatenate(reached))
                block, _, seen = _new(keys, np.zeros(len(keys)), seen)
        return self.graph.finished(start)

    def _said(self, start: int) -> Longs:
        """All states where a word was just said, by state of the language model."""
        arcs = np.flatnonzero(self._lexicon.words)
        leads = np.unique(self._follow.words << _BEFORE_BITS | self._follow.nexts)
        words = leads >> _BEFORE_BITS
        first = np.searchsorted(words, self._lexicon.words[arcs])
        own, at = spread(first, np.searchsorted(words, self._lexicon.words[arcs], "right") - first)
        keys = _key(_SAID, self._lexicon.nexts[arcs][own], leads[at] & (MAX_BEFORE - 1))
        keys, known = np.unique(np.append(keys, start)), 0
        while len(keys) > known:
            known = len(keys)
            _, state, before = _parts(keys)
            back = self._follow.back[before]
            keys = np.unique(np.append(keys, _key(_SAID, state[back >= 0], back[back >= 0])))
        return keys[np.argsort(_parts(keys)[2], kind="stable")]

    def _words_open(self, keys: Longs, paid: NDArray[np.float64]) -> tuple[Longs, NDArray[np.float64]]:
        """Add states where several words are possible; returns the states of this kind they lead to, and what those owe."""
        lexicon, follow = self._lexicon, self._follow
        kind, state, before = _parts(keys)
        own, arc = spread(lexicon.first_arc[state], lexicon.arcs[state])
        leaving = [self._words_said(own, arc, before, paid)]

        back = np.flatnonzero((follow.back[before] >= 0) & (kind == _SAID))
        none = np.zeros(len(back), np.int64)
        to = _key(_SAID, state[back], follow.back[before[back]])
        leaving.append(Leaving(back, none.astype(np.int32), none, follow.back_weight[before[back]] - paid[back], to))

        quiet = np.flatnonzero((lexicon.words[arc] == 0) & ~self._only_back[before[own]])
        own, arc = own[quiet], arc[quiet]
        near = self._reach.may_be(lexicon.nexts[arc], before[own])
        own, arc = own[near], arc[near]
        reached = self._reach.followers(lexicon.nexts[arc], before[own])
        one = np.flatnonzero((reached.arcs == 1) & ~reached.ends)
        source, at, word = own[one], arc[one], reached.arc[one]
        to = _key(follow.words[word], lexicon.nexts[at], follow.nexts[word])
        weight = lexicon.weights[at] + follow.weights[word] - paid[source]
        leaving.append(Leaving(source, self._inputs[at], follow.words[word], weight, to))
        self._taken.append(np.unique(to))

        many = np.flatnonzero((reached.arcs > 1) | reached.ends)
        source, at = own[many], arc[many]
        owed = -np.log(reached.probability[many]).astype(np.float64)
        to = _key(_OPEN, lexicon.nexts[at], before[source])
        weight = lexicon.weights[at] + owed - paid[source]
        leaving.append(Leaving(source, self._inputs[at], np.zeros(len(at), np.int64), weight, to))
        self.graph.add(keys, lexicon.final[state] + follow.final[before] - paid, leaving)
        to, first = np.unique(to, return_index=True)
        return to, owed[first]

    def _words_said(self, own: Longs, arc: Longs, before: Longs, paid: NDArray[np.float64]) -> Leaving:
        speaks = np.flatnonzero(self._lexicon.words[arc])
        own, arc = own[speaks], arc[speaks]
        place, is_one = _found(self._follow.keys, self._follow.key(before[own], self._lexicon.words[arc]))
        own, arc, place = own[is_one], arc[is_one], place[is_one]
        to = _key(_SAID, self._lexicon.nexts[arc], self._follow.nexts[place])
        weight = self._lexicon.weights[arc] + self._follow.weights[place] - paid[own]
        return Leaving(own, self._inputs[arc], self._lexicon.words[arc], weight, to)

    def _word_taken(self, keys: Longs) -> Longs:
        """Add states where the sounds of a word that was taken are still to come; returns those of this kind they lead to."""
        lexicon = self._lexicon
        word, state, before = _parts(keys)
        own, arc = spread(lexicon.first_arc[state], lexicon.arcs[state])
        says = np.flatnonzero(lexicon.words[arc] == word[own])
        quiet = np.flatnonzero(lexicon.words[arc] == 0)
        quiet = quiet[self._reach.word(lexicon.nexts[arc[quiet]], word[own[quiet]])]
        on = _key(word[own[quiet]], lexicon.nexts[arc[quiet]], before[own[quiet]])
        self.graph.add(
            keys,
            np.full(len(keys), np.inf),
            [
                self._plain(own[says], arc[says], _key(_SAID, lexicon.nexts[arc[says]], before[own[says]])),
                self._plain(own[quiet], arc[quiet], on),
            ],
        )
        return on

    def _plain(self, own: Longs, arc: Longs, to: Longs) -> Leaving:
        return Leaving(own, self._inputs[arc], np.zeros(len(arc), np.int64), self._lexicon.weights[arc], to)


def _key(kind: Longs | int, state: Longs, before: Longs) -> Longs:
    keys: Longs = np.asarray(kind, np.int64) << (_LEXICON_BITS + _BEFORE_BITS) | state << _BEFORE_BITS | before
    return keys


def _parts(keys: Longs) -> tuple[Longs, Longs, Longs]:
    state = keys >> _BEFORE_BITS & (MAX_LEXICON - 1)
    return keys >> (_LEXICON_BITS + _BEFORE_BITS), state, keys & (MAX_BEFORE - 1)


def _blocks(keys: Longs, by: Callable[[Longs], Longs]) -> Iterator[Longs]:
    """Pieces of some size that no two states of the same `by` are parted by: nothing leads from one to another."""
    groups, first = by(keys), 0
    while first < len(keys):
        last = groups[min(first + _BLOCK, len(keys)) - 1]
        after = int(np.searchsorted(groups, last, "right"))
        yield np.sort(keys[first:after])
        first = after


def _joined(waves: Iterator[tuple[Longs, NDArray[np.float64]]]) -> tuple[Longs, NDArray[np.float64]]:
    keys, paid = zip(*waves, strict=True)
    unique, first = np.unique(np.concatenate(keys), return_index=True)
    return unique, np.concatenate(paid)[first]


def _new(keys: Longs, paid: NDArray[np.float64], seen: Longs) -> tuple[Longs, NDArray[np.float64], Longs]:
    is_new = ~_found(seen, keys)[1]
    keys = keys[is_new]
    return keys, paid[is_new], np.sort(np.concatenate([seen, keys]), kind="stable")


def _found(among: Longs, keys: Longs) -> tuple[Longs, NDArray[np.bool_]]:
    place = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    return place, among[place] == keys
