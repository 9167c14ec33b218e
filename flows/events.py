"""What happened in a turn, in order: the one format for log, history, replay and tests.

An `Effect` is the one thing that the pure engine cannot do itself. A turn that carries one is unfinished: the conductor
performs it and resumes with the matching Result of inputs.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flows.inputs import DialStatus, HoursState


@dataclass(frozen=True, slots=True)
class CallStarted:
    flow: str
    version: str  # content hash
    language: str


@dataclass(frozen=True, slots=True)
class NodeEntered:
    node: str


@dataclass(frozen=True, slots=True)
class NodeLeft:
    """A node was left by a named exit; `target` is the node that follows, empty when the call ends."""

    node: str
    exit: str
    target: str


@dataclass(frozen=True, slots=True)
class KeysPressed:
    """Keys that a node accepted or refused. They go to the history, never to the log."""

    node: str
    keys: str
    matched: bool


@dataclass(frozen=True, slots=True)
class NobodyPressed:
    """The caller stayed silent at a node."""

    node: str


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    language: str


@dataclass(frozen=True, slots=True)
class HoursLookedUp:
    node: str
    calendar: str
    state: HoursState
    reason: str


@dataclass(frozen=True, slots=True)
class PromiseSpoken:
    """A moment was said to the caller. Only a spoken promise binds; `text` is how it was said."""

    node: str
    queue: str
    intent: str
    until: datetime
    text: str


@dataclass(frozen=True, slots=True)
class VoicemailBegun:
    """The beep sounded: a recording is to be expected, even if no answer about it ever comes."""

    node: str
    queue: str
    intent: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class VoicemailLeft:
    """A message exists. `until` is the moment promised or quoted for its return, None when none could be."""

    node: str
    queue: str
    intent: str
    recording_id: str
    seconds: int | None  # the provider's figure, None when it gave none
    until: datetime | None


@dataclass(frozen=True, slots=True)
class VoicemailEmpty:
    """The recording ended with nothing in it."""

    node: str


@dataclass(frozen=True, slots=True)
class CallbackRequested:
    """The caller accepted to be called back at the number they called from."""

    node: str
    queue: str
    intent: str
    until: datetime


@dataclass(frozen=True, slots=True)
class TransferStarted:
    node: str
    to: tuple[str, ...]  # team/NAME or numbers as the flow names them


@dataclass(frozen=True, slots=True)
class TransferEnded:
    node: str
    status: DialStatus
    seconds: int | None
    to: tuple[str, ...] = ()
    error: str = ""  # the provider's


@dataclass(frozen=True, slots=True)
class InputIgnored:
    """An input came that the wait does not accept; nothing changed."""

    reason: str


@dataclass(frozen=True, slots=True)
class WentWrong:
    """A node failed and the call took its way on (error exit, defaults.error or the last resort)."""

    node: str
    reason: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The flow is over. `outcome` is the end node's word, or hung_up, or failed; `node` is where the caller was."""

    node: str
    outcome: str


Event = (
    CallStarted
    | NodeEntered
    | NodeLeft
    | KeysPressed
    | NobodyPressed
    | LanguageChosen
    | HoursLookedUp
    | PromiseSpoken
    | VoicemailBegun
    | VoicemailLeft
    | VoicemailEmpty
    | CallbackRequested
    | TransferStarted
    | TransferEnded
    | InputIgnored
    | WentWrong
    | CallEnded
)


@dataclass(frozen=True, slots=True)
class ReadHours:
    """Ask what a calendar of the company says now, with its reason in these languages."""

    calendar: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuotePromise:
    """Ask for the moment by which this queue can truthfully promise to call back."""

    queue: str
    intent: str


Effect = ReadHours | QuotePromise
