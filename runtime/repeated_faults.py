"""Keeps a fault that lasts from filling the log: it is told at once, then after 1, 2, 4 … 60 seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_PAUSE_SECONDS = 60.0


class RepeatedFault:
    """One fault of one loop, for one thread. Another kind of error, or one after `over`, is told at once."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._kind: type[Exception] | None = None
        self._pause = 0.0
        self._told_at = 0.0

    def is_news(self, error: Exception) -> bool:
        """Whether to tell this error now."""
        now = self._seconds()
        if type(error) is self._kind and now - self._told_at < self._pause:
            return False
        self._pause = min(LONGEST_PAUSE_SECONDS, self._pause * 2) if type(error) is self._kind else 1.0
        self._kind, self._told_at = type(error), now
        return True

    def over(self) -> None:
        """It works again."""
        self._kind = None
