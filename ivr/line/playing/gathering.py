"""Collects keys for <Gather> while its prompts play, by rules 8 to 17 of docs/twiml-rules.md."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.line.caller.handset import Handset
from ivr.line.caller.protocol import GatherClosed, GatherEnd, GatherOpened, Keys, Listening
from ivr.line.playing.prompting import FetchMedia, play_prompt
from ivr.line.twiml.verbs import Gather


@dataclass(frozen=True, slots=True)
class Gathered:
    """`digits` never hold the finish key; "" is no input, also when only the finish key was pressed (rule 11)."""

    digits: str
    ended_by: GatherEnd


async def gather(handset: Handset, verb: Gather, fetch: FetchMedia) -> Gathered:
    """Open the capture, play the prompts, and wait for keys. Raises CallerHungUp: what was typed is lost (rule 31)."""
    await handset.tell(
        GatherOpened(num_digits=verb.num_digits, finish_on_key=verb.finish_on_key, timeout_seconds=verb.timeout_seconds)
    )
    pressed: Keys | None = None
    for prompt in verb.prompts:
        pressed = await play_prompt(handset, prompt, fetch, in_gather=verb.takes_keys)
        if pressed is not None:
            break
    entry = _Entry(verb)
    while True:
        if pressed is not None and (ended_by := entry.press(pressed.keys)) is not None:
            break
        await handset.tell(Listening(typed=len(entry.typed), timeout_seconds=verb.timeout_seconds))
        pressed = await _keys(handset, verb)
        if pressed is None:
            ended_by = "timeout"
            break
    await handset.tell(GatherClosed(digits=entry.typed, ended_by=ended_by))
    return Gathered(entry.typed, ended_by)


class _Entry:
    """The keys that have counted so far."""

    def __init__(self, verb: Gather) -> None:
        self._verb = verb
        self.typed = ""

    def press(self, keys: str) -> GatherEnd | None:
        """Count keys until the entry is over; says how it ended, and keys beyond that are lost (rule 15)."""
        for key in keys:
            if key == self._verb.finish_on_key:
                return "finish_key"
            self.typed += key
            if len(self.typed) == self._verb.num_digits:
                return "num_digits"
        return None


async def _keys(handset: Handset, verb: Gather) -> Keys | None:
    """The next keys within the timeout, which each key restarts (rule 9)."""
    action = await handset.within(verb.timeout_seconds, lambda action: verb.takes_keys and isinstance(action, Keys))
    return action if isinstance(action, Keys) else None
