"""Composes the lexicon (HCLr.fst) with the language model (Gr.fst), as Vosk otherwise does while it listens.

This is OpenFst's composition with look-ahead, for many states at once. Two rules keep the result small: a word and its weight
are taken as soon as no other word can come, and the language model backs off only where a word has just been said. A state of
the result is a state of each side and its kind: a word was just said, several words are still possible (their common weight is
paid already), or one word was taken and its last sounds are still to come. Weights are exact; OpenFst rounds to 1/1024.
Sources: openfst.org, lookahead-filter.h and compose-filter.h; kaldi, utils/mkgraph_lookahead.sh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from voicemail.graph.const_fst import Arcs, Doubles, Flags, Longs, States, UnsupportedFormat, spread
from voicemail.graph.graph_on_disk import GraphOnDisk, NewArcs
from voicemail.graph.language_model import LanguageModel
from voicemail.graph.lexicon import Lexicon
from voicemail.graph.lookahead import Lookahead

_HISTORY_BITS, _LEXICON_BITS = 19, 22
_SAID, _OPEN = 0, (1 << 20) - 1  # kinds of states; any other kind is the number of the word that was taken
MAX_HISTORIES, MAX_LEXICON, MAX_WORDS = 1 << _HISTORY_BITS, 1 << _LEXICON_BITS, _OPEN - 1
_BLOCK, _WAVE = 150_000, 60_000

Tick = Callable[[], None]


def composed(
    lexicon: Lexicon, grammar: LanguageModel, silent: frozenset[int], folder: Path, tick: Tick = lambda: None
) -> tuple[int, States, Arcs]:
    """Start state, states and arcs of the composed graph, which is built in `folder`. Raises UnsupportedFormat.

    `silent` are input labels that stand for no sound. `tick` is called several times a second.
    """
    if len(lexicon.arcs) > MAX_LEXICON or len(grammar.final) > MAX_HISTORIES or lexicon.end_number > MAX_WORDS:
        raise UnsupportedFormat(
            f"it is too large ({len(lexicon.arcs)} and {len(grammar.final)} states, {lexicon.end_number} words)"
        )
    made = _Composition(lexicon, grammar, silent, folder, tick)
    try:
        return made.run()
    finally:
        made.graph.close()


class _Composition:
    def __init__(
        self, lexicon: Lexicon, grammar: LanguageModel, silent: frozenset[int], folder: Path, tick: Tick
    ) -> None:
        self.graph = GraphOnDisk(folder)
        self._lexicon, self._grammar, self._tick = lexicon, grammar, tick
        self._inputs = np.where(np.isin(lexicon.inputs, list(silent)), 0, lexicon.inputs).astype(np.int32)
        self._lookahead = Lookahead(lexicon, grammar)
        self._only_backs_off = grammar.only_backs_off
        self._taken: list[Longs] = []

    def run(self) -> tuple[int, States, Arcs]:
        start = int(_key(_SAID, np.zeros(1, np.int64), np.array([self._grammar.start]))[0])
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
        """All states where a word was just said, in the order of their language model states."""
        arcs = np.flatnonzero(self._lexicon.words)
        leads = np.unique(self._grammar.words << _HISTORY_BITS | self._grammar.nexts)
        words = leads >> _HISTORY_BITS
        first = np.searchsorted(words, self._lexicon.words[arcs])
        own, at = spread(first, np.searchsorted(words, self._lexicon.words[arcs], "right") - first)
        keys = _key(_SAID, self._lexicon.nexts[arcs][own], leads[at] & (MAX_HISTORIES - 1))
        keys, known = np.unique(np.append(keys, start)), 0
        while len(keys) > known:
            known = len(keys)
            _, state, history = _parts(keys)
            back = self._grammar.back[history]
            keys = np.unique(np.append(keys, _key(_SAID, state[back >= 0], back[back >= 0])))
        return keys[np.argsort(_parts(keys)[2], kind="stable")]

    def _words_open(self, keys: Longs, paid: Doubles) -> tuple[Longs, Doubles]:
        """Add states where several words are possible; returns those of this kind that follow, and their weights so far."""
        lexicon, grammar = self._lexicon, self._grammar
        kind, state, history = _parts(keys)
        own, arc = spread(lexicon.first_arc[state], lexicon.arcs[state])
        new_arcs = [self._words_said(own, arc, history, paid)]

        back = np.flatnonzero((grammar.back[history] >= 0) & (kind == _SAID))
        none = np.zeros(len(back), np.int64)
        to = _key(_SAID, state[back], grammar.back[history[back]])
        new_arcs.append(NewArcs(back, none.astype(np.int32), none, grammar.back_weight[history[back]] - paid[back], to))

        quiet = np.flatnonzero((lexicon.words[arc] == 0) & ~self._only_backs_off[history[own]])
        own, arc = own[quiet], arc[quiet]
        near = self._lookahead.may_reach(lexicon.nexts[arc], history[own])
        own, arc = own[near], arc[near]
        reached = self._lookahead.reachable(lexicon.nexts[arc], history[own])
        one = np.flatnonzero((reached.arcs == 1) & ~reached.ends)
        source, at, word = own[one], arc[one], reached.arc[one]
        to = _key(grammar.words[word], lexicon.nexts[at], grammar.nexts[word])
        weight = lexicon.weights[at] + grammar.weights[word] - paid[source]
        new_arcs.append(NewArcs(source, self._inputs[at], grammar.words[word], weight, to))
        self._taken.append(np.unique(to))

        many = np.flatnonzero((reached.arcs > 1) | reached.ends)
        source, at = own[many], arc[many]
        owed = -np.log(reached.probability[many]).astype(np.float64)
        to = _key(_OPEN, lexicon.nexts[at], history[source])
        weight = lexicon.weights[at] + owed - paid[source]
        new_arcs.append(NewArcs(source, self._inputs[at], np.zeros(len(at), np.int64), weight, to))
        self.graph.add(keys, lexicon.final[state] + grammar.final[history] - paid, new_arcs)
        to, first = np.unique(to, return_index=True)
        return to, owed[first]

    def _words_said(self, own: Longs, arc: Longs, history: Longs, paid: Doubles) -> NewArcs:
        speaks = np.flatnonzero(self._lexicon.words[arc])
        own, arc = own[speaks], arc[speaks]
        place, is_one = _found(self._grammar.keys, self._grammar.key(history[own], self._lexicon.words[arc]))
        own, arc, place = own[is_one], arc[is_one], place[is_one]
        to = _key(_SAID, self._lexicon.nexts[arc], self._grammar.nexts[place])
        weight = self._lexicon.weights[arc] + self._grammar.weights[place] - paid[own]
        return NewArcs(own, self._inputs[arc], self._lexicon.words[arc], weight, to)

    def _word_taken(self, keys: Longs) -> Longs:
        """Add states where sounds of the word that was taken are still to come; returns those of this kind that follow."""
        lexicon = self._lexicon
        word, state, history = _parts(keys)
        own, arc = spread(lexicon.first_arc[state], lexicon.arcs[state])
        says = np.flatnonzero(lexicon.words[arc] == word[own])
        quiet = np.flatnonzero(lexicon.words[arc] == 0)
        quiet = quiet[self._lookahead.can_say(lexicon.nexts[arc[quiet]], word[own[quiet]])]
        on = _key(word[own[quiet]], lexicon.nexts[arc[quiet]], history[own[quiet]])
        self.graph.add(
            keys,
            np.full(len(keys), np.inf),
            [
                self._plain(own[says], arc[says], _key(_SAID, lexicon.nexts[arc[says]], history[own[says]])),
                self._plain(own[quiet], arc[quiet], on),
            ],
        )
        return on

    def _plain(self, own: Longs, arc: Longs, to: Longs) -> NewArcs:
        return NewArcs(own, self._inputs[arc], np.zeros(len(arc), np.int64), self._lexicon.weights[arc], to)


def _key(kind: Longs | int, state: Longs, history: Longs) -> Longs:
    keys: Longs = np.asarray(kind, np.int64) << (_LEXICON_BITS + _HISTORY_BITS) | state << _HISTORY_BITS | history
    return keys


def _parts(keys: Longs) -> tuple[Longs, Longs, Longs]:
    state = keys >> _HISTORY_BITS & (MAX_LEXICON - 1)
    return keys >> (_LEXICON_BITS + _HISTORY_BITS), state, keys & (MAX_HISTORIES - 1)


def _blocks(keys: Longs, by: Callable[[Longs], Longs]) -> Iterator[Longs]:
    """Cut sorted keys into pieces that keep equal values of `by` together: no arc leads from one piece to another."""
    groups, first = by(keys), 0
    while first < len(keys):
        last = groups[min(first + _BLOCK, len(keys)) - 1]
        after = int(np.searchsorted(groups, last, "right"))
        yield np.sort(keys[first:after])
        first = after


def _joined(waves: Iterator[tuple[Longs, Doubles]]) -> tuple[Longs, Doubles]:
    keys, paid = zip(*waves, strict=True)
    unique, first = np.unique(np.concatenate(keys), return_index=True)
    return unique, np.concatenate(paid)[first]


def _new(keys: Longs, paid: Doubles, seen: Longs) -> tuple[Longs, Doubles, Longs]:
    is_new = ~_found(seen, keys)[1]
    keys = keys[is_new]
    return keys, paid[is_new], np.sort(np.concatenate([seen, keys]), kind="stable")


def _found(among: Longs, keys: Longs) -> tuple[Longs, Flags]:
    place = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    return place, among[place] == keys
