"""What passes between the line and a telephone: events that the caller hears, actions that the caller takes.

Both are JSON messages on the `/phone` WebSocket. An event with `waits` takes time. On the real pace that time passes by
itself and the caller may act in it; on the fast pace no clock runs, and the line waits for exactly one action after
each such event: `silence` lets its time pass, anything else happens within it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Pace = Literal["real", "fast"]
GatherEnd = Literal["timeout", "finish_key", "num_digits"]
RecordingEnd = Literal["silence", "key", "max_length", "hangup"]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, ser_json_bytes="base64", val_json_bytes="base64")


class Dial(_Message):
    """The first message of a telephone: whom it rings, and how the line shall behave in this call.

    `modes` and `faults` are read by Modes.parse and Faults.parse; `dial_results` are the outcomes of the transfers to
    come, in order ("busy", "answered 20s") or for a number ("+37120000009=busy").
    """

    type: Literal["dial"] = "dial"
    from_number: str = Field(alias="from", max_length=200)
    to_number: str = Field(alias="to", max_length=200)
    pace: Pace = "real"
    modes: str = ""
    faults: str = ""
    seed: int = 0
    dial_results: tuple[str, ...] = ()


class Keys(_Message):
    action: Literal["keys"] = "keys"
    keys: str = Field(pattern=r"^[0-9*#A-D]{1,100}$")


class Silence(_Message):
    """The caller says and presses nothing."""

    action: Literal["silence"] = "silence"


class Speak(_Message):
    """The caller says what is in `audio`, a sound file as soundfile reads them."""

    action: Literal["speak"] = "speak"
    audio: bytes


class Mute(_Message):
    """The phone sends no sound at all until the next action; that is not silence, so a recording waits (rule 49)."""

    action: Literal["mute"] = "mute"


class HangUp(_Message):
    action: Literal["hangup"] = "hangup"


Action = Keys | Silence | Speak | Mute | HangUp


class Ringing(_Message):
    event: Literal["ringing"] = "ringing"
    call_id: str
    waits: Literal[False] = False


class Answered(_Message):
    event: Literal["answered"] = "answered"
    waits: Literal[False] = False


class Spoken(_Message):
    event: Literal["say"] = "say"
    text: str
    language: str
    voice: str
    seconds: float
    in_gather: bool
    waits: Literal[True] = True


class Played(_Message):
    """Audio from `url`, or keys that the line plays as tones."""

    event: Literal["play"] = "play"
    url: str
    digits: str = ""
    seconds: float
    in_gather: bool
    waits: Literal[True] = True


class Paused(_Message):
    event: Literal["pause"] = "pause"
    seconds: float
    waits: Literal[True] = True


class GatherOpened(_Message):
    """Keys count from here on, while the prompts still play. `num_digits` 0: no fixed number."""

    event: Literal["gather"] = "gather"
    num_digits: int
    finish_on_key: str
    timeout_seconds: int
    waits: Literal[False] = False


class Listening(_Message):
    """The prompts are over, or a key has stopped them: the timeout runs. `typed` keys have counted so far."""

    event: Literal["listening"] = "listening"
    typed: int
    timeout_seconds: int
    waits: Literal[True] = True


class GatherClosed(_Message):
    event: Literal["gathered"] = "gathered"
    digits: str
    ended_by: GatherEnd
    waits: Literal[False] = False


class Beeped(_Message):
    event: Literal["beep"] = "beep"
    waits: Literal[False] = False


class Recording(_Message):
    """The line records; told again with `seconds_so_far` each time the caller has finished speaking."""

    event: Literal["recording"] = "recording"
    seconds_so_far: float
    silence_seconds: int
    max_seconds: int
    finish_on_key: str
    waits: Literal[True] = True


class Recorded(_Message):
    event: Literal["recorded"] = "recorded"
    seconds: float
    ended_by: RecordingEnd
    waits: Literal[False] = False


class Dialling(_Message):
    event: Literal["dialling"] = "dialling"
    numbers: tuple[str, ...]
    seconds: float
    waits: Literal[True] = True


class Connected(_Message):
    event: Literal["connected"] = "connected"
    number: str
    seconds: float
    waits: Literal[True] = True


class DialResult(_Message):
    event: Literal["dial_result"] = "dial_result"
    status: str
    seconds: int
    waits: Literal[False] = False


class Warned(_Message):
    """Something that Twilio would put into its debugger while the call goes on."""

    event: Literal["warning"] = "warning"
    code: int
    message: str
    waits: Literal[False] = False


class Failed(_Message):
    """A document could not be had or played: the fallback is asked, or the call ends."""

    event: Literal["error"] = "error"
    code: int
    message: str
    waits: Literal[False] = False


class CallError(_Message):
    code: int
    message: str


class Ended(_Message):
    """The call is over. `error` is its last document error, also when the fallback rescued the call."""

    event: Literal["ended"] = "ended"
    status: str
    seconds: int
    error: CallError | None
    differing_answers: int
    waits: Literal[False] = False


Event = (
    Ringing
    | Answered
    | Spoken
    | Played
    | Paused
    | GatherOpened
    | Listening
    | GatherClosed
    | Beeped
    | Recording
    | Recorded
    | Dialling
    | Connected
    | DialResult
    | Warned
    | Failed
    | Ended
)


class Phone(Protocol):
    """A caller's telephone as the line sees it."""

    async def hear(self, event: Event) -> None:
        """Take an event. Must not raise when the caller is gone: the line learns that from a HangUp."""


class Receiver(Protocol):
    """The line as a caller sees it, wherever they sit."""

    def events(self) -> AsyncIterator[Event]:
        """What is heard, to Ended."""

    async def act(self, action: Action) -> None:
        """Do something; lost without a word when the call is over."""


read_action: TypeAdapter[Action] = TypeAdapter(Annotated[Action, Field(discriminator="action")])
read_event: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])
