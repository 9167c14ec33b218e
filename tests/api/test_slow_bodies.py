"""A request that does not bring its form keeps nothing open, and one that is taken away ends as its server wishes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from api import webhooks
from tests.front import Front, open_front


@pytest.fixture
async def front(tmp_path: Any, sqlite_url: str, redis_url: str) -> Any:
    async with open_front(tmp_path / "data", sqlite_url, redis_url) as opened:
        yield opened


class Request:
    """A signed-looking request whose body comes as a test says."""

    def __init__(self, front: Front, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self.status = 0
        headers = [(b"x-twilio-signature", b"c2lnbmF0dXJl"), (b"content-type", b"application/x-www-form-urlencoded")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/twilio/voice",
            "raw_path": b"/twilio/voice",
            "query_string": b"",
            "headers": headers,
        }

        async def send(message: Any) -> None:
            self.status = message.get("status", self.status)

        door = front.client._transport.app  # type: ignore[attr-defined]  # the application itself: no client is that slow
        self.task: asyncio.Task[None] = asyncio.ensure_future(door(scope, receive, send))


async def never() -> dict[str, Any]:
    await asyncio.sleep(60)
    raise AssertionError("nobody waits so long")


async def test_a_body_that_does_not_come_is_not_waited_for(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "BODY_SECONDS", 0.05)
    request = Request(front, never)
    await request.task
    assert request.status == 408


async def test_nor_one_that_comes_in_drops(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "BODY_SECONDS", 0.2)

    async def drop() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"a", "more_body": True}

    request = Request(front, drop)
    await request.task
    assert request.status == 408


async def test_a_body_in_two_parts_is_read_whole(front: Front) -> None:
    parts = [(b"CallSid=CA", True), (b"1", False)]

    async def next_part() -> dict[str, Any]:
        body, more = parts.pop(0)
        return {"type": "http.request", "body": body, "more_body": more}

    request = Request(front, next_part)
    await request.task
    assert (request.status, parts) == (403, [])  # its signature is none


async def test_who_takes_the_request_away_is_obeyed(front: Front) -> None:
    request = Request(front, never)
    await asyncio.sleep(0.01)
    request.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request.task
    assert request.status == 0


async def test_a_caller_who_is_gone_is_not_answered_with_more(front: Front) -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    request = Request(front, gone)
    await request.task
    assert request.status == 400
