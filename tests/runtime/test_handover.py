"""Work goes from an event loop to a thread and back, of much of it half at a time, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import threading

import pytest

from runtime.handover import Handover, settle


class Doubler:
    """Doubles numbers in a thread of its own and keeps how many it was given at a time."""

    def __init__(self) -> None:
        self.handover: Handover[int, int] = Handover()
        self.sizes: list[int] = []
        self.may_go_on = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while (batch := self.handover.take(100)) is not None:
            self.may_go_on.wait(10)
            self.sizes.append(len(batch))
            settle((each, 2 * each.work) for each in batch)

    async def double(self, count: int) -> list[int]:
        return await asyncio.gather(*(self.handover.give(number, 10) for number in range(count)))

    def stop(self) -> None:
        self.may_go_on.set()
        self.handover.end()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def doubler() -> Doubler:
    return Doubler()


async def test_a_few_go_together(doubler: Doubler) -> None:
    doubler.may_go_on.set()
    assert await doubler.double(6) == [0, 2, 4, 6, 8, 10]
    doubler.stop()
    assert doubler.sizes == [6]


async def test_of_many_half_go_first_and_all_come_back_each_to_its_giver(doubler: Doubler) -> None:
    doubler.may_go_on.set()
    assert await doubler.double(60) == [2 * number for number in range(60)]
    doubler.stop()
    assert doubler.sizes[0] == 30
    assert sum(doubler.sizes) == 60


async def test_never_more_than_the_most_go_together(doubler: Doubler) -> None:
    doubler.may_go_on.set()
    assert len(await doubler.double(450)) == 450
    doubler.stop()
    assert max(doubler.sizes) == 100


async def test_what_was_given_before_the_end_is_still_done(doubler: Doubler) -> None:
    given = asyncio.gather(doubler.double(40))
    await asyncio.sleep(0.05)
    doubler.handover.end()
    doubler.may_go_on.set()
    assert (await given)[0] == [2 * number for number in range(40)]
    doubler.stop()
    assert sum(doubler.sizes) == 40


async def test_who_waits_too_long_is_told_and_holds_nobody_up(doubler: Doubler) -> None:
    with pytest.raises(TimeoutError):
        await doubler.handover.give(1, 0.01)
    doubler.may_go_on.set()
    assert await doubler.handover.give(2, 10) == 4
    doubler.stop()
