"""One caller: follows a script with the pauses of a person, and remembers what was heard and how long it took."""

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

# A call that goes on for so long has no end.
CALL_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Wish:
    """A call to be made. `hang_up_at` counts the things that take time before the caller hangs up, if so."""

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
class Story:
    """What a caller lived. Gaps are the seconds of silence after each thing that they did, until they heard something."""

    wish: Wish
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


class _Ear:
    """A telephone whose owner takes a moment before each act, may hang up anywhere, and looks at the clock."""

    def __init__(self, telephone: Telephone, story: Story) -> None:
        self._telephone = telephone
        self._story = story
        self._chance = Random(f"pauses {story.wish.seed}")
        self._acts = 0
        self._silent_since: float | None = time.monotonic()

    async def events(self) -> AsyncIterator[Event]:
        async for event in self._telephone.events():
            self._listen(event)
            yield event

    async def act(self, action: Action) -> None:
        wish = self._story.wish
        if self._chance.random() < 0.4:
            await asyncio.sleep(self._chance.uniform(0, wish.max_pause_seconds))
        self._acts += 1
        if wish.hang_up_at is not None and self._acts >= wish.hang_up_at:
            action = HangUp()
        if isinstance(action, Keys):
            self._story.pressed.append(action.keys)
        self._silent_since = time.monotonic()
        if isinstance(action, HangUp):
            self._story.hung_up = True
            self._silent_since = None  # nobody is there to hear silence
        await self._telephone.act(action)

    def _listen(self, event: Event) -> None:
        story = self._story
        match event:
            case Ringing():
                story.provider_call_id = event.call_id
                self._silent_since = time.monotonic()
            case Spoken():
                story.heard.append(event.text)
            case Beeped():
                story.beeps += 1
            case Recorded():
                story.recorded_seconds.append(event.seconds)
            case Failed():
                story.errors.append(event.code)
            case Ended():
                story.status, story.differing_answers = event.status, event.differing_answers
            case _:
                pass
        if isinstance(event, Spoken | Played | Beeped | Dialling | Connected) and self._silent_since is not None:
            story.gaps.append(time.monotonic() - self._silent_since)
            self._silent_since = None
        if event.waits:
            self._silent_since = None  # from here on it is the caller who takes time


async def live_through(account: LineAccount, to_number: str, wish: Wish) -> Story:
    """Make one call to its end; trouble with the line or a call without an end is in the story, never raised."""
    script = parse(wish.script, Path())
    story = Story(wish, began_at=time.time())
    told = Dial.model_validate(
        {
            "from": wish.from_number,
            "to": to_number,
            "pace": "fast",
            "modes": wish.modes,
            "faults": wish.faults,
            "seed": wish.seed,
            "dial_results": script.dial_results,
        }
    )
    try:
        async with asyncio.timeout(CALL_SECONDS), dial(account, told) as telephone:
            await follow_script(_Ear(telephone, story), script, lambda _: None, lambda _: None, is_fast=True)
    except TimeoutError:
        story.trouble = f"the call had no end within {CALL_SECONDS:.0f} s"
    except (CallRefused, LineLost) as error:
        story.trouble = str(error)
    return story
