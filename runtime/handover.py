"""Work handed by event loops to others, to one thread for one, and its results back: gathered, so that many cost one awakening.

What a loop gives away while it goes through its ready sockets arrives together; what is settled together goes back together.
"""

from __future__ import annotations

import asyncio
import queue
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
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


class Gathering(ABC, Generic[Given, Got]):
    """Takes work from any number of loops. What a loop gives in one of its rounds goes on together."""

    def __init__(self) -> None:
        # What a loop gives in one of its rounds with the same patience.
        self._gathered: dict[tuple[asyncio.AbstractEventLoop, float], list[Handed[Given, Got]]] = {}

    async def give(self, work: Given, patience_seconds: float) -> Got:
        """Wait for the result of this work. Raises TimeoutError; it may be done all the same."""
        loop = asyncio.get_running_loop()
        handed: Handed[Given, Got] = Handed(work, loop, loop.create_future())
        gathered = self._gathered.setdefault((loop, patience_seconds), [])
        gathered.append(handed)
        if len(gathered) == 1:
            loop.call_soon(self._send, loop, patience_seconds)
        return await handed.result

    @abstractmethod
    def take_in(self, work: Sequence[Handed[Given, Got]]) -> None:
        """Take what was given together, here or elsewhere: it has the patience that it was given with."""

    def _send(self, loop: asyncio.AbstractEventLoop, patience_seconds: float) -> None:
        gathered = self._gathered.pop((loop, patience_seconds))
        self.take_in(gathered)
        loop.call_later(patience_seconds, _give_up, [handed.result for handed in gathered])


class Handover(Gathering[Given, Got], Generic[Given, Got]):
    """Hands work to one thread, which takes it away."""

    def __init__(self) -> None:
        super().__init__()
        self._queue: queue.SimpleQueue[Sequence[Handed[Given, Got]] | None] = queue.SimpleQueue()
        # Of the taking thread alone:
        self._left: list[Handed[Given, Got]] = []
        self._taken = 0
        self._is_over = False

    def take_in(self, work: Sequence[Handed[Given, Got]]) -> None:
        self._queue.put(work)

    def end(self) -> None:
        """Let `take` return None once what was given before is taken."""
        self._queue.put(None)

    def take(self, most: int, timeout_seconds: float | None = None) -> list[Handed[Given, Got]] | None:
        """What waits, `half` of it; empty when nothing comes in time, None when it is over."""
        self._gather(timeout_seconds)
        if self._is_over and not self._left:
            return None
        size = half(len(self._left), self._taken, most)
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


def half(waiting: int, taken: int, most: int) -> int:
    """How many of those who wait go now, when so many went last time.

    Of many, half go at a time: while these are written, the loop answers the other half. Taken all together they come back all
    together, and both sides wait for each other (docs/performance.md).
    """
    return min(most, max(_TOGETHER, (taken + waiting + 1) // 2))


def settle(done: Iterable[tuple[Handed[Given, Got], Got]]) -> None:
    """Give results back, each to its loop; who has given up meanwhile does not hear of it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Handed[Given, Got], Got]]] = {}
    for handed, result in done:
        by_loop.setdefault(handed.loop, []).append((handed, result))
    for loop, results in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle_here, results)


def settle_here(done: Iterable[tuple[Handed[Given, Got], Got]]) -> None:
    """As `settle`, in the loop that all of them came from."""
    for handed, result in done:
        if not handed.result.done():
            handed.result.set_result(result)


def _give_up(results: list[asyncio.Future[Got]]) -> None:
    for result in results:
        if not result.done():
            result.set_exception(TimeoutError())
