"""Recognisers: each hears some seconds of speech, of one message or of the next ones too, before a new one takes its place.

Which words may follow which is worked out while one listens, and kept: a new one works it out anew, an old one takes memory for
it. So the bound on what one hears is a trade of work for memory. What one learnt of a speaker it forgets with each message.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import vosk

from voicemail.recognition import heap

# How much one hears before the next message gets a new one. It takes 37 MB after 4 s of speech, 69 after 11 s
# and 125 after 33 s, all of it live; a new one costs half a second of CPU (docs/performance.md).
MAX_HEARD_SECONDS = 6.0
# The same within a message, where a new one has to get used to the speaker again: a clip of 33 s had 0.38 of its characters wrong
# with one, 0.41, 0.43 and 0.49 when another took its place after 16, 10 and 2 s.
MAX_HEARD_IN_MESSAGE_SECONDS = 60.0


class Recogniser:
    """Vosk's recogniser with words and their times, which begin at 0 with each message."""

    def __init__(self, model: Any, rate_hz: int) -> None:
        self.model = model
        self.rate_hz = rate_hz
        self._begun_at = 0  # sample at which this message began: Vosk counts on from message to message
        self._samples = 0
        self._vosk: Any = self._made()

    @property
    def heard_seconds(self) -> float:
        """How much it has heard of all messages since it was made or renewed."""
        return self._samples / self.rate_hz

    def accept(self, pcm: bytes) -> bool:
        """Hear the next 16-bit samples; True if somebody paused, so that `words` are ready."""
        self._samples += len(pcm) // 2
        return bool(self._vosk.AcceptWaveform(pcm))

    def words(self) -> list[dict[str, Any]]:
        """The words up to a pause; with what comes after it a new one goes on, if this one has heard enough."""
        words = self._timed(self._vosk.Result())
        if self.heard_seconds >= MAX_HEARD_IN_MESSAGE_SECONDS:
            self._renew()
        return words

    def last_words(self) -> list[dict[str, Any]]:
        """The words up to the end of the message; what is heard next is another one."""
        words = self._timed(self._vosk.FinalResult())
        self._begun_at = self._samples
        return words

    def close(self) -> None:
        """Give its memory back; it hears nothing any more."""
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
        is_kept = recogniser.heard_seconds < MAX_HEARD_SECONDS
        with self._changing:
            self._lent -= 1
            if is_kept:
                self._idle.append(recogniser)
        if not is_kept:
            recogniser.close()

    def drop(self) -> None:
        """Count one as gone that was broken off."""
        with self._changing:
            self._lent -= 1

    def close_idle(self) -> None:
        """Give back the memory of those that wait for a message, and of their models if nobody else has them."""
        with self._changing:
            idle, self._idle = self._idle, []
        for recogniser in idle:
            recogniser.close()
