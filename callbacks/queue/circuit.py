"""Leaves a server alone for a while after it failed to answer, so that its silence does not slow every agent down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

import redis
import structlog

log = structlog.get_logger()

Answer = TypeVar("Answer")

AWAY_SECONDS: Final = 5.0


class QueueError(Exception):
    """The index cannot answer; SQL can. See the two kinds for what happens next."""


class QueueAway(QueueError):
    """The server does not answer. It is asked again after 5 seconds."""


class Circuit:
    """Knows whether the server is away. Safe to share between threads; it says each change once."""

    def __init__(self) -> None:
        self._away_until = 0.0  # monotonic seconds; 0 when the server answered last time
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the server failed last time and has not answered since."""
        return self._away_until > 0

    def ask(self, ask: Callable[[], Answer]) -> Answer:
        """The server's answer. Raises QueueAway, also without asking when it failed a moment ago."""
        if time.monotonic() < self._away_until:
            raise QueueAway("Redis did not answer a moment ago")
        try:
            answer = ask()
        except (redis.RedisError, OSError) as error:  # also one that is full, read-only or loading
            self.trip(str(error))
            raise QueueAway(f"Redis does not answer: {error}") from error
        self.reset()
        return answer

    def trip(self, reason: str, seconds: float = AWAY_SECONDS) -> None:
        """The server is away: it is not asked for so long."""
        with self._lock:
            was_open, self._away_until = self.is_open, time.monotonic() + seconds
        if not was_open:
            log.warning("queue.away", reason=reason, answer="claims go to SQL until it is back")

    def reset(self) -> None:
        """The server answers."""
        if not self.is_open:
            return
        with self._lock:
            was_open, self._away_until = self.is_open, 0.0
        if was_open:
            log.info("queue.back")
