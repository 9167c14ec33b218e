"""Places calls, keeps those under way, and remembers finished ones."""

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

from ivr.line.playing.active_call import ActiveCall, Webhooks
from ivr.line.playing.callees import Callees
from ivr.line.playing.caller_channel import CallerChannel
from ivr.line.playing.modes import Modes
from ivr.line.playing.player import play_call
from ivr.line.protocol import Dial, Ended, Phone, Warned
from ivr.line.store.account import LineAccount
from ivr.line.store.calls import CallLog, LineCall
from ivr.line.store.recordings import RecordingStore
from ivr.line.webhooks.network_faults import NetworkFaults
from ivr.line.webhooks.webhook_client import CONNECT_SECONDS, TOTAL_SECONDS, WebhookClient

log = structlog.get_logger()


class CallNotInProgress(Exception):
    """The call has ended or does not exist, so it cannot be changed (Twilio's error 21220)."""


class CallUnderWay:
    """A call under way: its record, its channel, and the task that plays it."""

    def __init__(self, call: LineCall, channel: CallerChannel, playing: asyncio.Task[Ended]) -> None:
        self.call = call
        self.channel = channel
        self.playing = playing


class Carrier:
    """Places and remembers calls; recordings and finished calls are kept in `data_dir/line`."""

    def __init__(self, account: LineAccount, webhooks: Webhooks, data_dir: Path) -> None:
        self.account = account
        self.recordings = RecordingStore(data_dir / "line" / "recordings")
        self._webhooks = webhooks
        self._log = CallLog(data_dir / "line")
        self._under_way: dict[str, CallUnderWay] = {}
        self._transport = httpx2.AsyncHTTPTransport(verify=_trusted(), limits=httpx2.Limits(max_connections=None))

    def place(self, dial: Dial, phone: Phone) -> CallUnderWay:
        """Place the call of a telephone. Raises InvalidModes, InvalidFaults or InvalidDialResult."""
        modes, faults = Modes.parse(dial.modes), NetworkFaults.parse(dial.faults)
        callees = Callees(dial.dial_results)
        call = LineCall(self.account.account_sid, dial.from_number, dial.to_number)
        channel = CallerChannel(phone, dial.pace)

        async def warn(code: int, message: str) -> None:
            await channel.tell(Warned(code=code, message=message))

        # Each call has its own cookies; connections are shared by all calls.
        client = httpx2.AsyncClient(
            transport=self._transport,
            timeout=httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
        )
        webhook_client = WebhookClient(client, self.account.auth_token, faults, Random(dial.seed), warn)  # noqa: S311
        active = ActiveCall(
            call, self.account, self._webhooks, channel, webhook_client, self.recordings, callees, modes
        )
        playing = asyncio.create_task(self._play(active))
        placed = CallUnderWay(call, channel, playing)
        self._under_way[call.sid] = placed
        return placed

    async def _play(self, active: ActiveCall) -> Ended:
        log.info("line.call_began", call_id=active.call.call_id, provider_call_id=active.call.sid)
        try:
            ended = await play_call(active)
        finally:
            active.end("failed")  # has no effect when the player has ended the call
            self._log.add(active.call)
            del self._under_way[active.call.sid]
        log.info("line.call_ended", call_id=active.call.call_id, status=ended.status, seconds=ended.seconds)
        return ended

    def hang_up(self, sid: str) -> LineCall:
        """End a call by REST (rule 35). Raises CallNotInProgress."""
        placed = self._under_way.get(sid)
        if placed is None or placed.call.is_over:
            raise CallNotInProgress(sid)
        placed.channel.terminate()
        return placed.call

    def find(self, sid: str) -> LineCall | None:
        placed = self._under_way.get(sid)
        return placed.call if placed else self._log.get(sid)

    def __iter__(self) -> Iterator[LineCall]:
        """All calls, newest first."""
        calls = chain(self._log, (placed.call for placed in self._under_way.values()))
        return iter(sorted(calls, key=lambda call: call.started_at, reverse=True))

    async def close(self) -> None:
        """End all calls and send their last callbacks."""
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
    """The trusted certificates. Reading them takes 50 ms, so it is done once."""
    return httpx2.create_ssl_context(trust_env=False)
