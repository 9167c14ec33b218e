"""Whether a model with its composed graph hears messages as it hears them without."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from voicemail.audio import AudioUnreadable, Tick, examine
from voicemail.clips import characters, errors
from voicemail.transcriber import Transcriber, forget


def difference(language: str, without: Path, with_it: Path, recordings: Sequence[Path], tick: Tick) -> float | None:
    """Which part of the characters heard are others with the models folder `with_it`; None when there is nothing to hear.

    Takes the time of hearing them twice, and the memory of one model after the other.
    """
    before = _heard(language, without, recordings, tick)
    after = _heard(language, with_it, recordings, tick)
    length = sum(map(len, before))
    if not length:
        return None
    return sum(errors(one, other) for one, other in zip(before, after, strict=True)) / length


def _heard(language: str, models_dir: Path, recordings: Sequence[Path], tick: Tick) -> list[str]:
    transcriber = Transcriber(models_dir)
    forget()
    heard = []
    for path in recordings:
        try:
            sound = examine(path, tick)
        except AudioUnreadable:
            heard.append("")
            continue
        heard.append(characters(transcriber.transcribe(sound, language, tick).transcript.text))
    forget()
    return heard
