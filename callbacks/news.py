"""Claims that SQL confirmed and the index has yet to hear of: the next question to it takes them along, or a thread does soon.

Telling it at once kept whoever led a party from the next one, while all others were waiting for them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

from callbacks.callback import Callback
from callbacks.queue.index import Index

# So long the bell may be late. When no claim comes for it, a console may hear of a claim after twice this.
_PATIENCE_SECONDS: Final = 0.01
# A thread that finds nothing for so long ends; the next news start another.
_IDLE_SECONDS: Final = 1.0


class News:
    """The news of one process. What it does not get to tell, because it dies, the outbox tells."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._claimed: list[Callback] = []
        self._since = 0.0  # monotonic: when the first of them was added
        self._has_teller = False

    def add(self, claimed: Sequence[Callback]) -> None:
        with self._lock:
            if not self._claimed:
                self._since = time.monotonic()
            self._claimed += claimed

    def take(self) -> list[Callback]:
        """All that is untold, for whoever goes to the index anyway."""
        with self._lock:
            claimed, self._claimed = self._claimed, []
        return claimed

    def tell(self) -> None:
        if claimed := self.take():
            self._index.tell(lambda queue: queue.confirmed(claimed))

    def tell_soon(self) -> None:
        """Leave it to the next question to the index, if one comes."""
        with self._lock:
            if self._has_teller or not self._claimed:
                return
            self._has_teller = True
        threading.Thread(target=self._tell_what_is_left, name="claims-news", daemon=True).start()

    def _tell_what_is_left(self) -> None:
        last = time.monotonic()
        while self._stays(last):
            time.sleep(_PATIENCE_SECONDS)
            if self._claimed:
                last = time.monotonic()
                if last - self._since >= _PATIENCE_SECONDS:
                    self.tell()

    def _stays(self, last: float) -> bool:
        with self._lock:
            self._has_teller = bool(self._claimed) or time.monotonic() - last < _IDLE_SECONDS
            return self._has_teller
