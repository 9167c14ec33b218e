"""Work done beside the loop that gives it, a batch at a time: what arrives while a batch is under way is in one of the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

import structlog

from runtime.handover import Gathering, Given, Got, Handed, half

log = structlog.get_logger()


class Batches(Gathering[Given, Got], Generic[Given, Got]):
    """For one event loop. `begin` is given up to `most` pieces and what it calls once, there, when it is done with them.

    It settles them, or lets somebody else do so. There are no tasks here: with a few pieces in a batch they cost as much as all
    else (docs/performance.md).
    """

    def __init__(self, begin: Callable[[list[Handed[Given, Got]], Callable[[], None]], None], most: int) -> None:
        super().__init__()
        self._begin = begin
        self._most = most
        self._waiting: list[Handed[Given, Got]] = []
        self._taken = 0
        self._is_under_way = False

    def take_in(self, work: Sequence[Handed[Given, Got]]) -> None:
        self._waiting += work
        if not self._is_under_way:
            self._next()

    def _next(self) -> None:
        self._is_under_way = False
        while self._waiting and not self._is_under_way:
            size = half(len(self._waiting), self._taken, self._most)
            batch, self._waiting = self._waiting[:size], self._waiting[size:]
            self._taken = len(batch)
            wanted = [handed for handed in batch if not handed.result.done()]  # the others were given up
            if wanted:
                self._is_under_way = True
                self._try(wanted)

    def _try(self, batch: list[Handed[Given, Got]]) -> None:
        try:
            self._begin(batch, self._next)
        except Exception as error:
            log.exception("batch.failed", pieces=len(batch))
            self._is_under_way = False
            for handed in batch:
                if not handed.result.done():
                    handed.result.set_exception(error)
