from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.front import Front, open_front


@pytest.fixture
async def front(tmp_path: Path, database_url: str, redis_url: str) -> AsyncIterator[Front]:
    """The application on SQLite and on PostgreSQL."""
    async with open_front(tmp_path / "data", database_url, redis_url) as opened:
        yield opened


@pytest.fixture
async def lite_front(tmp_path: Path, sqlite_url: str, redis_url: str) -> AsyncIterator[Front]:
    """The application on SQLite only."""
    async with open_front(tmp_path / "data", sqlite_url, redis_url) as opened:
        yield opened
