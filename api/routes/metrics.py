"""The metrics of this process, and the figures of the queues, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

import redis
from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError

from api.auth.access import NotAllowed, NotSignedIn, OpenParts
from api.parts import Parts
from callbacks.figures import broken_within_a_day, queue_figures
from ivr.published_flows import NothingPublished
from runtime.jobs import count_jobs
from runtime.sql.database import reading
from voicemail.jobs.actors import QUEUE

router = APIRouter(tags=["health"])

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
# A proxy on this machine sends at least one of these with requests from elsewhere.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
_OF_QUEUES = {
    "waiting": "Callbacks that are not closed",
    "due_soon": "Callbacks due within 15 minutes",
    "late": "Callbacks whose due moment has passed",
    "needs_number": "Callbacks that wait for a number to ring",
    "oldest_seconds": "Seconds since the oldest callback was asked for",
}


@router.get("/metrics", summary="Metrics for Prometheus (from loopback, or with the token of an admin)")
def metrics(request: Request, parts: OpenParts) -> Response:
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    from api.auth.users import user_of

    if _is_foreign(request):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user = user_of(parts.console_database, token) if scheme.lower() == "bearer" else None
        if user is None:
            raise NotSignedIn
        if not user.may("admin"):
            raise NotAllowed
    return Response(generate_latest() + _of_the_house(parts), media_type=CONTENT_TYPE_LATEST)


def _of_the_house(parts: Parts) -> bytes:
    """The figures that all processes share. What SQL or Redis does not tell now is left out."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def gauge(name: str, means: str, value: float) -> None:
        Gauge(name, means, registry=registry).set(value)

    for name, means, by_queue in _by_queue(parts):
        shown = Gauge(name, means, ["queue"], registry=registry)
        for queue, value in by_queue.items():
            shown.labels(queue).set(value)
    gauge("ringback_spool_turns", "Turns that this api could not write to SQL yet", parts.journal.spooled)
    try:
        gauge("ringback_jobs", "Jobs that wait for a worker", count_jobs(parts.redis, QUEUE))
        gauge("ringback_redis_up", "Whether Redis answers", 1)
    except redis.RedisError:
        gauge("ringback_redis_up", "Whether Redis answers", 0)
    return generate_latest(registry)


def _by_queue(parts: Parts) -> Iterator[tuple[str, str, dict[str, float]]]:
    """The figures by queue: each queue of the company has one, also when nobody waits in it."""
    now = parts.clock()
    try:
        with reading(parts.console_database) as connection:
            found = {figures.queue: figures for figures in queue_figures(connection, now)}
            broken = broken_within_a_day(connection, now)
    except SQLAlchemyError:
        return
    names = sorted({*found, *broken, *_queues_of_the_company(parts)})
    for field, means in _OF_QUEUES.items():
        values = {name: float(getattr(found[name], field)) if name in found else 0.0 for name in names}
        yield f"ringback_callbacks_{field}", means, values
    means = "Promises that broke within the last 24 hours"
    yield "ringback_promises_broken_day", means, {name: float(broken.get(name, 0)) for name in names}


def _queues_of_the_company(parts: Parts) -> list[str]:
    try:
        return list(parts.published_flows.company.queues)
    except NothingPublished:
        return []


def _is_foreign(request: Request) -> bool:
    """Whether the request comes from another machine, or by a proxy."""
    is_here = request.client is not None and request.client.host in _LOOPBACK
    return not is_here or any(name in request.headers for name in _FORWARDED)
