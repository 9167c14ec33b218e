"""Writes log lines in one thread, so that no call waits for a terminal, a pipe or a disk."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from typing import TextIO

# Lines of this time are written together. A killed process loses those that are not written yet.
GATHER_SECONDS = 0.02


class LogLines:
    """Accepts lines from any thread and soon writes them to `out`, in order."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lines: deque[str] = deque()
        self._news = threading.Event()
        self._writing = threading.Lock()
        threading.Thread(target=self._run, name="log-lines", daemon=True).start()
        atexit.register(self.drain)

    def write(self, line: str) -> None:
        self._lines.append(line)
        if not self._news.is_set():
            self._news.set()

    def flush(self) -> None:
        """Called after every line. Does nothing, because lines are written together."""

    def drain(self) -> None:
        """Write all waiting lines now."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                self._out.write("".join(lines))
                self._out.flush()

    def _run(self) -> None:
        while self._news.wait():
            self._news.clear()
            time.sleep(GATHER_SECONDS)
            try:
                self.drain()
            except (OSError, ValueError):  # the reader of the log is gone; calls go on
                continue
