"""What the tests of this folder share; and the summary, which tells how many cases of each machine were played."""

from __future__ import annotations

from datetime import time

import pytest

from flows.company.calendar_definition import WEEKDAYS, CalendarDefinition, Window
from flows.company.company import Company, NumberDefinition, QueueDefinition, TargetRule
from tests.properties.examples import played

QUEUES = ("desk", "nights")


@pytest.fixture(scope="session")
def company() -> Company:
    """Two queues that are always open: what time of day it is plays no part."""
    whole_day = Window(opens=time(0), closes=time(0))
    always = CalendarDefinition(zone="Europe/Riga", week=dict.fromkeys(WEEKDAYS, (whole_day,)))
    queue = QueueDefinition(calendar="always", targets=(TargetRule(minutes=60),), round_minutes=5)
    return Company(
        organisation={"en": "Baltic Heating"},
        default_language="en",
        numbers={"default": NumberDefinition(flow="reception")},
        calendars={"always": always},
        queues=dict.fromkeys(QUEUES, queue),
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, count in sorted(played.items()):
        terminalreporter.write_line(f"{name}: {count:,}")
