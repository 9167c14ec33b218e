"""Collects keys for <Gather> while its prompts play, by rules 8 to 17 of docs/twiml-rules.md."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.line.playing.caller_channel import CallerChannel
from ivr.line.playing.prompting import FetchMedia, play_prompt
from ivr.line.protocol import GatherClosed, GatherEnd, GatherOpened, Keys, Listening
from ivr.line.twiml.verbs import Gather


@dataclass(frozen=True, slots=True)
class Gathered:
    """`digits` without the finish key; "" means no input (rule 11)."""

    digits: str
    ended_by: GatherEnd


async def gather(channel: CallerChannel, verb: Gather, fetch: FetchMedia) -> Gathered:
    """Open the capture, play the prompts, and wait for keys. Raises CallerHungUp; keys so far are then lost (rule 31)."""
    await channel.tell(
        GatherOpened(num_digits=verb.num_digits, finish_on_key=verb.finish_on_key, timeout_seconds=verb.timeout_seconds)
    )
    pressed: Keys | None = None
    for prompt in verb.prompts:
        pressed = await play_prompt(channel, prompt, fetch, in_gather=verb.takes_keys)
        if pressed is not None:
            break
    entry = _Entry(verb)
    while True:
        if pressed is not None and (ended_by := entry.press(pressed.keys)) is not None:
            break
        await channel.tell(Listening(typed=len(entry.typed), timeout_seconds=verb.timeout_seconds))
        pressed = await _keys(channel, verb)
        if pressed is None:
            ended_by = "timeout"
            break
    await channel.tell(GatherClosed(digits=entry.typed, ended_by=ended_by))
    return Gathered(entry.typed, ended_by)


class _Entry:
    """The keys entered so far."""

    def __init__(self, verb: Gather) -> None:
        self._verb = verb
        self.typed = ""

    def press(self, keys: str) -> GatherEnd | None:
        """Add keys; gives how the entry ended, or None. Keys after the end are lost (rule 15)."""
        for key in keys:
            if key == self._verb.finish_on_key:
                return "finish_key"
            self.typed += key
            if len(self.typed) == self._verb.num_digits:
                return "num_digits"
        return None


async def _keys(channel: CallerChannel, verb: Gather) -> Keys | None:
    """The next keys, or None after the timeout, which each key restarts (rule 9)."""
    action = await channel.within(verb.timeout_seconds, lambda action: verb.takes_keys and isinstance(action, Keys))
    return action if isinstance(action, Keys) else None
