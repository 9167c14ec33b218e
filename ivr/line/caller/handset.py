"""The caller's end of a call as the player holds it: it tells events, waits for actions and keeps the call's clock.

On the real pace the clock is the wall's. On the fast pace it is counted: it moves only when the caller lets time pass,
so that a call of minutes takes milliseconds while order and durations stay as they would be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.line.caller.protocol import Action, Event, HangUp, Keys, Mute, Pace, Phone, Silence, Speak


class CallerHungUp(Exception):
    """The caller is gone. No retry can help."""


class CallCut(CallerHungUp):
    """The call was ended from outside: like a hang-up, but no action is asked about what was going on (rule 35)."""


class Handset:
    """Joins the phone, which hears and acts when it likes, to the player, which waits."""

    def __init__(self, phone: Phone, pace: Pace) -> None:
        self._phone = phone
        self._pace = pace
        self._actions: asyncio.Queue[Action | None] = asyncio.Queue()  # None: cut
        self._counted_seconds = 0.0
        self._began = asyncio.get_running_loop().time()
        self._is_mute = False
        self._gone = asyncio.Event()

    @property
    def seconds(self) -> float:
        """Seconds of the call so far."""
        if self._pace == "fast":
            return self._counted_seconds
        return asyncio.get_running_loop().time() - self._began

    @property
    def is_fast(self) -> bool:
        return self._pace == "fast"

    @property
    def is_gone(self) -> bool:
        return self._gone.is_set()

    def act(self, action: Action) -> None:
        """Take what the caller does; called by the phone's side."""
        if isinstance(action, HangUp):
            self._gone.set()
        self._actions.put_nowait(action)

    def cut(self) -> None:
        """End the call from outside."""
        self._gone.set()
        self._actions.put_nowait(None)

    async def tell(self, event: Event) -> None:
        await self._phone.hear(event)

    async def gone(self) -> None:
        """Return once the caller is gone."""
        await self._gone.wait()

    async def wait(self, seconds: float, mute_seconds: float | None = None) -> Keys | Speak | None:
        """What the caller does within `seconds`, or None when they have passed; `mute_seconds` while the phone is mute.

        Raises CallerHungUp or CallCut, in turn after what the caller did before.
        """
        clock = asyncio.get_running_loop()
        began = clock.time()
        while True:
            is_mute = self._is_mute and mute_seconds is not None
            limit = None if self._pace == "fast" else began + (mute_seconds if is_mute and mute_seconds else seconds)
            try:
                async with asyncio.timeout_at(limit):
                    action = await self._actions.get()
            except TimeoutError:
                return None
            match action:
                case None:
                    raise CallCut
                case HangUp():
                    raise CallerHungUp
                case Mute():
                    self._is_mute = True
                case Silence():
                    if self._pace == "fast":
                        self._counted_seconds += seconds
                        return None
                    if self._is_mute:
                        self._is_mute, began = False, clock.time()
                case Keys() | Speak():
                    self._is_mute = False
                    return action

    async def within(self, seconds: float, takes: Callable[[Keys | Speak], bool]) -> Keys | Speak | None:
        """The first thing within `seconds` that `takes` takes, or None; what nobody asked for is lost (rule 15).

        Raises CallerHungUp or CallCut.
        """
        until = self.seconds + seconds
        while (action := await self.wait(max(0.0, until - self.seconds))) is not None:
            if takes(action):
                return action
            if self.is_fast:  # it was the one action for this event: now its time passes
                self._counted_seconds = until
                return None
        return None

    async def pass_time(self, seconds: float) -> None:
        """Let `seconds` go by. Raises CallerHungUp or CallCut."""
        await self.within(seconds, lambda action: False)

    def count(self, seconds: float) -> None:
        """Add to the fast clock what the real one measures by itself: the time that the caller spoke."""
        self._counted_seconds += seconds
