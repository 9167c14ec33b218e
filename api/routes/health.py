"""Health checks and metrics of the api."""

from __future__ import annotations

import redis
import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from api.access import NotAllowed, NotSignedIn, OpenParts
from ivr.published_flows import NothingPublished
from runtime.sql.database import reading

router = APIRouter(tags=["health"])

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# A proxy on this machine sends at least one of these with requests from elsewhere.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


@router.get("/healthz", summary="Is the process alive?")
def healthz() -> JSONResponse:
    return JSONResponse({"status": "ok"})


@router.get("/readyz", summary="Can calls be answered?")
def readyz(parts: OpenParts) -> JSONResponse:
    """200 when calls can be answered. Without Redis or SQL they still can: the answer stays 200 and names what is away."""
    checks: dict[str, str] = {}
    try:
        _ = parts.published_flows.company
        checks["flows"] = "ok"
    except NothingPublished:
        checks["flows"] = "none published"
    try:
        with reading(parts.call_database) as connection:
            connection.execute(sa.text("SELECT 1"))
        checks["sql"] = "ok"
    except SQLAlchemyError:
        checks["sql"] = "away"
    try:
        parts.redis.ping()
        checks["redis"] = "ok"
    except redis.RedisError:
        checks["redis"] = "away"
    is_ready = checks["flows"] == "ok"
    return JSONResponse({"status": "ok" if is_ready else "not ready", **checks}, status_code=200 if is_ready else 503)


@router.get("/metrics", summary="Metrics for Prometheus (from loopback, or with the token of an admin)")
def metrics(request: Request, parts: OpenParts) -> Response:
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    from api.users import user_of

    if _is_foreign(request):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user = user_of(parts.console_database, token) if scheme.lower() == "bearer" else None
        if user is None:
            raise NotSignedIn
        if not user.may("admin"):
            raise NotAllowed
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _is_foreign(request: Request) -> bool:
    """Whether the request comes from another machine, or by a proxy."""
    is_here = request.client is not None and request.client.host in _LOOPBACK
    return not is_here or any(name in request.headers for name in _FORWARDED)
