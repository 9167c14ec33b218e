"""What happens when a call is transferred: nobody answers on this line, unless it was told otherwise.

Rules 23 to 28 of docs/twiml-rules.md, for numbers rung at once or one after the other.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ivr.line.playing.modes import ModeFault, seconds_of
from ivr.line.twiml.verbs import Dial

TransferStatus = Literal["completed", "busy", "no-answer", "failed", "canceled"]
ANSWERED_AFTER_SECONDS = 3.0
REFUSED_AFTER_SECONDS = 1.0


class DialResultFault(ValueError):
    """The outcome of a transfer cannot be read; the message says what would be right. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rung number does; `talk_seconds` counts only for an answer."""

    status: Literal["answered", "busy", "no-answer", "failed"]
    talk_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """How a transfer goes: it rings, then it is connected to `number`, or ends with a status that is no answer."""

    status: TransferStatus
    ring_seconds: float
    number: str = ""
    talk_seconds: float = 0.0


def parse_answer(text: str) -> Answer:
    """Read "busy", "no-answer", "failed" or "answered 20s". Raises DialResultFault."""
    match text.split():
        case ["busy" | "no-answer" | "failed" as status]:
            return Answer(status)
        case ["answered"]:
            return Answer("answered", 10.0)
        case ["answered", length]:
            try:
                return Answer("answered", seconds_of(length))
            except ModeFault as error:
                raise DialResultFault(f"dial result {text!r}: {error}") from None
        case _:
            raise DialResultFault(f"dial result {text!r}: must be busy, no-answer, failed or answered 20s.")


class Exchange:
    """Decides for each number that a call rings: by its own answer, else by the next one in the queue, else nobody."""

    def __init__(self, results: Iterable[str]) -> None:
        """Read results such as "busy" (the next transfer) and "+37120000009=answered 20s". Raises DialResultFault."""
        self._of_number: dict[str, Answer] = {}
        self._next: deque[Answer] = deque()
        for text in results:
            numbered = re.fullmatch(r"(\+?\d+)\s*=\s*(.+)", text.strip())
            if numbered:
                self._of_number[numbered[1]] = parse_answer(numbered[2])
            else:
                self._next.append(parse_answer(text))

    def transfer(self, verb: Dial) -> Transfer:
        """How this transfer will go. Takes the next answer of the queue when one of its numbers has none of its own."""
        numbered = [self._of_number.get(number) for number in verb.numbers]
        default = self._next.popleft() if None in numbered and self._next else Answer("no-answer")
        answers = {number: self._of_number.get(number, default) for number in verb.numbers}
        return _one_by_one(verb, answers.__getitem__) if verb.sequential else _at_once(verb, answers.__getitem__)


def _at_once(verb: Dial, answer_of: Callable[[str], Answer]) -> Transfer:
    """The first answer wins and the others are cancelled (rule 26); without one the caller rings as long as anybody might."""
    rung = [(number, answer_of(number)) for number in verb.numbers]
    for number, answer in rung:
        if answer.status == "answered":
            return _connected(verb, number, answer, ANSWERED_AFTER_SECONDS)
    ring_seconds = max(_refusal_seconds(verb, answer) for _, answer in rung)
    return Transfer(_verdict([answer for _, answer in rung]), ring_seconds)


def _one_by_one(verb: Dial, answer_of: Callable[[str], Answer]) -> Transfer:
    rung_seconds = 0.0
    refusals = []
    for number in verb.numbers:
        answer = answer_of(number)
        if answer.status == "answered":
            return _connected(verb, number, answer, rung_seconds + ANSWERED_AFTER_SECONDS)
        rung_seconds += _refusal_seconds(verb, answer)
        refusals.append(answer)
    return Transfer(_verdict(refusals[-1:]), rung_seconds)


def _connected(verb: Dial, number: str, answer: Answer, ring_seconds: float) -> Transfer:
    return Transfer("completed", ring_seconds, number, min(answer.talk_seconds, verb.time_limit_seconds))


def _refusal_seconds(verb: Dial, answer: Answer) -> float:
    return float(verb.timeout_seconds) if answer.status == "no-answer" else REFUSED_AFTER_SECONDS


def _verdict(answers: list[Answer]) -> TransferStatus:
    """Somebody who just did not answer outweighs a busy line, and that a number that cannot be reached."""
    statuses = {answer.status for answer in answers}
    for status in ("no-answer", "busy"):
        if status in statuses:
            return status
    return "failed"
