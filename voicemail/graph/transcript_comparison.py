"""Whether a model with its composed graph hears messages as it hears them without."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from voicemail.audio.recording_audio import AudioUnreadable, Tick, examine
from voicemail.evaluation.clips import characters, errors
from voicemail.recognition.transcriber import Transcriber, forget


def difference(language: str, without: Path, with_it: Path, recordings: Sequence[Path], tick: Tick) -> float | None:
    """Which part of the characters is heard otherwise with the models folder `with_it`, beyond what two hearings without differ.

    None when there is nothing to hear. Takes the time of hearing them three times, and the memory of one model after the other.
    """
    first, second = (_heard(language, without, recordings, tick) for _ in range(2))
    other = _heard(language, with_it, recordings, tick)
    length = sum(map(len, first))
    # Of a noisy message of 38 s, 3 to 5 % of the characters are others each time.
    return max(0, _errors(first, other) - _errors(first, second)) / length if length else None


def _errors(some: Sequence[str], others: Sequence[str]) -> int:
    return sum(errors(one, other) for one, other in zip(some, others, strict=True))


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
