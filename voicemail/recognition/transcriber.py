"""Transcribes recordings: their words with times and confidences, by Vosk on this machine.

A model is loaded once per process and shared by its threads; a recogniser works on one recording at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import vosk

from voicemail.audio import detector
from voicemail.audio.recording_audio import Samples, Sound, Tick, blocks
from voicemail.audio.speech import Span, find_speech
from voicemail.enhancement.frontend import FrontEnd, restore
from voicemail.mailbox import Transcript, Word
from voicemail.models import loaded as loaded_models
from voicemail.models.installed import InstalledModel, ModelMissing, find_model
from voicemail.models.loaded import loaded_for_grammars, loaded_model
from voicemail.own_words.rescoring import rescored
from voicemail.own_words.second_pass import SecondPass, supports_grammars
from voicemail.own_words.thresholds import Thresholds, load_thresholds
from voicemail.own_words.vocabulary import OwnWord, vocabulary
from voicemail.recognition.confidence import Calibration, load_calibration
from voicemail.recognition.marks import is_mark
from voicemail.recognition.merging import merged
from voicemail.recognition.recognisers import Recognisers
from voicemail.recognition.spans import cut, in_recording, limited

# So one recording occupies a worker's thread for about ten minutes at most.
MAX_SPEECH_SECONDS = 30 * 60
_CHUNK_SECONDS = 0.25
# From the words of one stretch of speech, its 16-bit samples, their rate and the second at which they begin, to better words.
_Rewrite = Callable[[list[Word], bytes, int, float], list[Word]]

_recognisers = Recognisers()


def forget(installed: InstalledModel | None = None) -> None:
    """Load a model, or all of them, anew when it is needed next, and free the recognisers that use it."""
    loaded_models.forget(installed)
    _recognisers.close_idle()


@dataclass(frozen=True, slots=True)
class Transcription:
    """The words of a recording. `speech_seconds` is how much of it is speech; `is_whole` is false if some was left out."""

    transcript: Transcript
    speech_seconds: float
    is_whole: bool


class Transcriber:
    """Transcribes recordings; safe to share by threads. It looks for a model anew each time, so a new one is found.

    Without a front end Vosk gets the recording as it came, and its confidences are not calibrated. `thresholds` replace those
    that were measured for the model.
    """

    def __init__(
        self, models_dir: Path, front_end: FrontEnd | None = restore, thresholds: Thresholds | None = None
    ) -> None:
        self._models_dir = models_dir
        self._thresholds = thresholds
        self._front_end = front_end
        vosk.SetLogLevel(-1)

    def load(self, language: str) -> None:
        """Load the model of a language and the speech detector. Raises ModelMissing or ModelUnusable."""
        self._model(language)
        detector.load()

    def transcribe(
        self, sound: Sound, language: str, tick: Tick = lambda: None, own_words: Sequence[OwnWord] = ()
    ) -> Transcription:
        """Transcribe a recording; `tick` is called several times a second. Raises ModelMissing or ModelUnusable.

        The business's own words are used if measurements show that they help with this model.
        """
        installed, model = self._model(language)
        rate_hz = sound.working_rate_hz
        calibration = load_calibration(self._models_dir, installed.name) if self._front_end else None
        rewrite = self._rewriting(installed, model, language, own_words)
        spoken: list[Sequence[Word]] = []
        samples = 0
        for track in sound.tracks:  # people on channels of their own are heard one by one
            spans = find_speech(blocks(track), rate_hz, tick)
            taken = limited(spans, MAX_SPEECH_SECONDS * rate_hz - samples)
            samples += sum(span.end - span.start for span in spans)
            spoken.append(self._recognise(model, track, taken, calibration, rewrite, tick) if taken else ())
        words = merged(spoken)
        confidence = sum(word.confidence for word in words) / len(words) if words else 0.0
        text = " ".join(word.word for word in words)
        return Transcription(
            Transcript(text, language, round(confidence, 4), words, installed.name),
            samples / rate_hz,
            samples <= MAX_SPEECH_SECONDS * rate_hz,
        )

    def _model(self, language: str) -> tuple[InstalledModel, Any]:
        installed = find_model(self._models_dir, language)
        if installed is None:
            raise ModelMissing(language)
        return installed, loaded_model(installed, self._models_dir)

    def _rewriting(
        self, installed: InstalledModel, model: Any, language: str, own_words: Sequence[OwnWord]
    ) -> _Rewrite | None:
        if not own_words or self._front_end is None:
            return None
        thresholds = self._thresholds or load_thresholds(self._models_dir, installed.name)
        if thresholds is None or not thresholds.is_on:
            return None
        own = vocabulary(tuple(own_words), language)
        has_second_pass = supports_grammars(installed.path)

        def for_grammars() -> Any:
            return loaded_for_grammars(installed, self._models_dir)

        def rewrite(words: list[Word], pcm: bytes, rate_hz: int, start_seconds: float) -> list[Word]:
            second = SecondPass(model, for_grammars, language, pcm, rate_hz, start_seconds) if has_second_pass else None
            return rescored(words, own, thresholds, second)

        return rewrite

    def _recognise(
        self,
        model: Any,
        sound: Sound,
        spans: list[Span],
        calibration: Calibration | None,
        rewrite: _Rewrite | None,
        tick: Tick,
    ) -> tuple[Word, ...]:
        speech_pieces, rate_hz = self._speech(sound, spans, tick)
        recogniser = _recognisers.take(model, rate_hz)
        found: list[Word] = []
        stretch = bytearray()  # the samples since the last result, for a second pass
        start_seconds = 0.0

        def take(recognised: list[dict[str, Any]]) -> None:
            nonlocal start_seconds
            words = [_recognised(word) for word in recognised if not is_mark(word["word"])]
            if rewrite is not None:
                words = rewrite(words, bytes(stretch), rate_hz, start_seconds)
                start_seconds += len(stretch) / 2 / rate_hz
                stretch.clear()
            found.extend(words)

        chunk = int(_CHUNK_SECONDS * rate_hz)
        try:
            for speech in speech_pieces:
                pcm = np.clip(np.round(speech * 32_768.0), -32_768, 32_767).astype("<i2")
                for start in range(0, len(pcm), chunk):
                    samples = pcm[start : start + chunk].tobytes()
                    if rewrite is not None:
                        stretch += samples
                    if recogniser.accept(samples):
                        take(recogniser.words())
                    tick()
            last_words = recogniser.last_words()
        except BaseException:
            _recognisers.drop()
            raise
        _recognisers.give_back(recogniser)
        take(last_words)
        placed = (in_recording(word, spans, sound.working_rate_hz) for word in found)
        return tuple(_calibrated(word, calibration) for word in placed)

    def _speech(self, sound: Sound, spans: list[Span], tick: Tick) -> tuple[Iterator[Samples], int]:
        def pieces() -> Iterator[Samples]:
            for piece in cut(blocks(sound), spans):
                tick()
                yield piece

        return self._front_end(pieces, sound.working_rate_hz) if self._front_end else (pieces(), sound.working_rate_hz)


def _recognised(word: dict[str, Any]) -> Word:
    return Word(word["word"], float(word["start"]), float(word["end"]), round(float(word["conf"]), 4))


def _calibrated(word: Word, calibration: Calibration | None) -> Word:
    if calibration is None or word.heard is not None:
        return word
    return replace(word, confidence=round(calibration(word.confidence), 4), plain_confidence=word.confidence)
