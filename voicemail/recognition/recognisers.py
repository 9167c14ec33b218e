"""Vosk's recognisers, reused for some seconds of speech before a new one replaces them.

Without a composed graph (voicemail/graph) a recogniser composes the graph as it listens and keeps the parts: a new one composes
them again, an old one takes more and more memory. So the bound on what one hears trades work for memory. It adapts to a speaker
within a message and forgets that with the next one.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import vosk

from voicemail.recognition import heap

# After so much speech the next message gets a new one. One takes 37 MB after 4 s of speech, 69 after 11 s and 125 after 33 s;
# a new one costs half a second of CPU (docs/performance.md).
MAX_HEARD_SECONDS = 6.0
# The same within a message, where a new one must adapt to the speaker again: the character error rate of a clip of 33 s was 0.38
# with one recogniser, and 0.41, 0.43 and 0.49 with a new one after 16, 10 and 2 s.
MAX_HEARD_IN_MESSAGE_SECONDS = 60.0


class Recogniser:
    """Vosk's recogniser with words and their times, which begin at 0 with each message."""

    def __init__(self, model: Any, rate_hz: int) -> None:
        self.model = model
        self.rate_hz = rate_hz
        self._begun_at = 0  # the first sample of this message: Vosk's times continue from message to message
        self._samples = 0
        self._vosk: Any = self._made()

    @property
    def heard_seconds(self) -> float:
        """How much it has heard of all messages since it was made or renewed."""
        return self._samples / self.rate_hz

    def accept(self, pcm: bytes) -> bool:
        """Take the next 16-bit samples; True at a pause, when `words` are ready."""
        self._samples += len(pcm) // 2
        return bool(self._vosk.AcceptWaveform(pcm))

    def words(self) -> list[dict[str, Any]]:
        """The words up to a pause. Once it has heard enough, a new recogniser continues from there."""
        words = self._timed(self._vosk.Result())
        if self.heard_seconds >= MAX_HEARD_IN_MESSAGE_SECONDS:
            self._renew()
        return words

    def last_words(self) -> list[dict[str, Any]]:
        """The words up to the end of the message; the next samples belong to another one."""
        words = self._timed(self._vosk.FinalResult())
        self._begun_at = self._samples
        return words

    def close(self) -> None:
        """Free its memory; it cannot be used any more."""
        self._vosk = None
        heap.trim()

    def _renew(self) -> None:
        self.close()  # before the next one takes as much
        self._begun_at -= self._samples
        self._samples = 0
        self._vosk = self._made()

    def _made(self) -> Any:
        made = vosk.KaldiRecognizer(self.model, float(self.rate_hz))
        made.SetWords(True)
        return made

    def _timed(self, result: str) -> list[dict[str, Any]]:
        words: list[dict[str, Any]] = json.loads(result).get("result", [])
        begun_seconds = self._begun_at / self.rate_hz
        return [word | {key: word[key] - begun_seconds for key in ("start", "end")} for word in words]


class Recognisers:
    """The recognisers of a process, at most as many as were in use at the same time; safe to share by threads."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._idle: list[Recogniser] = []
        self._lent = 0
        self._most_lent = 0

    def take(self, model: Any, rate_hz: int) -> Recogniser:
        """One for a message. Give it back after its last words, or `drop` it if the message was interrupted."""
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
        is_kept = recogniser.heard_seconds < MAX_HEARD_SECONDS
        with self._changing:
            self._lent -= 1
            if is_kept:
                self._idle.append(recogniser)
        if not is_kept:
            recogniser.close()

    def drop(self) -> None:
        """Count one as gone whose message was interrupted."""
        with self._changing:
            self._lent -= 1

    def close_idle(self) -> None:
        """Free those that wait for a message, and with them their models if nothing else uses these."""
        with self._changing:
            idle, self._idle = self._idle, []
        for recogniser in idle:
            recogniser.close()
