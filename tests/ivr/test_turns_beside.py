"""Most turns are written, and callers looked up, past the threads of an api; when that fails, nobody notices."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from customers.customer import find_by_number, of_call, remember_language, rename
from customers.tables import customer_numbers, customers, history
from flows.session import Caller
from ivr import new_turns
from ivr.journal.journal import Journal
from ivr.journal.turn_record import TurnRecord
from ivr.tables import calls, turns
from ivr.turns_beside import TurnsBeside
from runtime import postgres_statements, sqlite_process
from runtime.postgres_statements import PostgresStatements
from runtime.sql.database import reading, turn_to_write, writing
from runtime.sqlite_process import SqliteProcess
from tests.front import Front


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many turns each transaction of the journal's own thread had."""
    seen: list[int] = []
    commit = Journal._commit

    def count(self: Journal, records: list[TurnRecord], **how: Any) -> list[TurnRecord]:
        seen.append(len(records))
        return commit(self, records, **how)

    monkeypatch.setattr(Journal, "_commit", count)
    return seen


def writer(front: Front) -> SqliteProcess:
    process = front.parts._writer
    assert isinstance(process, SqliteProcess)
    return process


def stored(front: Front) -> list[tuple[str, int]]:
    with reading(front.parts.console_database) as connection:
        return sorted((row.call_id, row.turn) for row in connection.execute(turns.select()))


async def until_ready(process: SqliteProcess) -> None:
    give_up = time.monotonic() + 30
    while not process.is_ready:
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)


async def test_turns_of_which_nothing_follows_go_past_the_thread(front: Front, batches: list[int]) -> None:
    rang = await asyncio.gather(*(front.switchboard.ring() for _ in range(10)))
    assert batches == []
    await asyncio.gather(*(call.press("1") for call in rang))  # a language is chosen, and the customer's from now on
    assert sum(batches) == 10
    await asyncio.gather(*(call.press("9") for call in rang))
    assert sum(batches) == 10
    assert len(stored(front)) == 30


async def test_they_leave_what_the_thread_leaves(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    records: list[TurnRecord] = []
    give = TurnsBeside.give

    async def note(self: TurnsBeside, record: TurnRecord, patience_seconds: float) -> TurnRecord:
        records.append(record)
        return await give(self, record, patience_seconds)

    monkeypatch.setattr(TurnsBeside, "give", note)
    with writing(front.parts.console_database) as connection:
        of_call(connection, "+37120000033", "ca_long_ago", front.clock.now)
    callers = ["+37120000031", "+37120000032", "+37120000031", "anonymous", "anonymous", "+37120000033"]
    rang = await asyncio.gather(*(front.switchboard.ring(from_number=number) for number in callers))
    await asyncio.gather(*(call.press("9") for call in rang))
    assert len(records) == 12
    left = everything(front)
    assert len(left["calls"]) == 6
    assert len(left["customers"]) == 5  # two without a number, three with one
    assert [row["customer_id"] for row in left["calls"]].count("+37120000031") == 2
    with writing(front.parts.console_database) as connection:
        for table in (history, calls, turns, customer_numbers, customers):
            connection.execute(table.delete())
        of_call(connection, "+37120000033", "ca_long_ago", front.clock.now)
    for record in records:
        await front.parts.journal._waiting.give(record, 30)
    assert everything(front) == left


def everything(front: Front) -> dict[str, list[Any]]:
    """Customers with a number are named by it, for their names are made by chance; lines of history are not counted."""
    with reading(front.parts.console_database) as connection:
        tables = {
            table.name: connection.execute(sa.select(*(column for column in table.c if column is not history.c.number)))
            .mappings()
            .all()
            for table in (calls, turns, customers, customer_numbers, history)
        }
    names = {row["customer_id"]: row["number"] for row in tables["customer_numbers"]}
    return {
        name: sorted(({key: names.get(str(value), value) for key, value in row.items()} for row in rows), key=str)
        for name, rows in tables.items()
    }


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_connections_that_the_server_ends_cost_nobody_a_word(
    front: Front, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_statements, "RESTART_SECONDS", 0.05)
    await front.switchboard.ring()
    with front.parts.console_database.connect() as connection:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {others}")
    rang = await asyncio.gather(*(front.switchboard.ring() for _ in range(12)))
    assert all("Gather" in call.document.verbs for call in rang)
    assert sum(batches) > 0
    assert len(stored(front)) == 13
    process = front.parts._writer
    assert isinstance(process, PostgresStatements)
    give_up = time.monotonic() + 30
    while not process.is_ready:
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)
    before = sum(batches)
    await front.switchboard.ring()
    assert (len(stored(front)), sum(batches)) == (14, before)


async def test_a_turn_taken_before_is_answered_with_the_same_bytes_by_the_thread(
    lite_front: Front, batches: list[int]
) -> None:
    call = await lite_front.switchboard.ring()
    again = await asyncio.gather(call.send("/twilio/voice", CallStatus="ringing"), lite_front.switchboard.ring())
    assert again[0] == call.document
    assert len(stored(lite_front)) == 2
    assert sum(batches) >= 1


async def test_a_process_that_is_killed_with_turns_in_it_costs_nobody_a_word(
    lite_front: Front, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_process, "RESTART_SECONDS", 0.05)
    process = writer(lite_front)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    ringing = [asyncio.ensure_future(lite_front.switchboard.ring()) for _ in range(12)]
    await asyncio.sleep(0.3)
    assert not any(each.done() for each in ringing)
    os.kill(process.pid, signal.SIGKILL)
    rang = await asyncio.gather(*ringing)
    assert all("Gather" in call.document.verbs for call in rang)
    assert len(stored(lite_front)) == 12
    assert sum(batches) == 12
    await until_ready(process)
    await lite_front.switchboard.ring()
    assert sum(batches) == 12
    with reading(lite_front.parts.console_database) as connection:
        assert len(connection.execute(calls.select()).all()) == 13


async def test_a_process_that_ends_after_it_has_written_leaves_each_turn_once(
    lite_front: Front, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        SqliteProcess, "data_received", lambda self, _data: os.kill(self.pid, signal.SIGKILL)
    )  # the word of it is lost
    rang = await asyncio.gather(*(lite_front.switchboard.ring() for _ in range(3)))
    assert all("Gather" in call.document.verbs for call in rang)
    assert len(stored(lite_front)) == 3
    assert sum(batches) >= 3


async def test_a_record_that_cannot_be_written_so_harms_no_other(
    lite_front: Front, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_records: Sequence[TurnRecord]) -> Any:
        raise TypeError("what is this")

    monkeypatch.setattr(new_turns, "statement", fail)
    await asyncio.gather(*(lite_front.switchboard.ring() for _ in range(3)))
    assert len(stored(lite_front)) == sum(batches) == 3


async def test_turns_wait_for_those_of_the_same_process_who_write(lite_front: Front, batches: list[int]) -> None:
    """SQLite's own waiting is not fair: who writes in threads all the time would keep callers waiting."""
    engine = lite_front.parts.console_database
    has_begun, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with turn_to_write(engine):
            has_begun.set()
            may_end.wait(30)

    thread = threading.Thread(target=write)
    thread.start()
    has_begun.wait(30)
    ringing = asyncio.ensure_future(lite_front.switchboard.ring())
    await asyncio.sleep(0.3)
    assert not ringing.done()
    may_end.set()
    await ringing
    thread.join(30)
    with turn_to_write(engine):  # it was given back
        assert len(stored(lite_front)) == 1
    assert batches == []


async def test_the_database_that_is_held_elsewhere_is_the_threads_to_wait_for(
    lite_front: Front, batches: list[int]
) -> None:
    path = lite_front.settings.sql_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        threading.Timer(0.6, lambda: holder.execute("ROLLBACK")).start()
        await lite_front.switchboard.ring()
    assert len(stored(lite_front)) == 1
    assert batches == [1]


async def test_who_rings_is_known_whether_or_not_the_process_lives(
    lite_front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_process, "RESTART_SECONDS", 60)
    await lite_front.switchboard.ring("+37120000033")
    with writing(lite_front.parts.console_database) as connection:
        customer = find_by_number(connection, "+37120000033")
        assert customer is not None
        rename(connection, customer.id, "Anna")
        remember_language(connection, customer.id, "lv")
    find = lite_front.parts.turns._callers.find
    known = await find("+37120000033", 30)
    assert (known.name, known.language) == ("Anna", "lv")
    assert await find("+37120000034", 30) == Caller("+37120000034")
    process = lite_front.parts._reader
    assert isinstance(process, SqliteProcess)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    asked = [asyncio.ensure_future(find("+37120000033", 30)) for _ in range(2)]
    await asyncio.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    assert await asyncio.gather(*asked) == [known, known]
    assert not process.is_ready
    assert await find("+37120000033", 30) == known


async def test_what_looks_callers_up_cannot_write(lite_front: Front) -> None:
    process = lite_front.parts._reader
    assert process is not None
    told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    process.ask("DELETE FROM customers", (), lambda _value, error: told.set_result(error))
    assert "readonly" in str(await told)
