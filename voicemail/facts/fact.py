"""A fact heard in a message: a telephone number, a time or a date, with the place where it can be listened to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

from voicemail.mailbox import Word

FactKind = Literal["number", "time", "date"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What was said (`said`) and what it means (`value`): E.164, HH:MM, an ISO date, or an ISO date-time with its offset.

    `first_word` and `last_word` are places in the transcript, both belonging to the fact; `start` and `end` are seconds of
    the recording. `confidence` is the product of its words': one wrong word makes a wrong fact. A number said twice the
    same way is surer than each time alone. `is_certain` is False when the words allow another reading, as with three o'clock
    of the night or the day. `extension` are the digits that a number is followed by, and no part of its value.
    """

    kind: FactKind
    value: str
    first_word: int
    last_word: int
    start: float
    end: float
    confidence: float
    said: str
    is_certain: bool = True
    extension: str = ""


def fact_from(
    words: Sequence[Word],
    kind: FactKind,
    value: str,
    first_word: int,
    last_word: int,
    is_certain: bool = True,
    extension: str = "",
) -> Fact:
    """The fact that these words of the transcript say."""
    of_fact = words[first_word : last_word + 1]
    return Fact(
        kind=kind,
        value=value,
        first_word=first_word,
        last_word=last_word,
        start=of_fact[0].start,
        end=of_fact[-1].end,
        confidence=round(prod(word.confidence for word in of_fact), 4),
        said=" ".join(word.word for word in of_fact),
        is_certain=is_certain,
        extension=extension,
    )
