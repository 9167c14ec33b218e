"""Requests of strangers: slow, huge, without a token, by a proxy, by the wrong method. None of them costs callers anything."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog

from api.auth import guard
from api.doctor.checkup import check_data_folder
from runtime.config import Settings
from runtime.data_folder import keep_private
from tests.front import Front, open_front
from tests.tokens import add_user

Receive = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
async def front(tmp_path: Path, sqlite_url: str, redis_url: str) -> AsyncIterator[Front]:
    async with open_front(tmp_path / "data", sqlite_url, redis_url) as opened:
        yield opened


@pytest.fixture
def token(front: Front) -> str:
    return add_user(front.parts.console_database, "maija", "agent")


class Asked:
    """A request to the claims whose body comes as a test says, and what was answered."""

    def __init__(self, front: Front, headers: dict[str, str], receive: Receive) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        path = "/api/callbacks/claim"
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.status, self.headers = message["status"], dict(message["headers"])

        door = front.client._transport.app  # type: ignore[attr-defined]  # the application itself: no client is that slow
        self.task: asyncio.Task[None] = asyncio.ensure_future(door(scope, receive, send))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "content-type": "application/json"}


async def unread() -> dict[str, Any]:
    raise AssertionError("the body was read")


@pytest.mark.parametrize(
    "headers", [{}, bearer("rb_nobody"), {"authorization": "Basic YTpi"}], ids=["none", "wrong", "basic"]
)
async def test_the_body_of_somebody_without_a_token_is_never_read(front: Front, headers: dict[str, str]) -> None:
    asked = Asked(front, headers | {"content-length": "60000"}, unread)
    await asked.task
    assert (asked.status, asked.headers[b"connection"]) == (401, b"close")


async def test_a_body_announced_as_too_large_is_not_read(front: Front, token: str) -> None:
    asked = Asked(front, bearer(token) | {"content-length": str(200_000_000)}, unread)
    await asked.task
    assert (asked.status, asked.headers[b"connection"]) == (413, b"close")


async def test_a_body_without_a_length_is_read_up_to_the_limit(front: Front, token: str) -> None:
    read = 0

    async def endless() -> dict[str, Any]:
        nonlocal read
        read += 16_384
        return {"type": "http.request", "body": b" " * 16_384, "more_body": True}

    asked = Asked(front, bearer(token), endless)
    await asked.task
    assert asked.status == 413
    assert read <= guard.MAX_BODY_BYTES + 16_384


async def test_a_body_that_comes_in_drops_is_not_waited_for(
    front: Front, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.1)

    async def drop() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    asked = Asked(front, bearer(token), drop)
    await asked.task
    assert (asked.status, asked.headers[b"connection"]) == (408, b"close")


async def test_a_body_in_parts_is_read_whole(front: Front, token: str) -> None:
    parts = [(b'{"queues":', True), (b' ["desk"]}', False)]

    async def next_part() -> dict[str, Any]:
        body, more = parts.pop(0)
        return {"type": "http.request", "body": body, "more_body": more}

    asked = Asked(front, bearer(token), next_part)
    await asked.task
    assert asked.status == 204


FORWARDED = [
    {"x-forwarded-for": "203.0.113.9"},
    {"forwarded": "for=203.0.113.9"},
    {"x-real-ip": "203.0.113.9"},
    {"via": "1.1 Caddy"},
    {"x-forwarded-proto": "https"},
]


@pytest.mark.parametrize("headers", FORWARDED, ids=lambda headers: next(iter(headers)))
async def test_metrics_are_closed_to_requests_that_came_by_a_proxy(
    front: Front, token: str, headers: dict[str, str]
) -> None:
    async with httpx2.AsyncClient(transport=_from("127.0.0.1", front), base_url="http://here") as client:
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/metrics", headers=headers)).status_code == 401
        assert (await client.get("/metrics", headers=headers | bearer(token))).status_code == 403
        admin = add_user(front.parts.console_database, "root", "admin")
        assert (await client.get("/metrics", headers=headers | bearer(admin))).status_code == 200
    async with httpx2.AsyncClient(transport=_from("203.0.113.9", front), base_url="http://here") as client:
        assert (await client.get("/metrics")).status_code == 401


def _from(address: str, front: Front) -> httpx2.ASGITransport:
    door = front.client._transport.app  # type: ignore[attr-defined]
    return httpx2.ASGITransport(app=door, client=(address, 40_000))


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/twilio/voice", 405, "GET instead of POST"),
        ("PUT", "/twilio/status", 405, "PUT instead of POST"),
        ("POST", "/twilio/voice/", 404, "no webhook has this address"),
        ("POST", "/twilio/Voice", 404, "no webhook has this address"),
        ("POST", "/twilio/voice", 403, "no signature"),
    ],
)
async def test_a_number_set_up_wrong_leaves_a_line_that_says_how(
    front: Front, method: str, path: str, status: int, reason: str
) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await front.client.request(method, path)
    assert answer.status_code == status
    (line,) = [line for line in lines if line["event"] == "webhook.refused"]
    assert (line["path"], line["status"]) == (path, status)
    assert reason in line["reason"]


async def test_a_wrong_token_leaves_a_line_without_the_token(front: Front) -> None:
    with structlog.testing.capture_logs() as lines:
        await front.client.get("/api/callbacks", headers=bearer("rb_guessed"))
    (line,) = [line for line in lines if line["event"] == "api.not_signed_in"]
    assert line["path"] == "/api/callbacks"
    assert "guessed" not in str(line)


def modes(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): stat.S_IMODE(path.lstat().st_mode)
        for path in (folder, *folder.rglob("*"))
        if not path.is_symlink()
    }


def test_other_users_of_the_machine_cannot_read_a_new_data_folder(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}
    environment["RINGBACK_DATA_DIR"] = str(tmp_path / "data")
    for command in (["migrate", "--new"], ["backup", str(tmp_path / "copy")]):
        begin = f"import os; os.umask(0o022); import sys; sys.argv[1:] = {command!r}; from api.commands.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", begin], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    for folder in (tmp_path / "data", tmp_path / "copy"):
        assert len(modes(folder)) > 1
        assert {name: oct(mode) for name, mode in modes(folder).items() if mode & 0o077} == {}


def test_an_open_data_folder_is_told_by_doctor_and_closed_at_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "spool").mkdir(parents=True)
    (data / "spool" / "old.spool").write_text("numbers")
    data.chmod(0o755)
    (data / "linked").symlink_to("/etc/hostname")
    settings = Settings(data_dir=data)
    found = check_data_folder(settings)
    assert (found.verdict, "other users of this machine may read" in found.says) == ("wrong", True)
    assert keep_private(data) >= 3
    assert {name for name, mode in modes(data).items() if mode & 0o077} == set()
    assert check_data_folder(settings).verdict == "good"
    assert keep_private(data) == 0
