"""The verbs that the line plays, under TwiML's names, with addresses resolved and defaults filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    language: str = "en-US"
    voice: str = "man"
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Play:
    """Audio at `url`, or `digits` as tones (0-9 * #; w is a pause of half a second)."""

    url: str
    digits: str = ""
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: int = 1


@dataclass(frozen=True, slots=True)
class Gather:
    """`num_digits` 0: no fixed number. `takes_keys` False: input is speech only, which the line does not have."""

    prompts: tuple[Say | Play | Pause, ...]
    action: str
    method: str
    takes_keys: bool
    timeout_seconds: int
    finish_on_key: str
    num_digits: int
    action_on_empty_result: bool


@dataclass(frozen=True, slots=True)
class Record:
    """`timeout_seconds` of silence end the recording; 0 turns that off. `callback_url` "": no callback."""

    action: str
    method: str
    timeout_seconds: int
    finish_on_key: str
    max_seconds: int
    play_beep: bool
    trims_silence: bool
    callback_url: str
    callback_method: str
    callback_events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dial:
    """`action` "": the next verb runs."""

    numbers: tuple[str, ...]
    action: str
    method: str
    timeout_seconds: int
    time_limit_seconds: int
    hangup_on_star: bool
    answer_on_bridge: bool
    sequential: bool


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True)
class Reject:
    reason: Literal["rejected", "busy"]


Verb = Say | Play | Pause | Gather | Record | Dial | Redirect | Hangup | Reject
