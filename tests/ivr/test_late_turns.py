"""Turns that come into SQL late, from a spool, behind news that overtook them: what callers were told stands."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import ivr.journal.journal
from callbacks.tables import callback_sources
from customers.tables import history
from flows.inputs import Silence
from flows.session import Session
from ivr.calls.call import call_id_of
from ivr.journal.journal import Journal
from ivr.journal.spool import Spool
from ivr.journal.turn_record import CallFacts, TurnRecord, pack
from ivr.tables import calls, turns
from runtime.sql.database import reading
from tests.front import Front, open_front
from tests.ivr.test_sql_away import locked, wait_until_caught_up


def record(turn: int) -> TurnRecord:
    call = CallFacts("ca_1", "CA" + "1" * 32, None, None, "inbound")
    session = Session(version="v", node="main", turn=turn)
    return TurnRecord(call, turn, datetime.now(UTC).replace(microsecond=0), Silence(), (), (), session)


class HesitantSpool(Spool):
    """Between finding itself empty and saying so, it gives somebody else the time to write."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.is_empty = threading.Event()
        self.was_written_to = threading.Event()

    def append(self, entries: Sequence[dict[str, Any]]) -> None:
        super().append(entries)
        if self.is_empty.is_set():
            self.was_written_to.set()

    def forget(self, place: int) -> bool:
        is_empty = super().forget(place)
        if is_empty:
            self.is_empty.set()
            self.was_written_to.wait(0.5)  # the journal lets nobody write meanwhile
        return is_empty


class WatchedSpool(Spool):
    """Counts how often it has looked for what dead processes left."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.looks = 0

    def adopt(self) -> int:
        taken = super().adopt()
        self.looks += 1
        return taken


async def until(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.02)


async def test_a_turn_that_is_spooled_just_as_the_journal_catches_up_is_not_left_behind(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    dead, spool = Spool(tmp_path), HesitantSpool(tmp_path)
    journal = Journal(sqlite_database, lambda connection, records: False, lambda: None, spool)
    dead.append([pack(record(1))])
    dead.close()  # as when its process dies
    journal.start()
    await asyncio.to_thread(spool.is_empty.wait, 10)
    await journal.write(record(2))
    await until(lambda: found_turns(sqlite_database) == [1, 2])
    journal.stop()


async def test_what_a_process_leaves_behind_is_adopted_by_one_that_lives(
    sqlite_database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ivr.journal.journal, "ADOPT_SECONDS", 0.2)
    neighbour, spool = Spool(tmp_path), WatchedSpool(tmp_path)
    journal = Journal(sqlite_database, lambda connection, records: False, lambda: None, spool)
    journal.start()
    await journal.write(record(1))
    neighbour.append([pack(record(2))])
    looks = spool.looks
    await until(lambda: spool.looks >= looks + 2)
    assert found_turns(sqlite_database) == [1]  # its process lives
    neighbour.close()
    await until(lambda: found_turns(sqlite_database) == [1, 2] and not journal.is_behind)
    await journal.write(record(3))
    assert found_turns(sqlite_database) == [1, 2, 3]
    journal.stop()


def found_turns(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return list(connection.scalars(sa.select(turns.c.turn).order_by(turns.c.turn)))


@pytest.mark.timeout(90)
async def test_a_hang_up_noted_by_another_process_makes_room_for_what_the_caller_did_before(
    tmp_path: Path, sqlite_url: str, redis_url: str
) -> None:
    url = f"sqlite:///{tmp_path / 'copy.sqlite3'}"
    async with open_front(tmp_path / "dies", sqlite_url, redis_url, patience_seconds=0.25) as dies:
        call = await dies.switchboard.ring()
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as before:
            before.execute("VACUUM INTO ?", (str(tmp_path / "copy.sqlite3"),))
        with locked(dies):
            for key in "341":
                await call.press(key)
            await call.stay_silent()
            (spool,) = (tmp_path / "dies" / "spool").glob("*.spool")
            (tmp_path / "again" / "spool").mkdir(parents=True)
            shutil.copy(spool, tmp_path / "again" / "spool" / "dead.spool")
    async with open_front(tmp_path / "lives", url, redis_url) as lives:
        await call_ends(lives, call.sid)
        assert _turns(lives, call.sid) == ["Rang", "HungUp"]
    async with open_front(tmp_path / "again", url, redis_url) as again:
        wait_until_caught_up(again)
        assert _turns(again, call.sid) == ["Rang", "Digits", "Digits", "Digits", "Silence"]
        with reading(again.parts.console_database) as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(callback_sources)) == 1
            assert connection.scalar(sa.select(calls.c.outcome)) == "done"
            ended = connection.execute(sa.select(history).where(history.c.kind == "call.ended")).one()
            assert ended.data["outcome"] == "done"


async def call_ends(front: Front, sid: str) -> None:
    facts = CallFacts(call_id_of(sid), sid, "+37120000001", "+37167000000", "inbound")
    await front.parts.turns.end(facts)


def _turns(front: Front, sid: str) -> list[str]:
    query = sa.select(turns.c.input).where(turns.c.call_id == call_id_of(sid)).order_by(turns.c.turn)
    with reading(front.parts.console_database) as connection:
        return [given["type"] for given in connection.scalars(query)]


@pytest.mark.timeout(60)
async def test_news_of_a_call_is_answered_at_once_while_sql_is_away_and_stored_when_it_is_back(
    lite_front: Front,
) -> None:
    call = await lite_front.switchboard.ring()
    with locked(lite_front):
        begun = time.monotonic()
        assert await call.complete("completed", 20) == 503
        assert time.monotonic() - begun < 3
    give_up = time.monotonic() + 10
    while True:
        with reading(lite_front.parts.console_database) as connection:
            found = connection.execute(sa.select(calls.c.status, calls.c.outcome)).one_or_none()
        if found == ("completed", "hung_up"):
            return
        assert time.monotonic() < give_up, found
        await asyncio.sleep(0.1)
