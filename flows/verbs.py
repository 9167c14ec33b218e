"""What the phone does next. A provider renders these; the engine knows no markup."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Say:
    """Speak `text` (plain, never markup) in `language` (a BCP 47 tag as in the flow: en, lv, ru, ko)."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Play:
    """Play an audio file of the flow; `text` is what it says, spoken instead where the file is missing.

    `content` is the hash under which it is stored, empty where nobody listened to the file; then `seconds` is 0.
    """

    audio: str
    text: str
    language: str
    content: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Gather:
    """Play `prompts` and collect keys at the same time; a key stops the prompts (barge-in).

    `num_digits` 0 means no fixed number. `finish_on_key` "" means that every key is data.
    """

    prompts: tuple[Say | Play, ...]
    num_digits: int
    finish_on_key: str
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class Record:
    """Beep, then record until silence, an end key or the limit."""

    max_seconds: int
    silence_seconds: int
    finish_on_key: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring `numbers` (E.164) at once, or one after the other when `sequential`; `ring_seconds` each."""

    numbers: tuple[str, ...]
    ring_seconds: int
    sequential: bool


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


Verb = Say | Play | Gather | Record | Dial | HangUp
Wait = Gather | Record | Dial
