"""Recognisers that are kept from one message to the next.

A new one works out anew, second by second, which words may follow which; that is half of its work on a message of ten
seconds. A kept one knows, and takes memory for it. What it learnt of a speaker it forgets at the end of each message.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import vosk

# How much one hears before another takes its place. It keeps growing by some MB for each new minute.
MAX_HEARD_SECONDS = 60.0


class Recogniser:
    """Vosk's recogniser with words and their times, which begin at 0 with each message."""

    def __init__(self, model: Any, rate_hz: int) -> None:
        self.model = model
        self.rate_hz = rate_hz
        self._vosk = vosk.KaldiRecognizer(model, float(rate_hz))
        self._vosk.SetWords(True)
        self._samples = 0
        self._begun_at = 0  # sample at which this message began: Vosk counts on from message to message

    @property
    def heard_seconds(self) -> float:
        """How much it has heard of all messages."""
        return self._samples / self.rate_hz

    def accept(self, pcm: bytes) -> bool:
        """Hear the next 16-bit samples; True if somebody paused, so that `words` are ready."""
        self._samples += len(pcm) // 2
        return bool(self._vosk.AcceptWaveform(pcm))

    def words(self) -> list[dict[str, Any]]:
        """The words up to a pause."""
        return self._timed(self._vosk.Result())

    def last_words(self) -> list[dict[str, Any]]:
        """The words up to the end of the message; what is heard next is another one."""
        words = self._timed(self._vosk.FinalResult())
        self._begun_at = self._samples
        return words

    def _timed(self, result: str) -> list[dict[str, Any]]:
        words: list[dict[str, Any]] = json.loads(result).get("result", [])
        begun_seconds = self._begun_at / self.rate_hz
        return [word | {key: word[key] - begun_seconds for key in ("start", "end")} for word in words]


class Recognisers:
    """The recognisers of a process, never more than were in use at the same moment; safe to share by threads."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._idle: list[Recogniser] = []
        self._lent = 0
        self._most_lent = 0

    def take(self, model: Any, rate_hz: int) -> Recogniser:
        """One for a message. Give it back after its last words; one that was broken off in the midst is `drop`ped."""
        with self._changing:
            self._lent += 1
            self._most_lent = max(self._most_lent, self._lent)
            for place in range(len(self._idle) - 1, -1, -1):
                if self._idle[place].model is model and self._idle[place].rate_hz == rate_hz:
                    return self._idle.pop(place)
            del self._idle[: max(0, len(self._idle) + self._lent - self._most_lent)]  # of another model
        return Recogniser(model, rate_hz)

    def give_back(self, recogniser: Recogniser) -> None:
        """Keep one for the next message, unless it has heard enough."""
        with self._changing:
            self._lent -= 1
            if recogniser.heard_seconds < MAX_HEARD_SECONDS:
                self._idle.append(recogniser)

    def drop(self) -> None:
        """Count one as gone that was broken off."""
        with self._changing:
            self._lent -= 1
