"""Work that event loops give to one thread: it takes what waits as one batch, and each result goes back to its loop."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

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
        self._queue: queue.SimpleQueue[Pending[Work, Result] | None] = queue.SimpleQueue()
        self._has_ended = False  # of the taking thread alone

    async def submit(self, work: Work, timeout_seconds: float) -> Result:
        """Wait for the result of this work. Raises TimeoutError; the work may be done all the same."""
        loop = asyncio.get_running_loop()
        pending: Pending[Work, Result] = Pending(work, loop, loop.create_future())
        # A timer of its own costs a third of asyncio.timeout, and every turn pays for it.
        timer = loop.call_later(timeout_seconds, _expire, pending.result)
        self._queue.put(pending)
        try:
            return await pending.result
        finally:
            timer.cancel()

    def take(self, most: int, timeout_seconds: float | None = None) -> list[Pending[Work, Result]] | None:
        """All that waits, up to `most`; empty when nothing comes in time, None after `end`."""
        batch: list[Pending[Work, Result]] = []
        try:
            while len(batch) < most and not self._has_ended:
                pending = self._queue.get_nowait() if batch else self._queue.get(timeout=timeout_seconds)
                if pending is None:
                    self._has_ended = True
                else:
                    batch.append(pending)
        except queue.Empty:
            pass
        return None if self._has_ended and not batch else batch

    def end(self) -> None:
        """Let `take` return None once what was submitted before is taken."""
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
