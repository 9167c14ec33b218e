"""The messages between the line and a telephone: events that the caller hears, and actions of the caller.

Both are JSON messages on the `/phone` WebSocket. An event with `waits` takes time. On the real pace that time passes,
and the caller may act during it. On the fast pace no clock runs: the line waits for exactly one action after each such
event. `silence` lets its time pass; any other action happens within it.
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
    """The first message of a telephone: the number to call, and the behaviour of the line in this call.

    Modes.parse reads `modes`, and NetworkFaults.parse reads `faults`. `dial_results` are the outcomes of transfers, in
    order ("busy", "answered 20s") or for a number ("+37120000009=busy").
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
    """The caller neither speaks nor presses a key."""

    action: Literal["silence"] = "silence"


class Speak(_Message):
    """The caller speaks `audio`, a file that soundfile can read."""

    action: Literal["speak"] = "speak"
    audio: bytes


class Mute(_Message):
    """The telephone sends no sound until the next action. That is not silence, so a recording waits (rule 49)."""

    action: Literal["mute"] = "mute"


class Callee(_Message):
    """What the other side of a transfer does; until it acts, it behaves by the instructions of the call."""

    action: Literal["callee"] = "callee"
    does: Literal["answers", "is_busy", "hangs_up"]


class HangUp(_Message):
    action: Literal["hangup"] = "hangup"


Action = Keys | Silence | Speak | Mute | Callee | HangUp


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
    """Audio from `url` with the words in it, where they are known; or `digits` as tones."""

    event: Literal["play"] = "play"
    url: str
    digits: str = ""
    caption: str = ""
    seconds: float
    in_gather: bool
    waits: Literal[True] = True


class Paused(_Message):
    event: Literal["pause"] = "pause"
    seconds: float
    waits: Literal[True] = True


class GatherOpened(_Message):
    """Keys are taken from now on, while prompts play. `num_digits` 0: no fixed number."""

    event: Literal["gather"] = "gather"
    num_digits: int
    finish_on_key: str
    timeout_seconds: int
    waits: Literal[False] = False


class Listening(_Message):
    """The prompts are over or a key has stopped them, and the timeout runs. `typed`: the number of keys so far."""

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
    """The line records. Sent again, with `seconds_so_far`, each time the caller has finished speaking."""

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
    """A warning, as in Twilio's debugger; the call goes on."""

    event: Literal["warning"] = "warning"
    code: int
    message: str
    waits: Literal[False] = False


class Failed(_Message):
    """A document could not be fetched or played: the fallback is asked, or the call ends."""

    event: Literal["error"] = "error"
    code: int
    message: str
    waits: Literal[False] = False


class CallError(_Message):
    code: int
    message: str


class Ended(_Message):
    """The call has ended. `error` is its last document error, even if the fallback was played."""

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
    """A telephone, as the line uses it."""

    async def hear(self, event: Event) -> None:
        """Receive an event. Must not raise after the caller has hung up: HangUp reports that."""


class LineConnection(Protocol):
    """A connection to the line, as a telephone uses it."""

    def events(self) -> AsyncIterator[Event]:
        """The events of the call, up to Ended."""

    async def act(self, action: Action) -> None:
        """Send an action; it is ignored when the call has ended."""


read_action: TypeAdapter[Action] = TypeAdapter(Annotated[Action, Field(discriminator="action")])
read_event: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])
