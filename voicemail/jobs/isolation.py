"""A recording that may have crashed a worker is worked on alone, so that no other is lost with it.

Native code can end the whole process. Every recording under way in it is suspected; alone, an innocent one succeeds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Isolation:
    """Lets any number of healthy jobs in at once, or one suspect by itself; a waiting suspect goes before new ones."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._suspect_inside = False
        self._suspects_waiting = 0

    @contextmanager
    def entered(self, *, is_suspect: bool) -> Iterator[None]:
        with self._changed:
            if is_suspect:
                self._suspects_waiting += 1
                self._changed.wait_for(lambda: self._inside == 0)
                self._suspects_waiting -= 1
                self._suspect_inside = True
            else:
                self._changed.wait_for(lambda: not self._suspect_inside and not self._suspects_waiting)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._suspect_inside = False
                self._changed.notify_all()
