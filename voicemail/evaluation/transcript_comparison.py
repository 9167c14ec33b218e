"""Compares the transcripts that a model makes with a new composed graph with those that it makes without."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from voicemail.audio.recording_audio import AudioUnreadable, Tick, examine
from voicemail.evaluation.clips import characters, edit_distance
from voicemail.models.installed import InstalledModel, graph_folder
from voicemail.recognition.transcriber import Transcriber, forget


def difference(
    model: InstalledModel, models_dir: Path, new_graph: Path, recordings: Sequence[Path], tick: Tick
) -> float | None:
    """Which share of the characters differs with the graph in the folder `new_graph`; None if there is nothing to compare.

    Two transcripts without it differ as well (3 to 5 % of the characters of a noisy message of 38 s), and that much is
    subtracted. It transcribes each recording three times, with one model in memory at a time.
    """
    if not recordings:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        plain, composed = Path(scratch) / "plain", Path(scratch) / "composed"
        for folder in (plain, composed):
            folder.mkdir()
            (folder / model.language).symlink_to(model.path)
        graph_folder(InstalledModel(model.language, model.language, model.path), composed).parent.mkdir()
        graph_folder(InstalledModel(model.language, model.language, model.path), composed).symlink_to(new_graph)
        first, second = (_transcripts(model.language, plain, recordings, tick) for _ in range(2))
        other = _transcripts(model.language, composed, recordings, tick)
    length = sum(map(len, first))
    return max(0, _errors(first, other) - _errors(first, second)) / length if length else None


def _errors(some: Sequence[str], others: Sequence[str]) -> int:
    return sum(edit_distance(one, other) for one, other in zip(some, others, strict=True))


def _transcripts(language: str, models_dir: Path, recordings: Sequence[Path], tick: Tick) -> list[str]:
    transcriber = Transcriber(models_dir)
    forget()
    found = []
    for path in recordings:
        try:
            sound = examine(path, tick)
        except AudioUnreadable:
            found.append("")
            continue
        found.append(characters(transcriber.transcribe(sound, language, tick).transcript.text))
    forget()
    return found
