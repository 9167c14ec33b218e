"""A company with two queues, customers, and the desk on real stores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
import redis
from sqlalchemy.engine import Engine

from callbacks.desk import Desk
from callbacks.intake import ensure_callback
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.index import rebuild
from customers.request import Request
from customers.tables import customers
from flows.company.calendar_definition import WEEKDAYS, CalendarDefinition, Holidays, Window
from flows.company.company import Company, NumberDefinition, QueueDefinition, TargetRule
from runtime.sql.database import insert_once, writing
from runtime.sql.outbox import outbox

# A Tuesday at 10:00 in Riga.
NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
Ask = Callable[..., str]
AGENTS = 8


@pytest.fixture(scope="session")
def company() -> Company:
    office = CalendarDefinition(
        zone="Europe/Riga",
        week=dict.fromkeys(WEEKDAYS[:5], (Window(opens=time(9), closes=time(17)),)),
        holidays=Holidays(countries=("LV",)),
    )
    always = CalendarDefinition(
        zone="Europe/Riga", week=dict.fromkeys(WEEKDAYS, (Window(opens=time(0), closes=time(0)),))
    )
    return Company(
        organisation={"en": "Baltic Heating"},
        default_language="en",
        numbers={"default": NumberDefinition(flow="reception")},
        calendars={"office": office, "always": always, "never": CalendarDefinition(zone="Europe/Riga", week={})},
        queues={
            "desk": QueueDefinition(
                calendar="office",
                targets=(
                    TargetRule(intent="emergency", minutes=15),
                    TargetRule(language="lv", minutes=45),
                    TargetRule(minutes=60),
                ),
                people=2,
                handling_minutes=6,
                round_minutes=30,
            ),
            "nights": QueueDefinition(
                calendar="always", targets=(TargetRule(minutes=30),), round_minutes=5, quiet=None
            ),
            "nobody": QueueDefinition(calendar="never", targets=(TargetRule(minutes=30),)),
        },
    )


@pytest.fixture
def ask(database: Engine, company: Company) -> Ask:
    """Leave a message or a request as a caller would; what is not given is usual."""
    return asker(database, company)


def asker(database: Engine, company: Company) -> Ask:
    def leave(
        call_id: str = "CA1",
        *,
        turn: int = 3,
        customer_id: str = "cu_1",
        number: str | None = "+37120000001",
        queue: str = "desk",
        intent: str = "repair",
        at: datetime = NOW,
        until: datetime | None = NOW + timedelta(hours=1, minutes=30),
        spoken: bool = True,
    ) -> str:
        with writing(database) as connection:
            insert_once(connection, customers, id=customer_id, created_at=at)
            asked = Request(call_id, turn, customer_id, queue, intent, "en", at, number, until, spoken)
            return ensure_callback(connection, asked, company)

    return leave


@pytest.fixture
def queue(database: Engine, redis_client: redis.Redis) -> CallbackQueue:
    """The index on a real server, trusted from the start."""
    made = CallbackQueue(redis_client)
    rebuild(database, made)
    return made


@pytest.fixture
def desk(database: Engine, company: Company, queue: CallbackQueue) -> Desk:
    return Desk(database, lambda: company, queue)


@pytest.fixture
def made(ask: Ask, database: Engine, queue: CallbackQueue) -> list[str]:
    """Callbacks for AGENTS, in the order of their deadlines."""
    names = [
        ask(f"CA{number}", customer_id=f"cu_{number}", at=NOW + timedelta(minutes=number)) for number in range(AGENTS)
    ]
    with writing(database) as connection:
        connection.execute(outbox.delete())
    rebuild(database, queue)
    return names
