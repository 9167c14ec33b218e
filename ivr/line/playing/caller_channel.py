"""The channel between a call and its caller: it sends events, receives actions and keeps the clock of the call.

On the real pace the clock is that of the machine. On the fast pace it advances only by the durations of the events,
so a call of minutes takes milliseconds, with the same order and the same durations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.line.protocol import Action, Callee, Event, HangUp, Keys, Mute, Pace, Phone, Silence, Speak

# What a wait gives to whoever waits.
Given = Keys | Speak | Callee


class CallerHungUp(Exception):
    """The caller has hung up. A retry cannot help."""


class CallTerminated(CallerHungUp):
    """The call was ended by REST: like a hang-up, but no action is asked (rule 35)."""


class CallerChannel:
    """Sends events to a telephone and queues its actions for the player."""

    def __init__(self, phone: Phone, pace: Pace) -> None:
        self._phone = phone
        self._pace = pace
        self._actions: asyncio.Queue[Action | None] = asyncio.Queue()  # None: the call was ended by REST
        self._counted_seconds = 0.0
        self._began = asyncio.get_running_loop().time()
        self._muted_at: float | None = None
        self._muted_seconds = 0.0
        self._gone = asyncio.Event()

    @property
    def seconds(self) -> float:
        """Seconds of the call so far."""
        if self._pace == "fast":
            return self._counted_seconds
        return asyncio.get_running_loop().time() - self._began

    @property
    def muted_seconds(self) -> float:
        """For how many seconds of the call the telephone has sent no sound at all."""
        return self._muted_seconds + (0.0 if self._muted_at is None else self.seconds - self._muted_at)

    @property
    def is_fast(self) -> bool:
        return self._pace == "fast"

    @property
    def is_gone(self) -> bool:
        return self._gone.is_set()

    def act(self, action: Action) -> None:
        """Receive an action of the telephone."""
        if isinstance(action, HangUp):
            self._gone.set()
        self._actions.put_nowait(action)

    def terminate(self) -> None:
        """End the call by REST (rule 35)."""
        self._gone.set()
        self._actions.put_nowait(None)

    async def tell(self, event: Event) -> None:
        await self._phone.hear(event)

    async def gone(self) -> None:
        """Return once the caller has hung up."""
        await self._gone.wait()

    async def wait(self, seconds: float, mute_seconds: float | None = None) -> Given | None:
        """The next action within `seconds`, or None. A muted telephone gets `mute_seconds` instead (rule 49).

        Raises CallerHungUp or CallTerminated, after earlier actions were given.
        """
        clock = asyncio.get_running_loop()
        began = clock.time()
        while True:
            is_mute = self._muted_at is not None and mute_seconds is not None
            limit = None if self._pace == "fast" else began + (mute_seconds if is_mute and mute_seconds else seconds)
            try:
                async with asyncio.timeout_at(limit):
                    action = await self._actions.get()
            except TimeoutError:
                return None
            match action:
                case None:
                    raise CallTerminated
                case HangUp():
                    raise CallerHungUp
                case Mute():
                    self._unmute()
                    self._muted_at = self.seconds
                case Silence():
                    if self._pace == "fast":
                        self._counted_seconds += seconds
                        return None
                    if self._muted_at is not None:
                        self._unmute()
                        began = clock.time()
                case Keys() | Speak() | Callee():
                    self._unmute()
                    return action

    async def within(self, seconds: float, accepts: Callable[[Given], bool]) -> Given | None:
        """The first action within `seconds` that `accepts` accepts, or None. Other actions are lost (rule 15).

        Raises CallerHungUp or CallTerminated.
        """
        until = self.seconds + seconds
        while (action := await self.wait(max(0.0, until - self.seconds))) is not None:
            if accepts(action):
                return action
            if self.is_fast:  # the one action for this event is used up, so its time passes
                self._counted_seconds = until
                return None
        return None

    async def pass_time(self, seconds: float) -> None:
        """Wait for `seconds`; actions are lost. Raises CallerHungUp or CallTerminated."""
        await self.within(seconds, lambda action: False)

    def advance(self, seconds: float) -> None:
        """Advance the fast clock by the time that the caller spoke."""
        self._counted_seconds += seconds

    def _unmute(self) -> None:
        self._muted_seconds, self._muted_at = self.muted_seconds, None
