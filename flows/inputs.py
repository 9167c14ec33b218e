"""What a caller did, and what the world answered: all that can wake a waiting call.

`Input` comes from the phone and is what a provider's webhook is turned into. `Result` answers an effect that the engine
asked for (see events.py); the conductor performs the effect and resumes with the result in the same turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

DialStatus = Literal["completed", "answered", "busy", "no_answer", "failed", "canceled"]
HoursState = Literal["open", "closed", "holiday", "override"]


@dataclass(frozen=True, slots=True)
class Digits:
    """Keys pressed at a gather: characters 0-9 * # (A-D over SIP), never the key that ended the entry."""

    digits: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A gather ended with no key pressed."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording ended. `seconds` is the provider's figure before trimming: None when it is not known, 0 for an empty one.

    Without `recording_id` there is no recording. `end_key` is the key that ended it, empty when silence or the length limit did.
    """

    recording_id: str | None
    seconds: int | None
    end_key: str = ""


@dataclass(frozen=True, slots=True)
class Dialed:
    """The other leg of a transfer is over, or never answered. `seconds` is how long it was connected, None when unknown.

    `error` is the provider's word for what went wrong, such as its code.
    """

    status: DialStatus
    seconds: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone; nothing can be said any more.

    During a recording the provider still tells what was recorded: then `recording_id` and `seconds` are set.
    """

    recording_id: str | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something outside the flow failed while the call waited (an answer could not be made, the provider reports an error)."""

    reason: str


@dataclass(frozen=True, slots=True)
class HoursRead:
    """Answer to ReadHours: what the calendar said at that moment; `reason` names the holiday, closure or window.

    `names` are the reason by language. `opens` is when it opens next (aware), None when it never does; `today` are the hours
    of the day as a file writes them ("9:00-12:00, 13:00-17:00"), empty when it is closed all day. `time_zone` is the calendar's.
    """

    state: HoursState
    reason: str = ""
    names: dict[str, str] = field(default_factory=dict)
    opens: datetime | None = None
    today: str = ""
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class PromiseQuoted:
    """Answer to QuotePromise: the moment that can be promised (aware), or None when none can.

    `time_zone` is the IANA zone of the queue's calendar, in which the moment is spoken.
    """

    until: datetime | None
    time_zone: str = "UTC"


Input = Digits | Silence | Recorded | Dialed | HungUp | Trouble
Result = HoursRead | PromiseQuoted
