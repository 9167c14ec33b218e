"""Stands before the JSON interface: the token is checked before the body is read, and the body has limits.

A stranger with a slow or huge body would otherwise hold a connection and memory of the process that answers calls.
"""

from __future__ import annotations

import asyncio

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.auth.users import User, user_of
from api.errors import not_signed_in, problem

log = structlog.get_logger()

MAX_BODY_BYTES = 64 * 1024
BODY_SECONDS = 5.0
# The description of the interface is public; every other path below /api/ is for users.
_PUBLIC = "/api/openapi.json"
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class GuardedInterface:
    """Puts the user of the token into `request.state.user`; None without a valid token, and such a body is never read."""

    def __init__(self, interface: FastAPI) -> None:
        self._interface = interface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._interface(scope, receive, send)
            return
        is_for_users = scope["path"].startswith("/api/") and scope["path"] != _PUBLIC
        try:
            user = await run_in_threadpool(self._user, scope) if is_for_users else None
        except SQLAlchemyError as error:
            log.error("sql.away", path=scope["path"], reason=str(error)[:200])
            await _refuse(503, "sql_away", "The database does not answer now. Try again in a moment.")(
                scope, receive, send
            )
            return
        if is_for_users and user is None:
            log.warning("api.not_signed_in", path=scope["path"][:100])
            await _ending(not_signed_in())(scope, receive, send)
            return
        scope.setdefault("state", {})["user"] = user
        if scope["method"] not in _WITH_BODY:
            await self._interface(scope, receive, send)
            return
        try:
            body = await _body(scope, receive)
        except TimeoutError:
            await _refuse(408, "too_slow", f"Send the whole body within {BODY_SECONDS:g} s.")(scope, receive, send)
        except _TooLarge:
            await _refuse(413, "too_large", f"A body has at most {MAX_BODY_BYTES // 1024} kB.")(scope, receive, send)
        except _Gone:
            pass  # the client has closed the connection
        else:
            await self._interface(scope, _replayed(body, receive), send)

    def _user(self, scope: Scope) -> User | None:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.decode("latin-1").partition(" ")
        return user_of(self._interface.state.parts.console_database, token) if scheme.lower() == "bearer" else None


class _TooLarge(Exception):
    pass


class _Gone(Exception):
    pass


def _ending(answer: Response) -> Response:
    """The answer, after which the connection is closed: the rest of the body is not read."""
    answer.headers["Connection"] = "close"
    return answer


def _refuse(status: int, error: str, detail: str) -> Response:
    return _ending(problem(status, error, detail))


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The whole body. Raises _TooLarge, TimeoutError or _Gone."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if int(length) > MAX_BODY_BYTES:  # the server has checked that it is a number
        raise _TooLarge
    body = bytearray()
    async with asyncio.timeout(BODY_SECONDS):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            body += message.get("body", b"")
            if len(body) > MAX_BODY_BYTES:
                raise _TooLarge
            if not message.get("more_body", False):
                return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once, then waits for the client to go."""
    rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return rest.pop() if rest else await receive()

    return replay
