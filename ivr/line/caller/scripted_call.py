"""Makes a call by a script, without a person, and reports how the call went."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from ivr.line.caller.captions import begins_recording, describe_action
from ivr.line.caller.script import (
    HangUpStep,
    KeysStep,
    PauseStep,
    Script,
    SilenceStep,
    SpeakStep,
    Step,
    WaitStep,
    step_text,
)
from ivr.line.protocol import (
    Action,
    Ended,
    Event,
    HangUp,
    Keys,
    LineConnection,
    Listening,
    Recording,
    Silence,
    Speak,
    Spoken,
)

PATIENCE = 500  # after the script: the number of events until the caller hangs up on a call that does not end


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended; `undone` are the steps that did not happen."""

    ended: Ended
    undone: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """What went wrong, in words; empty when nothing did."""
        faults = [f"step not done: {step}" for step in self.undone]
        if self.ended.error is not None:
            faults.append(f"error {self.ended.error.code}: {self.ended.error.message}")
        if self.ended.differing_answers:
            faults.append(f"{self.ended.differing_answers} repeated requests were answered differently")
        if self.ended.status == "failed" and self.ended.error is None:
            faults.append("the call failed")
        return tuple(faults)


async def follow_script(
    receiver: LineConnection,
    script: Script,
    show: Callable[[Event], None],
    show_action: Callable[[str], None],
    *,
    is_fast: bool,
) -> Outcome:
    """Do each step when it fits the call; show what the caller hears and does."""
    caller = _Caller(script, is_fast)
    async for event in receiver.events():
        show(event)
        if isinstance(event, Ended):
            return Outcome(event, caller.undone())
        if event.waits:
            action = await caller.react(event)
            if (words := describe_action(action, event)) is not None:
                show_action(words)
            await receiver.act(action)
    raise AssertionError("a call's events end with Ended or an error")


class _Caller:
    def __init__(self, script: Script, is_fast: bool) -> None:
        self._steps = deque(script.steps)
        self._is_fast = is_fast
        self._patience = PATIENCE
        self._follow_up = ""
        self._language = ""  # heard last
        self._is_lost = False

    def undone(self) -> tuple[str, ...]:
        """The steps that did not happen. The end of the call also completes waits, pauses and a hang-up."""
        left = tuple(step_text(step) for step in self._steps if not isinstance(step, WaitStep | HangUpStep | PauseStep))
        return (*left, "listen to the end: the call does not end") if self._is_lost else left

    async def react(self, event: Event) -> Action:
        """The action for an event that takes time; silence when no step fits."""
        if isinstance(event, Spoken):
            self._language = event.language
        if (
            isinstance(event, Recording) and event.seconds_so_far
        ):  # the speech is over; the next steps come after the recording
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
            case KeysStep(keys):
                return self._done(Keys(keys=keys)) if gathers else Silence()
            case WaitStep():
                return self._done(None) if begins else Silence()
            case SilenceStep(at_record):
                fits = begins_recording(event) if at_record else gathers and begins
                return self._done(Silence()) if fits else Silence()
            case SpeakStep():
                if not begins_recording(event):
                    return Silence()
                self._follow_up = step.then
                return self._done(Speak(audio=await asyncio.to_thread(step.sound, self._language)))
            case PauseStep(seconds):
                await asyncio.sleep(0 if self._is_fast else seconds)
                return self._done(None)
            case HangUpStep():
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
