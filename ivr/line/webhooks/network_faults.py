"""Faults of the network between the line and a webhook, drawn at random from a seed.

A network repeats, delays, reorders and loses requests; a webhook must tolerate all of it (rule 45 of docs/twiml-rules.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Literal, Self

from ivr.line.durations import InvalidDuration, seconds_of

RequestKind = Literal["document", "status", "recording"]
RepeatStyle = Literal["together", "after", "late"]


class InvalidFaults(ValueError):
    """The description of faults cannot be read; the message shows a valid one. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class RequestFaults:
    """The faults of one request, drawn before it is sent, so that a seed always gives the same faults.

    `repeat` None: sent once. `is_held`: sent at the end of the call, in another order.
    """

    delay_seconds: float = 0.0
    repeat: RepeatStyle | None = None
    is_dropped: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class NetworkFaults:
    """Probabilities from 0 to 1. Only callbacks are dropped or held: without its documents a call cannot go on."""

    duplicate: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 1.0
    reorder: bool = False
    drop: float = 0.0
    drop_kinds: frozenset[RequestKind] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "duplicate=0.3 delay=0.2:3s reorder drop=status drop=recording drop=0.1". Raises InvalidFaults."""
        duplicate = delay = drop = 0.0
        delay_seconds, reorder = 1.0, False
        kinds: set[RequestKind] = set()
        for word in re.split(r"[\s,]+", text.strip()):
            match word.split("=", 1):
                case [""]:
                    pass
                case ["reorder"]:
                    reorder = True
                case ["duplicate", probability]:
                    duplicate = _probability(word, probability)
                case ["delay", value]:
                    probability, _, length = value.partition(":")
                    delay = _probability(word, probability)
                    delay_seconds = _seconds(word, length) if length else 1.0
                case ["drop", "status"]:
                    kinds.add("status")
                case ["drop", "recording"]:
                    kinds.add("recording")
                case ["drop", probability]:
                    drop = _probability(word, probability)
                case _:
                    raise InvalidFaults(
                        f"fault {word!r} is unknown. Example: duplicate=0.3 delay=0.2:3s reorder drop=status."
                    )
        return cls(duplicate, delay, delay_seconds, reorder, drop, frozenset(kinds))

    def draw(self, kind: RequestKind, random: Random) -> RequestFaults:
        """Draw the faults of one request. The number of random draws is fixed, so later requests keep their faults."""
        drops, delays, repeats, style = random.random(), random.random(), random.random(), random.random()
        styles: tuple[RepeatStyle, ...] = ("together", "after", "late")
        is_callback = kind != "document"
        return RequestFaults(
            delay_seconds=self.delay_seconds if delays < self.delay else 0.0,
            repeat=styles[int(style * len(styles))] if repeats < self.duplicate else None,
            is_dropped=is_callback and (kind in self.drop_kinds or drops < self.drop),
            is_held=is_callback and self.reorder,
        )


def _probability(word: str, text: str) -> float:
    try:
        probability = float(text)
    except ValueError:
        probability = -1.0
    if not 0 <= probability <= 1:
        raise InvalidFaults(f"fault {word!r}: the probability must be a number from 0 to 1.")
    return probability


def _seconds(word: str, text: str) -> float:
    try:
        return seconds_of(text)
    except InvalidDuration as error:
        raise InvalidFaults(f"fault {word!r}: {error}") from None
