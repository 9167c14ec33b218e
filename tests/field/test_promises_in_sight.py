"""What a supervisor learns of promises before they break."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.engine import Engine
from structlog.testing import capture_logs

from callbacks.clock import Clock
from callbacks.intake import ensure_callback
from callbacks.tables import callbacks
from customers.request import Request
from customers.tables import customers
from flows.company.company import Company
from runtime.logs.logging import mask_private
from runtime.sql.database import insert_once, reading, writing
from tests.front import OPEN_TUESDAY, Front

MINUTE = timedelta(minutes=1)
UNTIL = OPEN_TUESDAY + timedelta(hours=1)


def ask(engine: Engine, company: Company, name: str, *, number: str | None = "+37120000001") -> str:
    """A caller was promised a call within the hour."""
    queue = next(iter(company.queues))
    with writing(engine) as connection:
        insert_once(connection, customers, id=f"cu_{name}", created_at=OPEN_TUESDAY)
        asked = Request(f"ca_{name}", 3, f"cu_{name}", queue, "general", "en-GB", OPEN_TUESDAY, number, UNTIL, True)
        return ensure_callback(connection, asked, company)


async def test_a_promise_that_is_about_to_break_is_told_once_and_once_more_when_it_broke(lite_front: Front) -> None:
    engine, company = lite_front.parts.console_database, lite_front.parts.published_flows.company
    callback_id = ask(engine, company, "one")
    one, other = Clock(engine, None), Clock(engine, None)
    with capture_logs() as lines:
        for minutes in (0, 44, 46, 50, 61, 65):
            for clock in (one, other):
                clock.tick(OPEN_TUESDAY + minutes * MINUTE)
    told = [mask_private(None, "", line) for line in lines if line["event"].startswith("promise.")]
    same = {"callback_id": callback_id, "number": "+371•••••001", "spoken": True}
    assert [{name: value for name, value in line.items() if name != "log_level"} for line in told] == [
        {"event": "promise.due_soon", **same, "queue": next(iter(company.queues)), "minutes": 14},
        {"event": "promise.broken", **same, "queue": next(iter(company.queues)), "minutes": 1},
    ]


@pytest.fixture
def figures(lite_front: Front) -> Callable[[str], dict[str, float]]:
    """The metrics of a text, those by queue summed up."""

    def read(text: str) -> dict[str, float]:
        values: dict[str, float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                values[sample.name] = values.get(sample.name, 0) + sample.value
        return values

    return read


async def test_the_metrics_say_who_waits_and_who_waits_too_long(
    lite_front: Front, figures: Callable[[str], dict[str, float]]
) -> None:
    engine, company = lite_front.parts.console_database, lite_front.parts.published_flows.company
    ask(engine, company, "one")
    ask(engine, company, "two", number=None)
    with reading(engine) as connection:
        due_at = connection.execute(sa.select(callbacks.c.due_at)).scalars().first()
    assert due_at is not None
    lite_front.clock.now = due_at - 5 * MINUTE
    soon = figures((await lite_front.client.get("/metrics")).text)
    assert (soon["ringback_callbacks_waiting"], soon["ringback_callbacks_due_soon"]) == (2, 2)
    assert soon["ringback_callbacks_needs_number"] == 1
    assert soon["ringback_callbacks_oldest_seconds"] == (lite_front.clock.now - OPEN_TUESDAY).total_seconds()
    assert (soon["ringback_callbacks_late"], soon["ringback_promises_broken_day"]) == (0, 0)
    assert (soon["ringback_spool_turns"], soon["ringback_jobs"], soon["ringback_redis_up"]) == (0, 0, 1)
    lite_front.clock.now = max(due_at, UNTIL) + MINUTE
    Clock(engine, None).tick(lite_front.clock.now)
    late = figures((await lite_front.client.get("/metrics")).text)
    assert (late["ringback_callbacks_late"], late["ringback_promises_broken_day"]) == (2, 2)


async def test_the_log_and_the_metrics_say_that_a_call_began_and_how_it_ended(
    lite_front: Front, figures: Callable[[str], dict[str, float]]
) -> None:
    before = figures((await lite_front.client.get("/metrics")).text)
    with capture_logs() as lines:
        call = await lite_front.switchboard.ring()
        await call.complete()
    told = {line["event"]: line for line in lines if line["event"] in ("call.started", "call.ended")}
    assert told["call.started"]["flow"] == told["call.ended"]["flow"] == "reception"
    assert told["call.ended"]["outcome"] == "hung_up"
    assert told["call.started"]["call_id"] == told["call.ended"]["call_id"]
    after = figures((await lite_front.client.get("/metrics")).text)
    for name in ("ringback_calls_total", "ringback_calls_ended_total"):
        assert after[name] - before.get(name, 0) == 1
