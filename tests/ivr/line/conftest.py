"""A desk that answers the line with scripted TwiML, and a caller in the same process who follows a script."""

from __future__ import annotations

import asyncio
import io
import math
import struct
import threading
import time
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.line.caller.script import parse
from ivr.line.caller.scripted_call import Outcome, follow_script
from ivr.line.playing.active_call import Webhooks
from ivr.line.protocol import Action, Dial, Ended, Event
from ivr.line.service.carrier import CallUnderWay, Carrier
from ivr.line.store.account import LineAccount

ACCOUNT = LineAccount("AC" + "0" * 31 + "1", "test_auth_token", "http://127.0.0.1:9")
Reply = str | Response | Callable[["Asked"], "str | Response | Awaitable[Response]"]


@dataclass(frozen=True)
class Asked:
    """A request that the desk got; `form` holds the parameters of a POST or of the query."""

    path: str
    method: str
    url: str
    form: dict[str, str]
    headers: dict[str, str]
    at: float


@dataclass
class Desk:
    """Answers each path with its replies in turn, the last one for ever; anything else gets an empty Response."""

    url: str = ""
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, path: str, *replies: Reply) -> None:
        self.replies[path] = list(replies)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def form(self, path: str, number: int = 0) -> dict[str, str]:
        return [asked for asked in self.asked if asked.path == path][number].form

    async def serve(self, request: Request) -> Response:
        body = (await request.body()).decode()
        pairs = parse_qsl(body if request.method == "POST" else request.url.query, keep_blank_values=True)
        asked = Asked(
            request.url.path, request.method, str(request.url), dict(pairs), dict(request.headers), time.monotonic()
        )
        self.asked.append(asked)
        replies = self.replies.get(asked.path, ["<Response/>"])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if callable(reply) and not isinstance(reply, Response):
            made = reply(asked)
            reply = await made if isinstance(made, Awaitable) else made
        return reply if isinstance(reply, Response) else Response(reply, media_type="text/xml")


@pytest.fixture(scope="session")
def desk_server() -> Iterator[Desk]:
    desk = Desk()

    async def serve(request: Request) -> Response:
        return await desk.serve(request)

    app = Starlette(routes=[Route("/{path:path}", serve, methods=["GET", "POST"])])
    with running(app) as url:
        desk.url = url
        yield desk


@pytest.fixture
def desk(desk_server: Desk) -> Desk:
    desk_server.replies.clear()
    desk_server.asked.clear()
    return desk_server


class running:  # noqa: N801  # used as a context manager in the manner of contextlib
    """A real HTTP server on a free port in a thread of its own."""

    def __init__(self, app: Starlette, server: uvicorn.Server | None = None) -> None:
        self._server = server or uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="auto", port=0))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.005)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


class Caller:
    """A telephone without a wire: it is Phone to the line and Telephone to a script."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.placed: CallUnderWay | None = None
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    async def hear(self, event: Event) -> None:
        self.heard.append(event)
        self._events.put_nowait(event)

    async def events(self) -> AsyncIterator[Event]:
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, Ended):
                return

    async def act(self, action: Action) -> None:
        assert self.placed is not None
        self.placed.channel.act(action)


@dataclass
class Result:
    """A finished call: what was heard, what the desk was asked, how it went."""

    heard: list[Event]
    outcome: Outcome
    carrier: Carrier
    call_sid: str

    @property
    def ended(self) -> Ended:
        return self.outcome.ended

    @property
    def said(self) -> list[str]:
        return [event.text for event in self.heard if event.event == "say"]

    def of(self, name: str) -> list[Event]:
        return [event for event in self.heard if event.event == name]


Ring = Callable[..., Awaitable[Result]]


@pytest.fixture
async def ring(desk: Desk, tmp_path: Path) -> AsyncIterator[Ring]:
    """Ring the desk and follow a script; keyword arguments go into the dial message."""
    carriers: list[Carrier] = []

    async def ring(
        script: str = "",
        *,
        fallback: bool = False,
        react: Callable[[Event], Action] | None = None,
        watch: Callable[[Caller], None] | None = None,
        **wish: object,
    ) -> Result:
        webhooks = Webhooks(f"{desk.url}/voice", f"{desk.url}/fallback" if fallback else "", f"{desk.url}/status")
        carrier = Carrier(ACCOUNT, webhooks, tmp_path)
        carriers.append(carrier)
        caller = Caller()
        plan = parse(script, tmp_path)
        dial = Dial.model_validate(
            {"from": "+37120000001", "to": "+37167000000", "pace": "fast", "dial_results": plan.dial_results} | wish
        )
        caller.placed = carrier.place(dial, caller)
        if watch is not None:
            watch(caller)
        async with asyncio.timeout(20):
            if react is not None:
                outcome = await _react(caller, react)
            else:
                outcome = await follow_script(
                    caller, plan, lambda event: None, lambda words: None, is_fast=dial.pace == "fast"
                )
            await caller.placed.playing
        return Result(caller.heard, outcome, carrier, caller.placed.call.sid)

    yield ring
    for carrier in carriers:
        await carrier.close()


async def _react(caller: Caller, react: Callable[[Event], Action]) -> Outcome:
    async for event in caller.events():
        if isinstance(event, Ended):
            return Outcome(event, ())
        if event.waits:
            await caller.act(react(event))
    raise AssertionError("no end")


def tone(seconds: float, rate_hz: int = 8000, channels: int = 1) -> bytes:
    """A WAV with a tone that is surely no silence."""
    frames = b"".join(
        struct.pack("<h", int(9000 * math.sin(2 * math.pi * 440 * n / rate_hz))) * channels
        for n in range(int(seconds * rate_hz))
    )
    return wav(frames, rate_hz, channels)


def wav(frames: bytes, rate_hz: int = 8000, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(frames)
    return file.getvalue()


@pytest.fixture
def message(tmp_path: Path) -> Path:
    """Two seconds of something said, as message.wav in the folder that scripts read from."""
    file = tmp_path / "message.wav"
    file.write_bytes(tone(2.0))
    return file
