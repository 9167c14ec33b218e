"""Keeps a fault that lasts from filling the log: its line comes at once, then at most every 30 seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Final

import structlog

PAUSE_SECONDS: Final = 30.0
# What is tried again every few seconds while SQL or Redis is away.
_LASTING: Final = frozenset(
    {
        "clock.pass_failed",
        "flows.not_refreshed",
        "journal.still_behind",
        "outbox.postponed",
        "outbox.sql_away",
        "worker.queue_away",
        "worker.sweep_failed",
    }
)


class RepeatedLines:
    """Drops such a line when the same event, of the same kind, was written less than 30 seconds ago. For several threads.

    The next one says in `left_out` how many were dropped.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._written: dict[tuple[object, object], tuple[float, int]] = {}

    def __call__(self, _logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event = fields["event"]
        if event not in _LASTING:
            return fields
        now, key = self._seconds(), (event, fields.get("kind"))
        with self._lock:
            at, left_out = self._written.get(key, (now - PAUSE_SECONDS, 0))
            if now - at < PAUSE_SECONDS:
                self._written[key] = at, left_out + 1
                raise structlog.DropEvent
            self._written[key] = now, 0
        if left_out:
            fields["left_out"] = left_out
        return fields
