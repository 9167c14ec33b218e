"""A caller of a drill: follows a script with human pauses, and records what it heard and when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from ivr.line.caller.script import parse
from ivr.line.caller.scripted_call import follow_script
from ivr.line.caller.telephone import CallRefused, LineLost, Telephone, dial
from ivr.line.protocol import (
    Action,
    Beeped,
    Connected,
    Dial,
    Dialling,
    Ended,
    Event,
    Failed,
    HangUp,
    Keys,
    Played,
    Recorded,
    Ringing,
    Spoken,
)
from ivr.line.store.account import LineAccount

# A call of this length is counted as endless.
CALL_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call to make. `hang_up_at`: after how many events the caller hangs up; None for never."""

    number: int
    at_seconds: float
    from_number: str
    script: str
    faults: str
    modes: str
    seed: int
    hang_up_at: int | None
    max_pause_seconds: float


@dataclass(slots=True)
class CallRecord:
    """What a caller heard. Gaps are the seconds of silence after each action of the caller."""

    planned: PlannedCall
    began_at: float = 0.0
    provider_call_id: str = ""
    heard: list[str] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    beeps: int = 0
    recorded_seconds: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    hung_up: bool = False
    status: str = ""
    differing_answers: int = 0
    trouble: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class _PersonalTelephone:
    """A telephone that pauses before each action, may hang up anywhere, and measures silence."""

    def __init__(self, telephone: Telephone, record: CallRecord) -> None:
        self._telephone = telephone
        self._story = record
        self._chance = Random(f"pauses {record.planned.seed}")
        self._acts = 0
        self._silent_since: float | None = time.monotonic()

    async def events(self) -> AsyncIterator[Event]:
        async for event in self._telephone.events():
            self._listen(event)
            yield event

    async def act(self, action: Action) -> None:
        planned = self._story.planned
        if self._chance.random() < 0.4:
            await asyncio.sleep(self._chance.uniform(0, planned.max_pause_seconds))
        self._acts += 1
        if planned.hang_up_at is not None and self._acts >= planned.hang_up_at:
            action = HangUp()
        if isinstance(action, Keys):
            self._story.pressed.append(action.keys)
        self._silent_since = time.monotonic()
        if isinstance(action, HangUp):
            self._story.hung_up = True
            self._silent_since = None  # after a hang-up there is no silence
        await self._telephone.act(action)

    def _listen(self, event: Event) -> None:
        record = self._story
        match event:
            case Ringing():
                record.provider_call_id = event.call_id
                self._silent_since = time.monotonic()
            case Spoken():
                record.heard.append(event.text)
            case Beeped():
                record.beeps += 1
            case Recorded():
                record.recorded_seconds.append(event.seconds)
            case Failed():
                record.errors.append(event.code)
            case Ended():
                record.status, record.differing_answers = event.status, event.differing_answers
            case _:
                pass
        if isinstance(event, Spoken | Played | Beeped | Dialling | Connected) and self._silent_since is not None:
            record.gaps.append(time.monotonic() - self._silent_since)
            self._silent_since = None
        if event.waits:
            self._silent_since = None  # from now on the caller takes the time


async def make_call(account: LineAccount, to_number: str, planned: PlannedCall) -> CallRecord:
    """Make one call. A failure of the line, or an endless call, is in the record and not raised."""
    script = parse(planned.script, Path())
    record = CallRecord(planned, began_at=time.time())
    told = Dial.model_validate(
        {
            "from": planned.from_number,
            "to": to_number,
            "pace": "fast",
            "modes": planned.modes,
            "faults": planned.faults,
            "seed": planned.seed,
            "dial_results": script.dial_results,
        }
    )
    try:
        async with asyncio.timeout(CALL_SECONDS), dial(account, told) as telephone:
            await follow_script(
                _PersonalTelephone(telephone, record), script, lambda _: None, lambda _: None, is_fast=True
            )
    except TimeoutError:
        record.trouble = f"the call had no end within {CALL_SECONDS:.0f} s"
    except (CallRefused, LineLost) as error:
        record.trouble = str(error)
    return record
