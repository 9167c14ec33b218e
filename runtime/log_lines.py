"""Log lines on their way out: one thread writes them, so that no call waits for a terminal, a pipe or a disk."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from typing import TextIO

# Lines of so long go out together. What a process that is killed has not written by then is not in its log.
GATHER_SECONDS = 0.02


class LogLines:
    """Takes lines from any thread and writes them to `out` in order, soon after."""

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
        """Called after every line; they go out together."""

    def drain(self) -> None:
        """Write what waits, now."""
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
            except (OSError, ValueError):  # whoever read the log is gone; the calls go on
                continue
