"""The line as a process: telephones connect by WebSocket, and its REST interface answers like Twilio's."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import structlog
import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ivr.line.playing.active_call import Webhooks
from ivr.line.playing.callees import InvalidDialResult
from ivr.line.playing.modes import InvalidModes
from ivr.line.protocol import Action, Dial, Event, HangUp, read_action
from ivr.line.service import rest_api
from ivr.line.service.carrier import Carrier
from ivr.line.store.account import LineAccount, announce
from ivr.line.webhooks.network_faults import InvalidFaults

MAX_SPOKEN_BYTES = 256 * 1024 * 1024  # ten minutes of a usual WAV are 26 MB in base64
REFUSED = 4400  # WebSocket close code: the dial message cannot be read; the reason says why
UNAUTHORISED = 4401

log = structlog.get_logger()


def line_app(account: LineAccount, webhooks: Webhooks, data_dir: Path) -> Starlette:
    """The line as an ASGI application. It holds the calls, so it must run in one process."""
    carrier = Carrier(account, webhooks, data_dir)

    async def phone(socket: WebSocket) -> None:
        await _serve_phone(socket, carrier)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "account_sid": account.account_sid})

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await carrier.close()

    return Starlette(
        routes=[Route("/health", health), WebSocketRoute("/phone", phone), *rest_api.routes(carrier)],
        lifespan=lifespan,
    )


async def serve_line(account: LineAccount, webhooks: Webhooks, port: int, data_dir: Path) -> None:
    """Run the line on loopback until the process is stopped.

    `port` 0 means the port of the account, or a free one when that is taken. The address is written to `line.json`.
    Raises OSError when a given port is taken.
    """
    listening = _listen(port, account.port)
    account = replace(account, url=f"http://127.0.0.1:{listening.getsockname()[1]}")
    announce(data_dir, account)
    log.info("line.listening", url=account.url, voice_url=webhooks.voice_url)
    await line_server(line_app(account, webhooks, data_dir)).serve(sockets=[listening])


def line_server(app: Starlette) -> uvicorn.Server:
    """The HTTP server of the line. It accepts long recordings and shuts down within three seconds."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            ws_max_size=MAX_SPOKEN_BYTES,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=3,
        )
    )


def _listen(port: int, usual_port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port or usual_port))
    except OSError:
        if port:
            listening.close()
            raise
        listening.bind(("127.0.0.1", 0))
    return listening


class _SocketPhone:
    """A telephone that is connected by a WebSocket."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def hear(self, event: Event) -> None:
        with contextlib.suppress(
            WebSocketDisconnect, RuntimeError, OSError
        ):  # the connection is lost; the reader hangs up
            await self._socket.send_text(event.model_dump_json())


async def _serve_phone(socket: WebSocket, carrier: Carrier) -> None:
    """Serve one call of one telephone; a lost connection is a hang-up."""
    given = socket.headers.get("authorization", "")
    is_near = socket.client is not None and socket.client.host in ("127.0.0.1", "::1")
    if not is_near or not hmac.compare_digest(given.encode(), f"Bearer {carrier.account.auth_token}".encode()):
        await socket.close(UNAUTHORISED, "send the token of the line")
        return
    await socket.accept()
    try:
        dial = Dial.model_validate_json(await socket.receive_text())
        placed = carrier.place(dial, _SocketPhone(socket))
    except (ValidationError, InvalidModes, InvalidFaults, InvalidDialResult) as error:
        await socket.close(REFUSED, str(error)[:120])
        return
    except WebSocketDisconnect:
        return
    reading = asyncio.create_task(_read_actions(socket, placed.channel.act))
    try:
        await placed.playing
    finally:
        reading.cancel()
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close()


async def _read_actions(socket: WebSocket, act: Callable[[Action], None]) -> None:
    try:
        while True:
            message = await socket.receive_text()
            try:
                act(read_action.validate_json(message))
            except ValidationError as error:
                log.warning("line.action_unreadable", faults=error.error_count())
    except WebSocketDisconnect:
        act(HangUp())
