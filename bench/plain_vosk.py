"""The reference for transcription: what a program of ten lines gets from Vosk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import soundfile
import vosk


class PlainVosk:
    """Hears files with a model as it came, or with the very model object that a transcriber uses; safe to share by threads."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def hear(self, path: Path) -> list[dict[str, Any]]:
        """The words of a file with their times and confidences."""
        samples, rate_hz = soundfile.read(path, dtype="int16")
        recogniser = vosk.KaldiRecognizer(self._model, float(rate_hz))
        recogniser.SetWords(True)
        words: list[dict[str, Any]] = []
        for start in range(0, len(samples), rate_hz // 4):
            if recogniser.AcceptWaveform(samples[start : start + rate_hz // 4].tobytes()):
                words += json.loads(recogniser.Result()).get("result", [])
        return words + list(json.loads(recogniser.FinalResult()).get("result", []))
