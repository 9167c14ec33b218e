"""Decides how the numbers that a transfer rings behave. Without instructions nobody answers.

Rules 23 to 28 of docs/twiml-rules.md.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ivr.line.durations import InvalidDuration, seconds_of
from ivr.line.twiml.verbs import Dial

TransferStatus = Literal["completed", "busy", "no-answer", "failed", "canceled"]
ANSWERED_AFTER_SECONDS = 3.0
REFUSED_AFTER_SECONDS = 1.0


class InvalidDialResult(ValueError):
    """The outcome of a transfer cannot be read; the message shows valid ones. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class CalleeBehaviour:
    """What a number does when it rings; `talk_seconds` counts only when it answers."""

    status: Literal["answered", "busy", "no-answer", "failed"]
    talk_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """How a transfer will go: it rings, then `number` answers; without a number nobody answered."""

    status: TransferStatus
    ring_seconds: float
    number: str = ""
    talk_seconds: float = 0.0


def parse_behaviour(text: str) -> CalleeBehaviour:
    """Read "busy", "no-answer", "failed" or "answered 20s". Raises InvalidDialResult."""
    match text.split():
        case ["busy" | "no-answer" | "failed" as status]:
            return CalleeBehaviour(status)
        case ["answered"]:
            return CalleeBehaviour("answered", 10.0)
        case ["answered", length]:
            try:
                return CalleeBehaviour("answered", seconds_of(length))
            except InvalidDuration as error:
                raise InvalidDialResult(f"dial result {text!r}: {error}") from None
        case _:
            raise InvalidDialResult(f"dial result {text!r}: must be busy, no-answer, failed or answered 20s.")


class Callees:
    """The numbers that a call may ring. Each does what was set for it, else what the next outcome says, else nothing."""

    def __init__(self, results: Iterable[str]) -> None:
        """Read results such as "busy" (the next transfer) and "+37120000009=answered 20s". Raises InvalidDialResult."""
        self._of_number: dict[str, CalleeBehaviour] = {}
        self._next: deque[CalleeBehaviour] = deque()
        for text in results:
            numbered = re.fullmatch(r"(\+?\d+)\s*=\s*(.+)", text.strip())
            if numbered:
                self._of_number[numbered[1]] = parse_behaviour(numbered[2])
            else:
                self._next.append(parse_behaviour(text))

    def plan_transfer(self, verb: Dial) -> TransferPlan:
        """Plan a transfer. Uses up the next set outcome when one of its numbers has none of its own."""
        numbered = [self._of_number.get(number) for number in verb.numbers]
        default = self._next.popleft() if None in numbered and self._next else CalleeBehaviour("no-answer")
        answers = {number: self._of_number.get(number, default) for number in verb.numbers}
        return _one_by_one(verb, answers.__getitem__) if verb.sequential else _at_once(verb, answers.__getitem__)


def _at_once(verb: Dial, answer_of: Callable[[str], CalleeBehaviour]) -> TransferPlan:
    """The first answer wins (rule 26). Without an answer the caller hears the longest ringing of all numbers."""
    rung = [(number, answer_of(number)) for number in verb.numbers]
    for number, answer in rung:
        if answer.status == "answered":
            return _connected(verb, number, answer, ANSWERED_AFTER_SECONDS)
    ring_seconds = max(_refusal_seconds(verb, answer) for _, answer in rung)
    return TransferPlan(_verdict([answer for _, answer in rung]), ring_seconds)


def _one_by_one(verb: Dial, answer_of: Callable[[str], CalleeBehaviour]) -> TransferPlan:
    rung_seconds = 0.0
    refusals = []
    for number in verb.numbers:
        answer = answer_of(number)
        if answer.status == "answered":
            return _connected(verb, number, answer, rung_seconds + ANSWERED_AFTER_SECONDS)
        rung_seconds += _refusal_seconds(verb, answer)
        refusals.append(answer)
    return TransferPlan(_verdict(refusals[-1:]), rung_seconds)


def _connected(verb: Dial, number: str, answer: CalleeBehaviour, ring_seconds: float) -> TransferPlan:
    return TransferPlan("completed", ring_seconds, number, min(answer.talk_seconds, verb.time_limit_seconds))


def _refusal_seconds(verb: Dial, answer: CalleeBehaviour) -> float:
    return float(verb.timeout_seconds) if answer.status == "no-answer" else REFUSED_AFTER_SECONDS


def _verdict(answers: list[CalleeBehaviour]) -> TransferStatus:
    """The status of a transfer that nobody answered: no-answer before busy, busy before failed."""
    statuses = {answer.status for answer in answers}
    for status in ("no-answer", "busy"):
        if status in statuses:
            return status
    return "failed"
