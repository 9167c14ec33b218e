"""Work handed by event loops to one thread, and its results back: gathered on the way, so that many cost one awakening.

What a loop gives away while it goes through its ready sockets arrives together; what the thread settles together goes back
together.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

# So many go together at least.
_TOGETHER: Final = 8

Given = TypeVar("Given")
Got = TypeVar("Got")


@dataclass(slots=True, eq=False)
class Handed(Generic[Given, Got]):
    """One piece of work on its way, and the future that its giver waits for."""

    work: Given
    loop: asyncio.AbstractEventLoop
    result: asyncio.Future[Got]


class Handover(Generic[Given, Got]):
    """Takes work from any number of loops; one thread takes it away."""

    def __init__(self) -> None:
        # What a loop gives in one of its rounds with the same patience.
        self._gathered: dict[tuple[asyncio.AbstractEventLoop, float], list[Handed[Given, Got]]] = {}
        self._queue: queue.SimpleQueue[list[Handed[Given, Got]] | None] = queue.SimpleQueue()
        # Of the taking thread alone:
        self._left: list[Handed[Given, Got]] = []
        self._taken = 0
        self._is_over = False

    async def give(self, work: Given, patience_seconds: float) -> Got:
        """Wait for the result of this work. Raises TimeoutError; it may be done all the same."""
        loop = asyncio.get_running_loop()
        handed: Handed[Given, Got] = Handed(work, loop, loop.create_future())
        gathered = self._gathered.setdefault((loop, patience_seconds), [])
        gathered.append(handed)
        if len(gathered) == 1:
            loop.call_soon(self._send, loop, patience_seconds)
        return await handed.result

    def end(self) -> None:
        """Let `take` return None once what was given before is taken."""
        self._queue.put(None)

    def take(self, most: int, timeout_seconds: float | None = None) -> list[Handed[Given, Got]] | None:
        """What waits, `most` at a time; empty when nothing comes in time, None when it is over.

        Of many, half go at a time: while these are with the thread, the loop answers the other half. Taken all together they
        come back all together, and loop and thread wait for each other (docs/performance.md).
        """
        self._gather(timeout_seconds)
        if self._is_over and not self._left:
            return None
        lately = self._taken + len(self._left)
        size = min(most, max(_TOGETHER, (lately + 1) // 2))
        taken, self._left = self._left[:size], self._left[size:]
        self._taken = len(taken)
        return taken

    def _gather(self, timeout_seconds: float | None) -> None:
        try:
            while not self._is_over:
                more = self._queue.get_nowait() if self._left else self._queue.get(timeout=timeout_seconds)
                if more is None:
                    self._is_over = True
                else:
                    self._left += more
        except queue.Empty:
            pass

    def _send(self, loop: asyncio.AbstractEventLoop, patience_seconds: float) -> None:
        gathered = self._gathered.pop((loop, patience_seconds))
        self._queue.put(gathered)
        loop.call_later(patience_seconds, _give_up, [handed.result for handed in gathered])


def settle(done: Iterable[tuple[Handed[Given, Got], Got]]) -> None:
    """Give results back, each to its loop; who has given up meanwhile does not hear of it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Got], Got]]] = {}
    for handed, result in done:
        by_loop.setdefault(handed.loop, []).append((handed.result, result))
    for loop, results in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_set, results)


def _set(results: list[tuple[asyncio.Future[Got], Got]]) -> None:
    for future, result in results:
        if not future.done():
            future.set_result(result)


def _give_up(results: list[asyncio.Future[Got]]) -> None:
    for result in results:
        if not result.done():
            result.set_exception(TimeoutError())
