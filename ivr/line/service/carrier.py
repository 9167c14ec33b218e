"""The calls under way on the line and those that were."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from random import Random

import httpx2
import structlog

from ivr.line.caller.handset import Handset
from ivr.line.caller.protocol import Dial, Ended, Phone, Warned
from ivr.line.playing.dialling import Exchange
from ivr.line.playing.leg import Leg, Webhooks
from ivr.line.playing.modes import Modes
from ivr.line.playing.player import play_call
from ivr.line.store.account import LineAccount
from ivr.line.store.calls import CallLog, LineCall
from ivr.line.store.recordings import RecordingStore
from ivr.line.webhooks.faults import Faults
from ivr.line.webhooks.webhook_client import CONNECT_SECONDS, TOTAL_SECONDS, Courier

log = structlog.get_logger()


class CallNotInProgress(Exception):
    """The call is over or never was; nothing can be changed about it (Twilio's 21220)."""


class PlacedCall:
    """A call under way: its record, the caller's handset, and its outcome to wait for."""

    def __init__(self, call: LineCall, handset: Handset, playing: asyncio.Task[Ended]) -> None:
        self.call = call
        self.handset = handset
        self.playing = playing


class Carrier:
    """Places calls and remembers them; recordings and finished calls lie in `data_dir/line`."""

    def __init__(self, account: LineAccount, webhooks: Webhooks, data_dir: Path) -> None:
        self.account = account
        self.recordings = RecordingStore(data_dir / "line" / "recordings")
        self._webhooks = webhooks
        self._log = CallLog(data_dir / "line")
        self._under_way: dict[str, PlacedCall] = {}
        self._transport = httpx2.AsyncHTTPTransport(verify=_trusted(), limits=httpx2.Limits(max_connections=None))

    def place(self, dial: Dial, phone: Phone) -> PlacedCall:
        """Let a phone ring us. Raises ModeFault, FaultFault or DialResultFault when its wishes cannot be read."""
        modes, faults = Modes.parse(dial.modes), Faults.parse(dial.faults)
        exchange = Exchange(dial.dial_results)
        call = LineCall(self.account.account_sid, dial.from_number, dial.to_number)
        handset = Handset(phone, dial.pace)

        async def warn(code: int, message: str) -> None:
            await handset.tell(Warned(code=code, message=message))

        # Cookies live as long as the call, connections as long as the line.
        client = httpx2.AsyncClient(
            transport=self._transport,
            timeout=httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
        )
        courier = Courier(client, self.account.auth_token, faults, Random(dial.seed), warn)  # noqa: S311
        leg = Leg(call, self.account, self._webhooks, handset, courier, self.recordings, exchange, modes)
        playing = asyncio.create_task(self._play(leg))
        placed = PlacedCall(call, handset, playing)
        self._under_way[call.sid] = placed
        return placed

    async def _play(self, leg: Leg) -> Ended:
        log.info("line.call_began", call_id=leg.call.sid)
        try:
            ended = await play_call(leg)
        finally:
            leg.end("failed")  # counts only if the player could not
            self._log.add(leg.call)
            del self._under_way[leg.call.sid]
        log.info("line.call_ended", call_id=leg.call.sid, status=ended.status, seconds=ended.seconds)
        return ended

    def hang_up(self, sid: str) -> LineCall:
        """End a call from outside (rule 35). Raises CallNotInProgress."""
        placed = self._under_way.get(sid)
        if placed is None or placed.call.is_over:
            raise CallNotInProgress(sid)
        placed.handset.cut()
        return placed.call

    def find(self, sid: str) -> LineCall | None:
        placed = self._under_way.get(sid)
        return placed.call if placed else self._log.get(sid)

    def __iter__(self) -> Iterator[LineCall]:
        """All calls, newest first."""
        calls = chain(self._log, (placed.call for placed in self._under_way.values()))
        return iter(sorted(calls, key=lambda call: call.started_at, reverse=True))

    async def close(self) -> None:
        """Hang up on everybody and let their last callbacks go out."""
        playing = [placed.playing for placed in self._under_way.values()]
        for placed in list(self._under_way.values()):
            with contextlib.suppress(CallNotInProgress):
                self.hang_up(placed.call.sid)
        if playing:
            _, late = await asyncio.wait(playing, timeout=2)
            for task in late:
                task.cancel()
        await self._transport.aclose()


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted: read once, which takes 50 ms."""
    return httpx2.create_ssl_context(trust_env=False)
