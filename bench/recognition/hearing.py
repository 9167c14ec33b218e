"""Recognises a clip by Vosk alone and by Ringback, and counts the errors of both."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import soundfile
import soxr
import vosk

from bench.recognition.conditions import Condition, spoilt
from voicemail.audio.recording_audio import WIDE_HZ, Samples, examine
from voicemail.enhancement.frontend import restore
from voicemail.evaluation.clips import Clip, characters, edit_distance, right_words, words
from voicemail.models.installed import InstalledModel
from voicemail.recognition.transcriber import Transcriber


@dataclass(frozen=True, slots=True)
class Shown:
    """A recognised word: its confidence after and before calibration, and whether it is right."""

    confidence: float
    plain_confidence: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """The result for a clip: the numbers of words and characters spoken, and the errors."""

    clip: str
    characters: int
    words: int
    plain_characters: int
    plain_words: int
    our_characters: int
    our_words: int
    shown: tuple[Shown, ...]


class Hearing:
    """Recognises files both ways. `front_end_seconds` and `recognition_seconds` are CPU time, summed over all files."""

    def __init__(self, models_dir: Path, model: InstalledModel, scratch: Path) -> None:
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(model_path=str(model.path))
        self._transcriber = Transcriber(models_dir, self._timed)
        self._language = model.language
        self._file = scratch / "clip.wav"
        self.front_end_seconds = 0.0
        self.recognition_seconds = 0.0

    def hear(self, clip: Clip, condition: Condition) -> Heard:
        """Degrade a clip, recognise it both ways and count the errors."""
        made = spoilt(condition, clip.path.name, wide(clip.path))
        soundfile.write(self._file, made, condition.rate_hz, subtype="PCM_16")
        plain = self._by_vosk_alone()
        begun, spent = time.process_time(), self.front_end_seconds
        ours = self._transcriber.transcribe(examine(self._file), self._language).transcript
        self.recognition_seconds += time.process_time() - begun - (self.front_end_seconds - spent)
        spoken = clip.transcript
        rights = right_words(spoken, [word.word for word in ours.words])
        return Heard(
            clip.path.name,
            len(characters(spoken)),
            len(words(spoken)),
            edit_distance(characters(spoken), characters(plain)),
            edit_distance(words(spoken), words(plain)),
            edit_distance(characters(spoken), characters(ours.text)),
            edit_distance(words(spoken), words(ours.text)),
            tuple(
                Shown(
                    word.confidence,
                    word.confidence if word.plain_confidence is None else word.plain_confidence,
                    is_right,
                )
                for word, is_right in zip(ours.words, rights, strict=True)
            ),
        )

    def _by_vosk_alone(self) -> str:
        pcm, rate = soundfile.read(self._file, dtype="int16")
        recogniser = vosk.KaldiRecognizer(self._model, float(rate))
        texts = []
        for start in range(0, len(pcm), rate // 4):
            if recogniser.AcceptWaveform(pcm[start : start + rate // 4].tobytes()):
                texts.append(json.loads(recogniser.Result())["text"])
        texts.append(json.loads(recogniser.FinalResult())["text"])
        return " ".join(texts)

    def _timed(self, pieces: Callable[[], Iterable[Samples]], rate_hz: int) -> tuple[Iterator[Samples], int]:
        kept = list(pieces())  # reading the file does not count for the front end
        begun = time.process_time()
        restored, restored_hz = restore(lambda: kept, rate_hz)
        done = list(restored)
        self.front_end_seconds += time.process_time() - begun
        return iter(done), restored_hz


def is_wide(path: Path) -> bool:
    """Whether a clip has a sample rate of 16 kHz or more."""
    return bool(soundfile.info(path).samplerate >= WIDE_HZ)


def wide(path: Path) -> Samples:
    """A clip at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32")
    at_16_khz: Samples = samples if rate == WIDE_HZ else soxr.resample(samples, rate, WIDE_HZ)
    return at_16_khz
