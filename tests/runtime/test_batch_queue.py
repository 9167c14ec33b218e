"""Work goes from event loops to a thread and back in batches, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from runtime.batch_queue import BatchQueue, resolve

MOST = 100


class Doubler:
    """Doubles numbers in a thread of its own and keeps the size of each batch. It begins a batch when `may_go_on`."""

    def __init__(self) -> None:
        self.queue: BatchQueue[int, int] = BatchQueue()
        self.sizes: list[int] = []
        self.has_taken = threading.Event()
        self.may_go_on = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while (batch := self.queue.take(MOST)) is not None:
            self.has_taken.set()
            self.may_go_on.wait(10)
            self.sizes.append(len(batch))
            resolve((each, 2 * each.work) for each in batch)

    async def submit_all(self, count: int) -> asyncio.Future[list[int]]:
        """Submit the numbers below `count`; their results are to be awaited."""
        submitted = [asyncio.ensure_future(self.queue.submit(number, 10)) for number in range(count)]
        await asyncio.sleep(0)  # each of them runs until it waits
        return asyncio.gather(*submitted)

    def stop(self) -> None:
        self.may_go_on.set()
        self.queue.end()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def doubler() -> Iterator[Doubler]:
    made = Doubler()
    made.thread.start()
    yield made
    if made.thread.is_alive():
        made.stop()


async def test_what_comes_while_a_batch_is_done_goes_by_halves_and_comes_back_in_its_order(doubler: Doubler) -> None:
    first = await doubler.submit_all(1)
    await asyncio.to_thread(doubler.has_taken.wait, 10)
    others = await doubler.submit_all(60)
    doubler.may_go_on.set()
    assert await first == [0]
    assert await others == [2 * number for number in range(60)]
    assert doubler.sizes == [1, 30, 15, 8, 7]


async def test_a_batch_has_no_more_than_the_most(doubler: Doubler) -> None:
    first = await doubler.submit_all(1)
    await asyncio.to_thread(doubler.has_taken.wait, 10)
    others = await doubler.submit_all(250)
    doubler.may_go_on.set()
    assert len(await others) == 250
    assert await first == [0]
    assert doubler.sizes == [1, 100, 75, 38, 19, 9, 8, 1]


async def test_what_was_submitted_before_the_end_is_still_done() -> None:
    doubler = Doubler()
    given = await doubler.submit_all(40)
    doubler.queue.end()
    doubler.may_go_on.set()
    doubler.thread.start()
    assert await given == [2 * number for number in range(40)]
    doubler.thread.join(10)
    assert doubler.sizes == [20, 10, 8, 2]


async def test_work_that_takes_too_long_is_given_up_and_holds_nothing_up(doubler: Doubler) -> None:
    with pytest.raises(TimeoutError):
        await doubler.queue.submit(1, 0.01)
    doubler.may_go_on.set()
    assert await doubler.queue.submit(2, 10) == 4
