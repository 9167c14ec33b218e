"""Follows a script through a call, unattended, and judges how the call went."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from ivr.line.caller.captions import begins_recording, done
from ivr.line.caller.protocol import Action, Ended, Event, HangUp, Keys, Listening, Receiver, Recording, Silence
from ivr.line.caller.protocol import Speak as SpeakSound
from ivr.line.caller.script import Press, PutDown, Rest, Script, Speak, StaySilent, Step, Wait, told

PATIENCE = 500  # events that a caller whose script is over listens to before hanging up on a call without an end


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went; `undone` are steps that could not be done."""

    ended: Ended
    undone: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """What was wrong with the call, in words; empty when all went well."""
        faults = [f"step not done: {step}" for step in self.undone]
        if self.ended.error is not None:
            faults.append(f"error {self.ended.error.code}: {self.ended.error.message}")
        if self.ended.differing_answers:
            faults.append(f"{self.ended.differing_answers} repeated requests were answered differently")
        if self.ended.status == "failed" and self.ended.error is None:
            faults.append("the call failed")
        return tuple(faults)


async def follow(
    receiver: Receiver,
    script: Script,
    show: Callable[[Event], None],
    show_action: Callable[[str], None],
    *,
    is_fast: bool,
) -> Outcome:
    """Do the steps, each when the call comes to where it fits; show what is heard and what is done meanwhile."""
    caller = _Caller(script, is_fast)
    async for event in receiver.events():
        show(event)
        if isinstance(event, Ended):
            return Outcome(event, caller.undone())
        if event.waits:
            action = await caller.react(event)
            if (words := done(action, event)) is not None:
                show_action(words)
            await receiver.act(action)
    raise AssertionError("a call's events end with Ended or an error")


class _Caller:
    def __init__(self, script: Script, is_fast: bool) -> None:
        self._steps = deque(script.steps)
        self._is_fast = is_fast
        self._patience = PATIENCE
        self._follow_up = ""
        self._is_lost = False

    def undone(self) -> tuple[str, ...]:
        """The steps that the call's end left over; waiting and hanging up are done by it."""
        left = tuple(told(step) for step in self._steps if not isinstance(step, Wait | PutDown | Rest))
        return (*left, "listen to the end: the call has none") if self._is_lost else left

    async def react(self, event: Event) -> Action:
        """What the caller does about an event that takes time; silence where no step fits it."""
        if (
            isinstance(event, Recording) and event.seconds_so_far
        ):  # spoken already: the next steps come after the record
            then, self._follow_up = self._follow_up, ""
            return _after_speaking(then)
        while self._steps:
            action = await self._take(self._steps[0], event)
            if action is not None:
                return action
        self._patience -= 1
        if self._patience <= 0:
            self._is_lost = True
            return HangUp()
        return Silence()

    async def _take(self, step: Step, event: Event) -> Action | None:
        """Do a step if it fits, or stay silent until it does; None when the next step is to be looked at."""
        gathers = isinstance(event, Listening)
        begins = (isinstance(event, Listening) and event.typed == 0) or begins_recording(event)
        match step:
            case Press(keys):
                return self._done(Keys(keys=keys)) if gathers else Silence()
            case Wait():
                return self._done(None) if begins else Silence()
            case StaySilent(at_record):
                fits = begins_recording(event) if at_record else gathers and begins
                return self._done(Silence()) if fits else Silence()
            case Speak(file, then):
                if not begins_recording(event):
                    return Silence()
                self._follow_up = then
                return self._done(SpeakSound(audio=await asyncio.to_thread(file.read_bytes)))
            case Rest(seconds):
                await asyncio.sleep(0 if self._is_fast else seconds)
                return self._done(None)
            case PutDown():
                return self._done(HangUp())
            case _:
                assert_never(step)

    def _done(self, action: Action | None) -> Action | None:
        self._steps.popleft()
        return action


def _after_speaking(then: str) -> Action:
    match then:
        case "":
            return Silence()
        case "hangup":
            return HangUp()
        case keys:
            return Keys(keys=keys)
