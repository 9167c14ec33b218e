"""Work is begun a batch at a time, of much of it half, and nobody waits for what went wrong with others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from runtime.batches import Batches
from runtime.handover import Handed, settle_here


class Doubler:
    """Doubles numbers when it is told to, and keeps how many it was given at a time."""

    def __init__(self, most: int = 100) -> None:
        self.batches: Batches[int, int] = Batches(self._begin, most)
        self.begun: list[tuple[list[Handed[int, int]], Callable[[], None]]] = []
        self.sizes: list[int] = []

    def _begin(self, batch: list[Handed[int, int]], over: Callable[[], None]) -> None:
        self.sizes.append(len(batch))
        if any(each.work < 0 for each in batch):
            raise ValueError("below nothing")
        self.begun.append((batch, over))

    def finish(self) -> None:
        batch, over = self.begun.pop(0)
        settle_here((each, 2 * each.work) for each in batch)
        over()

    def ask(self, *numbers: int, patience: float = 30) -> list[asyncio.Task[int]]:
        return [asyncio.ensure_future(self.batches.give(number, patience)) for number in numbers]


async def rounds() -> None:
    """Let the loop go round until nothing more happens by itself."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_given_in_one_round_goes_together_and_what_comes_meanwhile_next() -> None:
    doubler = Doubler()
    first = doubler.ask(1, 2, 3)
    await rounds()
    later = [*doubler.ask(4), *doubler.ask(5)]
    await rounds()
    assert doubler.sizes == [3]
    doubler.finish()
    assert await asyncio.gather(*first) == [2, 4, 6]
    assert doubler.sizes == [3, 2]
    doubler.finish()
    assert await asyncio.gather(*later) == [8, 10]
    assert doubler.begun == []


async def test_of_many_half_go_at_a_time_and_never_too_many() -> None:
    doubler = Doubler(most=20)
    asked = doubler.ask(*range(60))
    await rounds()
    while doubler.begun:
        doubler.finish()
    assert await asyncio.gather(*asked) == [2 * number for number in range(60)]
    assert doubler.sizes == [20, 20, 20]
    doubler = Doubler()
    asked = doubler.ask(*range(40))
    await rounds()
    while doubler.begun:
        doubler.finish()
    assert await asyncio.gather(*asked) == [2 * number for number in range(40)]
    assert doubler.sizes == [20, 20]


async def test_who_gives_up_is_left_out_and_keeps_nobody_waiting() -> None:
    doubler = Doubler()
    first = doubler.ask(1)
    await rounds()
    hasty, patient = doubler.ask(2, patience=0.01)[0], doubler.ask(3)[0]
    with pytest.raises(TimeoutError):
        await hasty
    doubler.finish()
    doubler.finish()
    assert await first[0] == 2
    assert await patient == 6
    assert doubler.sizes == [1, 1]


async def test_when_all_of_a_batch_have_given_up_the_next_goes() -> None:
    doubler = Doubler()
    doubler.ask(1)
    await rounds()
    hasty = doubler.ask(2, patience=0.01)[0]
    with pytest.raises(TimeoutError):
        await hasty
    doubler.finish()
    assert doubler.sizes == [1]
    patient = doubler.ask(3)[0]
    await rounds()
    doubler.finish()
    assert await patient == 6


async def test_what_cannot_begin_fails_for_its_batch_alone() -> None:
    doubler = Doubler()
    bad = doubler.ask(1, -1)
    await rounds()
    for each in bad:
        with pytest.raises(ValueError, match="below nothing"):
            await each
    good = doubler.ask(2)
    await rounds()
    doubler.finish()
    assert await good[0] == 4


async def test_work_that_was_given_elsewhere_is_taken_in() -> None:
    doubler, other = Doubler(), Doubler()
    asked = doubler.ask(1, 2)
    await rounds()
    batch, over = doubler.begun.pop()
    other.batches.take_in(batch)
    over()
    other.finish()
    assert await asyncio.gather(*asked) == [2, 4]
