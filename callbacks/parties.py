"""Agents who ask at the same moment go together: one of them asks for all, and each is woken with an answer of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from typing import Final, Literal

from callbacks.callback import Callback
from callbacks.queue import Wanted

# Claims of one transaction; the others are in the next.
_TOGETHER: Final = 64
# From so many agents on, half of them are with the index while the other half is with SQL; fewer fill one transaction.
_TWO_PARTIES: Final = 24
# Whoever leads waits for this part of a transaction's time for those who claimed last time: they come back together.
_PATIENCE: Final = 1.0
_MOST_PATIENCE_SECONDS: Final = 0.005

# What an agent is told: a callback, that there is none, or what went wrong.
Answer = Callback | BaseException | None


@dataclass(slots=True)
class Asking:
    """An agent who waits for an answer."""

    wanted: Wanted
    now: datetime | None
    wake: SimpleQueue[Literal["lead", "answered"]] = field(default_factory=SimpleQueue)
    answer: Answer = None
    is_answered: bool = False
    wakes: Asking | None = None  # whom this agent wakes as soon as it is awake


class Parties:
    """Who of those waiting asks for all, how many go together, and how long they wait for each other.

    `serve` answers a party by `give`, and calls what it is given with it as soon as somebody else may lead the next one.
    """

    def __init__(self, serve: Callable[[Sequence[Asking], Callable[[], None]], None]) -> None:
        self._serve = serve
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting: list[Asking] = []
        self._under_way = 0  # agents whose answer is being made
        self._expected = 1
        self.is_led = False  # somebody gathers a party, or asks the index for it
        self.transaction_seconds = 0.0  # the last one's; `serve` keeps it

    def ask(self, asking: Asking) -> Answer:
        """The answer to this agent, after a while."""
        with self._lock:
            self._waiting.append(asking)
            leads = not self.is_led
            self.is_led = True
            if not leads and self._are_enough():
                self._changed.notify()
        if leads or asking.wake.get() == "lead":
            self._lead()
            asking.wake.get()
        if asking.wakes is not None:
            asking.wakes.wake.put("answered")
        return asking.answer

    def give(self, answers: Sequence[tuple[Asking, Answer]]) -> None:
        """Answer these, in turn: each agent wakes the next, and the one who leads, having more to do, comes last.

        Woken all at once they would wait in a crowd for the interpreter's lock, which cost more than half of the switches
        between threads.
        """
        if not answers:
            return
        last: Asking | None = None
        for asking, answer in answers:  # the leader is the first of a party
            asking.answer, asking.is_answered, asking.wakes = answer, True, last
            last = asking
        with self._lock:
            self._under_way -= len(answers)
            if not self._under_way:
                self._changed.notify()
        if last is not None:
            last.wake.put("answered")

    def _lead(self) -> None:
        """Answer a party of those who wait, this agent among them."""
        with self._lock:
            self._gather()
            together = self._waiting[: self._party()]
            del self._waiting[: len(together)]
            self._under_way += len(together)
        has_passed_on = False

        def pass_on() -> None:
            nonlocal has_passed_on
            if not has_passed_on:
                has_passed_on = True
                self._pass_on()

        try:
            self._serve(together, pass_on)
        except BaseException as error:
            self.give([(asking, error) for asking in together if not asking.is_answered])
            raise
        finally:
            pass_on()

    def _gather(self) -> None:
        """Wait until enough are here: without end while others are served, then a moment for those to come back."""
        while self._under_way and not self._are_enough():
            self._changed.wait()
        give_up = time.monotonic() + min(self.transaction_seconds * _PATIENCE, _MOST_PATIENCE_SECONDS)
        while not self._are_enough() and (left := give_up - time.monotonic()) > 0:
            self._changed.wait(left)

    def _are_enough(self) -> bool:
        return len(self._waiting) >= self._party()

    def _party(self) -> int:
        """How many go together: all, or of many half."""
        agents = max(self._expected, len(self._waiting) + self._under_way)
        return min(agents if agents < _TWO_PARTIES else (agents + 1) // 2, _TOGETHER)

    def _pass_on(self) -> None:
        with self._lock:
            self._expected = max(1, len(self._waiting) + self._under_way)
            self.is_led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].wake.put("lead")
