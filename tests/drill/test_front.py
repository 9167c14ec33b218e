"""What stands before the apis gives each request to the next of them, and to the other when one is not there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from drill.front import FIGURES, front_app
from tests.threaded import served


class Backend:
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def config(self) -> uvicorn.Config:
        return uvicorn.Config(Starlette(routes=[Route("/{path:path}", self._answer)]), log_config=None)

    async def _answer(self, _: Request) -> Response:
        self.asked += 1
        return JSONResponse({})


@pytest.fixture
def backends() -> list[Backend]:
    return [Backend(), Backend()]


@pytest.fixture
def front(backends: list[Backend]) -> Iterator[str]:
    with ExitStack() as stack:
        urls = [stack.enter_context(served(backend.config())) for backend in backends]
        yield stack.enter_context(served(uvicorn.Config(front_app(urls), log_config=None)))


def test_requests_go_to_the_apis_in_turn(front: str, backends: list[Backend]) -> None:
    for number in range(10):
        assert httpx2.get(f"{front}/{number}").status_code == 200
    assert [backend.asked for backend in backends] == [5, 5]


def test_who_is_not_there_is_passed_over(backends: list[Backend]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: refused
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with (
            served(backends[0].config()) as there,
            served(uvicorn.Config(front_app([gone, there]), log_config=None)) as front,
        ):
            for number in range(4):
                assert httpx2.get(f"{front}/{number}").status_code == 200
            assert httpx2.get(front + FIGURES).json()["figures"]["not_connected"] == 2
    assert backends[0].asked == 4
