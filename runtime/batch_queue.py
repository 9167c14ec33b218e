"""Work that event loops give to one thread: it takes what waits as a batch, and each result goes back to its loop.

A batch costs the thread little more than one piece of work. So what a loop submits while it goes through its ready sockets
is handed over together.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

# So few are not divided.
FEW = 8

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class Pending(Generic[Work, Result]):
    """One piece of work on its way, and the future that its loop waits for."""

    work: Work
    loop: asyncio.AbstractEventLoop
    result: asyncio.Future[Result]


class BatchQueue(Generic[Work, Result]):
    """Takes work from any number of event loops to one thread."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[list[Pending[Work, Result]] | None] = queue.SimpleQueue()
        self._submitted: dict[asyncio.AbstractEventLoop, list[Pending[Work, Result]]] = {}
        # Of the taking thread alone:
        self._waiting: list[Pending[Work, Result]] = []
        self._has_ended = False

    async def submit(self, work: Work, timeout_seconds: float) -> Result:
        """Wait for the result of this work. Raises TimeoutError; the work may be done all the same."""
        loop = asyncio.get_running_loop()
        pending: Pending[Work, Result] = Pending(work, loop, loop.create_future())
        # A timer of its own costs a third of asyncio.timeout, and every turn pays for it.
        timer = loop.call_later(timeout_seconds, _expire, pending.result)
        together = self._submitted.setdefault(loop, [])
        together.append(pending)
        if len(together) == 1:
            loop.call_soon(self._hand_over, loop)
        try:
            return await pending.result
        finally:
            timer.cancel()

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        if together := self._submitted.pop(loop, None):
            self._queue.put(together)

    def take(self, most: int, timeout_seconds: float | None = None) -> list[Pending[Work, Result]] | None:
        """Half of what waits, up to `most`; empty when nothing comes in time, None after `end`.

        While half is done here, the loop can go on with the other half.
        """
        try:
            while not self._has_ended:
                more = self._queue.get_nowait() if self._waiting else self._queue.get(timeout=timeout_seconds)
                if more is None:
                    self._has_ended = True
                else:
                    self._waiting += more
        except queue.Empty:
            pass
        size = min(most, max(FEW, (len(self._waiting) + 1) // 2))
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        return None if self._has_ended and not batch else batch

    def end(self) -> None:
        """Let `take` return None once what was submitted before is taken."""
        for loop in list(self._submitted):
            self._hand_over(loop)
        self._queue.put(None)


def resolve(done: Iterable[tuple[Pending[Work, Result], Result]]) -> None:
    """Give results back, each to its loop; work whose time is over gets none."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Result], Result]]] = {}
    for pending, result in done:
        by_loop.setdefault(pending.loop, []).append((pending.result, result))
    for loop, results in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_set_results, results)


def _set_results(results: list[tuple[asyncio.Future[Result], Result]]) -> None:
    for future, result in results:
        if not future.done():
            future.set_result(result)


def _expire(result: asyncio.Future[Result]) -> None:
    if not result.done():
        result.set_exception(TimeoutError())
