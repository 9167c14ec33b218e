"""A load balancer between the provider and the apis: each request goes to the next api.

A failed connection is tried once more at the other api. A connection that breaks later gives 502, and the provider then asks the
fallback address. An api that broke a connection is asked last for a moment: a process that is being killed closes its sockets
one after another, so it may break one connection and accept the next.

    python -m drill.front PORT BACKEND_PORT BACKEND_PORT
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

FIGURES = "/drill/figures"
PATIENCE_SECONDS = 20.0
# Of 150 processes killed under load 41 did so, the last after 18 ms; a new process takes far longer to be ready.
REST_SECONDS = 0.25


def front_app(backends: list[str], rest_seconds: float = REST_SECONDS) -> Starlette:
    """The proxy; its counters are at FIGURES. An api that broke a connection is passed over for `rest_seconds`."""
    figures: Counter[str] = Counter()
    known: set[str] = set()
    slowest: list[tuple[float, str]] = []
    broke_at: dict[str, float] = {}
    client = httpx2.AsyncClient(
        timeout=httpx2.Timeout(PATIENCE_SECONDS, connect=2.0),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        trust_env=False,
    )

    async def forward(request: Request) -> Response:
        body = await request.body()
        token = request.headers.get("i-twilio-idempotency-token", "")
        figures["requests"] += 1
        figures["repeated"] += token in known
        if token:
            known.add(token)
        for backend in in_turn():
            try:
                return await passed_on(backend, request, body)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                figures["not_connected"] += 1
            except httpx2.HTTPError as error:
                figures["broken"] += 1
                broke_at[backend] = time.monotonic()
                return Response(f"{type(error).__name__}", 502, media_type="text/plain")
        figures["nobody_there"] += 1
        return Response("nobody there", 502, media_type="text/plain")

    def in_turn() -> list[str]:
        first = figures["requests"] % len(backends)
        latest = time.monotonic() - rest_seconds
        # Sorting is stable, so equal apis keep their order.
        return sorted(
            (*backends[first:], *backends[:first]), key=lambda backend: broke_at.get(backend, latest) > latest
        )

    async def passed_on(backend: str, request: Request, body: bytes) -> Response:
        query = request.scope["query_string"].decode()
        path = request.scope["raw_path"].decode()
        began = time.monotonic()
        answer = await client.request(
            request.method,
            backend + path + (f"?{query}" if query else ""),
            content=body,
            headers={
                name: value
                for name, value in request.headers.items()
                if name not in ("host", "content-length", "connection")
            },
        )
        took = time.monotonic() - began
        if took > 1:
            slowest.append((round(took, 2), path))
        if answer.status_code >= 500:
            figures[f"{answer.status_code} {path if path.startswith('/twilio') else '/api'}"] += 1
        headers = {"content-type": answer.headers["content-type"]} if "content-type" in answer.headers else None
        return Response(answer.content, answer.status_code, headers)

    async def told(_: Request) -> Response:
        return JSONResponse({"figures": figures, "slowest": sorted(slowest, reverse=True)[:20]})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    methods = ["GET", "POST"]
    return Starlette(routes=[Route(FIGURES, told), Route("/{path:path}", forward, methods=methods)], lifespan=lifespan)


def main() -> None:
    port, *backends = sys.argv[1:]
    app = front_app([f"http://127.0.0.1:{backend}" for backend in backends])
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_config=None, access_log=False)


if __name__ == "__main__":
    main()
