"""What stands before the apis gives each request to the next of them, and to the other when one is not there."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

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


@pytest.mark.parametrize(("rest_seconds", "answers"), [(60, [502, 200, 200, 200, 200]), (0, [502, 200, 502, 200, 502])])
def test_who_broke_a_connection_is_asked_last_for_a_moment(
    rest_seconds: float, answers: list[int], backends: list[Backend]
) -> None:
    """As a process that is being killed: it takes connections and breaks them."""
    with socket.create_server(("127.0.0.1", 0)) as dying, ExitStack() as stack:
        taken: list[bytes] = []
        stack.enter_context(_breaking(dying, taken))
        urls = [stack.enter_context(served(backends[0].config())), f"http://127.0.0.1:{dying.getsockname()[1]}"]
        front = stack.enter_context(served(uvicorn.Config(front_app(urls, rest_seconds), log_config=None)))
        assert [httpx2.get(f"{front}/turn").status_code for _ in answers] == answers
        assert len(taken) == answers.count(502)


@contextmanager
def _breaking(server: socket.socket, taken: list[bytes]) -> Iterator[None]:
    """Take connections until `server` is shut down, and reset each."""

    def work() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            taken.append(connection.recv(1))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
