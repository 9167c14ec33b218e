"""What goes wrong between the line and us, on request and the same for the same seed.

A network repeats, delays, reorders and loses requests; a webhook must bear all of it (rule 45 of docs/twiml-rules.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Literal, Self

from ivr.line.playing.modes import ModeFault, seconds_of

RequestKind = Literal["document", "status", "recording"]
RepeatStyle = Literal["together", "after", "late"]


class FaultFault(ValueError):
    """The wish for faults cannot be read; the message says what would be right. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What befalls one request: told beforehand, so that one seed always gives one story.

    `repeat` None: sent once. `is_held`: kept back to the end of the call, then sent in another order.
    """

    delay_seconds: float = 0.0
    repeat: RepeatStyle | None = None
    is_dropped: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Faults:
    """Odds from 0 to 1. Only callbacks are dropped or held back: a document that is not asked for is another call."""

    duplicate: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 1.0
    reorder: bool = False
    drop: float = 0.0
    drop_kinds: frozenset[RequestKind] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "duplicate=0.3 delay=0.2:3s reorder drop=status drop=recording drop=0.1". Raises FaultFault."""
        duplicate = delay = drop = 0.0
        delay_seconds, reorder = 1.0, False
        kinds: set[RequestKind] = set()
        for word in re.split(r"[\s,]+", text.strip()):
            match word.split("=", 1):
                case [""]:
                    pass
                case ["reorder"]:
                    reorder = True
                case ["duplicate", odds]:
                    duplicate = _odds(word, odds)
                case ["delay", value]:
                    odds, _, length = value.partition(":")
                    delay = _odds(word, odds)
                    delay_seconds = _seconds(word, length) if length else 1.0
                case ["drop", "status"]:
                    kinds.add("status")
                case ["drop", "recording"]:
                    kinds.add("recording")
                case ["drop", odds]:
                    drop = _odds(word, odds)
                case _:
                    raise FaultFault(f"fault {word!r} is not one. Try: duplicate=0.3 delay=0.2:3s reorder drop=status.")
        return cls(duplicate, delay, delay_seconds, reorder, drop, frozenset(kinds))

    def befall(self, kind: RequestKind, chance: Random) -> Fate:
        """Draw the fate of one request. Always takes the same number of draws, so that later fates do not shift."""
        drops, delays, repeats, style = chance.random(), chance.random(), chance.random(), chance.random()
        styles: tuple[RepeatStyle, ...] = ("together", "after", "late")
        is_callback = kind != "document"
        return Fate(
            delay_seconds=self.delay_seconds if delays < self.delay else 0.0,
            repeat=styles[int(style * len(styles))] if repeats < self.duplicate else None,
            is_dropped=is_callback and (kind in self.drop_kinds or drops < self.drop),
            is_held=is_callback and self.reorder,
        )


def _odds(word: str, text: str) -> float:
    try:
        odds = float(text)
    except ValueError:
        odds = -1.0
    if not 0 <= odds <= 1:
        raise FaultFault(f"fault {word!r}: the odds must be a number from 0 to 1.")
    return odds


def _seconds(word: str, text: str) -> float:
    try:
        return seconds_of(text)
    except ModeFault as error:
        raise FaultFault(f"fault {word!r}: {error}") from None
