"""A composed graph accepts just the sentences of lexicon and language model together, with the same weights."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from voicemail.graph import const_fst
from voicemail.graph.composition import composed
from voicemail.graph.const_fst import ARC, STATE, Arcs, States
from voicemail.graph.language_model import read_language_model
from voicemail.graph.lexicon import Lexicon
from voicemail.graph.minimization import write_merged

# Words are 1 to 5; sounds are 11 and up; 99 is no sound. From state to state: sound, word, weight. Words end in state 0 or, after
# a pause (20), in state 1, where the next word begins another way.
SPOKEN = {
    0: [(11, 0, 0.5, 2), (12, 3, 0.25, 3), (13, 0, 0.1, 4)],
    1: [(11, 0, 0.75, 2), (12, 3, 1.0, 3), (14, 0, 0.2, 4)],
    2: [(2, 0, 0.7, 2), (15, 1, 0.3, 5), (16, 2, 0.4, 5)],  # a loop, as each sound has one
    3: [(17, 0, 0.0, 5)],
    4: [(18, 0, 0.0, 6)],
    5: [(99, 0, 0.6, 0), (20, 0, 0.8, 1)],
    6: [(15, 4, 0.3, 5), (16, 5, 0.9, 0)],
}
NEXT_WORDS = {
    0: (1, 2, 3, 4, 5, 9),
    1: (1, 2, 3, 4, 5, 9),
    2: (1, 2),
    3: (1, 2, 3, 4, 5, 9),
    4: (4, 5),
    5: (1, 2, 3, 4, 5, 9),
    6: (4, 5),
}
# A state of the language model: how it ends, where it goes back to at which weight, and what follows.
SAID: dict[int, tuple[float, tuple[int, float] | None, list[tuple[int, float, int]]]] = {
    0: (2.0, None, [(1, 1.5, 2), (2, 2.5, 3), (3, 1.0, 0), (4, 2.0, 0), (5, 3.0, 2)]),
    1: (math.inf, (0, 0.5), [(1, 0.2, 2), (4, 1.1, 0)]),
    2: (0.9, (0, 0.3), [(2, 0.7, 3)]),
    3: (math.inf, (0, 0.0), []),
}


def test_each_sentence_has_the_weights_of_lexicon_and_language_model_together(tmp_path: Path) -> None:
    start, states, arcs = composed(lexicon(), read_language_model(language_model()), frozenset({99}), tmp_path)
    write_merged(tmp_path / "HCLG.fst", start, states, arcs)
    merged_start, merged_states, merged_arcs, _ = const_fst.read((tmp_path / "HCLG.fst").read_bytes())
    said = said_by_halves()
    assert len(said) == sum(5**words for words in range(4))
    for composed_to in (said_by(start, states, arcs), said_by(merged_start, merged_states, merged_arcs)):
        assert composed_to.keys() == said.keys()
        for sentence, weights in said.items():
            assert composed_to[sentence] == pytest.approx(weights, abs=0.01)


def test_a_word_is_output_where_no_other_can_come(tmp_path: Path) -> None:
    start, states, arcs = composed(lexicon(), read_language_model(language_model()), frozenset({99}), tmp_path)
    first = states[start]
    leaving = arcs[first["first_arc"] : first["first_arc"] + first["arcs"]]
    # At the beginning only 1 and 4 are known: their first sounds tell them apart.
    assert sorted(leaving["output"].tolist()) == [0, 1, 4]


def test_equivalent_states_are_merged(tmp_path: Path) -> None:
    # 1 and 2 loop and go on to 3, which is as 4 is; 5 weighs more.
    arcs: list[tuple[int, int, float, int]] = [(7, 1, 0, 1), (8, 2, 0, 2), (9, 3, 0, 5)]
    for state, to, weight in ((1, 3, 0.5), (2, 4, 0.5002), (5, 4, 0.75)):
        arcs += [(11, 0, 0.7, state), (12, 0, weight, to)]
    counts = [3, 2, 2, 0, 0, 2]
    states = np.zeros(6, STATE)
    states["final"], states["arcs"] = [np.inf, np.inf, np.inf, 1, 1, np.inf], counts
    states["first_arc"] = np.cumsum(counts) - counts
    write_merged(tmp_path / "HCLG.fst", 0, states, np.array(arcs, ARC))
    start, merged, leaving, _ = const_fst.read((tmp_path / "HCLG.fst").read_bytes())
    assert (start, len(merged), len(leaving)) == (0, 4, 7)
    assert leaving["next"].tolist() == [1, 1, 3, 1, 2, 3, 2]
    assert merged["input_epsilons"].tolist() == [0, 0, 0, 0]
    assert merged["output_epsilons"].tolist() == [0, 2, 0, 2]


def lexicon() -> Lexicon:
    counts = np.array([len(arcs) for arcs in SPOKEN.values()])
    input_, words, weights, nexts = (
        np.array(column) for column in zip(*itertools.chain(*SPOKEN.values()), strict=True)
    )
    intervals = [(word, word + 1) for state in SPOKEN for word in NEXT_WORDS[state]]
    shown = np.array([len(NEXT_WORDS[state]) for state in SPOKEN])
    final = np.full(len(SPOKEN), np.inf)
    final[:2] = 0.125, 0.25
    begins, ends = (np.array(column) for column in zip(*intervals, strict=True))
    return Lexicon(
        np.cumsum(counts) - counts,
        counts,
        final,
        words,
        input_.astype(np.int32),
        weights,
        nexts,
        np.cumsum(shown) - shown,
        shown,
        begins,
        ends,
        end_number=9,
    )


def language_model() -> bytes:
    states = np.zeros(len(SAID), STATE)
    arcs: list[tuple[int, int, float, int]] = []
    for number, (final, back, follow) in SAID.items():
        states[number] = (final, len(arcs), len(follow) + (back is not None), 0, 0)
        arcs += [(0, 0, back[1], back[0])] if back else []
        arcs += [(word, word, weight, to) for word, weight, to in follow]
    return const_fst.header(1, len(states), len(arcs)) + states.tobytes() + np.array(arcs, ARC).tobytes()


def said_by_halves() -> dict[tuple[int, ...], list[float]]:
    """Of each sentence of up to three words the weights of all its paths: of its sounds, and of its words with all ways back."""
    spoken = lexicon()
    paths: dict[tuple[int, ...], list[float]] = {}
    for sentence in itertools.chain.from_iterable(itertools.product(range(1, 6), repeat=words) for words in range(4)):
        sounds = [(0, 0, 0.0)]
        done = []
        while sounds:
            state, place, weight = sounds.pop()
            if place == len(sentence) and np.isfinite(spoken.final[state]):
                done.append(weight + float(spoken.final[state]))
            for _, word, more, to in SPOKEN[state]:
                fits = word == 0 or sentence[place : place + 1] == (word,)
                is_over = place == len(sentence) and not (state in (3, 5) and word == 0)
                if to != state and fits and not is_over:
                    sounds.append((to, place + (word > 0), weight + more))
        follow = [(1, 0, 0.0)]
        known = []
        while follow:
            state, place, weight = follow.pop()
            final, back, next_words = SAID[state]
            if place == len(sentence) and np.isfinite(final):
                known.append(weight + final)
            if back:
                follow.append((back[0], place, weight + back[1]))
            follow += [
                (to, place + 1, weight + more)
                for word, more, to in next_words
                if sentence[place : place + 1] == (word,)
            ]
        paths[sentence] = sorted(sound + word for sound in done for word in known)
    return {sentence: weights for sentence, weights in paths.items() if weights}


def said_by(start: int, states: States, arcs: Arcs) -> dict[tuple[int, ...], list[float]]:
    paths: dict[tuple[int, ...], list[float]] = {}
    waiting: list[tuple[int, tuple[int, ...], float]] = [(start, (), 0.0)]
    while waiting:
        state, said, weight = waiting.pop()
        if np.isfinite(states[state]["final"]):
            paths.setdefault(said, []).append(weight + float(states[state]["final"]))
        first = int(states[state]["first_arc"])
        for arc in arcs[first : first + int(states[state]["arcs"])]:
            words = (*said, int(arc["output"])) if arc["output"] else said
            if arc["next"] != state and len(words) <= 3:
                assert arc["input"] != 99
                waiting.append((int(arc["next"]), words, weight + float(arc["weight"])))
    return {sentence: sorted(weights) for sentence, weights in paths.items()}
