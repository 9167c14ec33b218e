"""What tests of people's ordinary days share: the application, the provider's lists, and a provider of recordings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.field.house import OpenHouse, open_house
from tests.field.telephone import write
from tests.front import Front, open_front
from tests.provider_lists import Provider, listed_provider

# The web that serves recordings, and messages in SQL, as tests of voicemail/ have them.
from tests.voicemail.conftest import account, clips, expect, left, recording_path, web

__all__ = ["account", "clips", "expect", "left", "recording_path", "web", "write"]


@pytest.fixture
async def lite_front(tmp_path: Path, sqlite_url: str, redis_url: str) -> AsyncIterator[Front]:
    """The application on SQLite only."""
    async with open_front(tmp_path / "data", sqlite_url, redis_url) as opened:
        yield opened


@pytest.fixture
async def now_front(lite_front: Front) -> AsyncIterator[Front]:
    """Calls happen at the real time, as the provider's lists say."""
    lite_front.clock.now = datetime.now(UTC) - timedelta(minutes=3)
    yield lite_front


@pytest.fixture
def provider() -> Iterator[Provider]:
    with listed_provider() as found:
        yield found


@pytest.fixture
def house_of(tmp_path: Path, sqlite_url: str, redis_url: str) -> Iterator[OpenHouse]:
    """Open a house with a folder of definitions."""
    with ExitStack() as stack:
        yield lambda definitions: stack.enter_context(open_house(tmp_path, sqlite_url, redis_url, definitions))
