"""The reference for transcription: a program of ten lines that uses Vosk alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import soundfile
import vosk


class PlainVosk:
    """Recognises files with an unchanged model, or with the model object of a transcriber. Threads may share it."""

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
