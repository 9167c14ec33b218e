"""SQL is away while people ring: they are answered at once, and everything is there when it is back."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from callbacks.tables import callbacks
from ivr.journal.journal import PATIENCE_SECONDS
from ivr.tables import calls, turns
from ivr.turns import LOOK_UP_SECONDS
from runtime.sql.database import reading
from tests.front import Front, open_front
from tests.switchboard import new_recording
from voicemail.tables import voicemails


@contextmanager
def locked(front: Front) -> Iterator[None]:
    """Somebody else holds the database's one writer, as a stuck backup would."""
    path = front.settings.sql_url.removeprefix("sqlite:///")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def count(front: Front, table: sa.Table) -> int:
    with reading(front.parts.console_database) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def wait_until_caught_up(front: Front) -> None:
    give_up = time.monotonic() + 20
    while front.parts.journal.is_behind:
        assert time.monotonic() < give_up
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def usual_patience(lite_front: Front) -> None:
    lite_front.parts.journal.patience_seconds = PATIENCE_SECONDS
    lite_front.parts.turns.look_up_seconds = LOOK_UP_SECONDS


async def test_callers_are_answered_and_nothing_is_lost_or_doubled(lite_front: Front) -> None:
    before = await lite_front.switchboard.ring(from_number="+37120000009")
    with locked(lite_front):
        slowest = 0.0
        for number in range(5):
            begun = time.monotonic()
            call = await lite_front.switchboard.ring(from_number=f"+3712000000{number}")
            slowest = max(slowest, time.monotonic() - begun)
            await call.press("3")
            await call.press("3")
            waiting = call.document
            recording = new_recording()
            await call.record(recording, 9)
            answer = call.document
            call.document = waiting
            repeated = await call.record(recording, 9)
            assert repeated.bytes == answer.bytes
        await before.press("1")
        assert slowest < 3
        assert count(lite_front, turns) == 1
    wait_until_caught_up(lite_front)
    assert count(lite_front, calls) == 6
    assert count(lite_front, turns) == 5 * 4 + 2
    assert count(lite_front, voicemails) == 5
    assert count(lite_front, callbacks) == 5
    after = await lite_front.switchboard.ring(from_number="+37120000009")
    assert "Gather" in after.document.verbs
    assert not lite_front.parts.journal.is_behind


async def test_turns_that_a_dead_process_left_in_its_spool_are_written_by_the_next(
    lite_front: Front, tmp_path: Path, redis_url: str, sqlite_template: Path
) -> None:
    heirs_folder = tmp_path / "heir"
    shutil.copy(sqlite_template, tmp_path / "heir.sqlite3")
    (heirs_folder / "spool").mkdir(parents=True)
    with locked(lite_front):
        call = await lite_front.switchboard.ring()
        await call.press("3")
        await call.press("3")
        await call.record(new_recording())
        (spool,) = (lite_front.settings.data_dir / "spool").glob("*.spool")
        shutil.copy(spool, heirs_folder / "spool" / "dead.spool")
    async with open_front(heirs_folder, f"sqlite:///{tmp_path / 'heir.sqlite3'}", redis_url) as heir:
        wait_until_caught_up(heir)
        assert count(heir, turns) == 4
        assert count(heir, callbacks) == 1
