"""Health checks of the api."""

from __future__ import annotations

import redis
import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from api.auth.access import OpenParts
from ivr.published_flows import NothingPublished
from runtime.sql.database import reading
from runtime.threads import died

router = APIRouter(tags=["health"])


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
    waiting = parts.journal.spooled
    checks["spool"] = f"{waiting} turns wait for SQL" if waiting else "ok"
    checks["threads"] = ", ".join(f"{name} died" for name in died()) or "ok"
    is_ready = checks["flows"] == "ok"
    return JSONResponse({"status": "ok" if is_ready else "not ready", **checks}, status_code=200 if is_ready else 503)
