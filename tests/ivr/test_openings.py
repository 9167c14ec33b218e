"""A call, its customer and the first line of its history stand there with its first turn."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import sqlalchemy as sa

from customers.history import events_of
from customers.tables import customer_numbers, customers, history
from ivr import effects
from ivr.calls import openings
from ivr.calls.call import call_id_of
from ivr.calls.openings import ensure_call, open_from_journal
from ivr.journal.turn_record import CallFacts
from ivr.tables import calls, turns
from runtime.sql.database import reading, writing
from runtime.sql.outbox import outbox
from tests.front import Front
from tests.switchboard import COMPANY_NUMBER, TestCall


def rows(front: Front, table: sa.Table) -> list[Any]:
    with reading(front.parts.console_database) as connection:
        return list(connection.execute(sa.select(table)).all())


async def delivered(front: Front) -> None:
    """Wait until the outbox of the application is empty; what failed before is tried again at once."""
    give_up = time.monotonic() + 10
    while rows(front, outbox):
        assert time.monotonic() < give_up, rows(front, outbox)
        with writing(front.parts.console_database) as connection:
            connection.execute(outbox.update().values(not_before=sa.literal(0, sa.BigInteger)))
        front.parts.wiring.bell.set()
        await asyncio.sleep(0.05)


async def ring_all(front: Front) -> None:
    """Five strangers, one of them twice, and two who withhold their number: at once, then once more."""
    for _ in range(2):
        numbers = [*(f"+3712000000{number}" for number in range(5)), "+37120000000", "", "anonymous"]
        await asyncio.gather(*(front.switchboard.ring(from_number=number) for number in numbers))


def picture(front: Front) -> list[Any]:
    """All that stands there of calls, with names by chance told apart only."""
    owners = {row.id: row.from_number for row in rows(front, calls)}
    called = sorted(
        (row.from_number or "", row.to_number, row.direction, row.flow, row.flow_version, row.language, row.status)
        for row in rows(front, calls)
    )
    told = sorted(
        (owners[row.call_id] or "", row.kind, row.summary, sorted(row.data.items())) for row in rows(front, history)
    )
    known = sorted((row.number, row.source) for row in rows(front, customer_numbers))
    people = sorted((row.name, row.language or "") for row in rows(front, customers))
    return [called, told, known, people]


async def test_a_call_is_open_when_it_is_answered(front: Front) -> None:
    await ring_all(front)
    found = rows(front, calls)
    assert len(found) == 16
    assert {(row.flow, row.status) for row in found} == {("reception", "in_progress")}
    assert sorted(row.call_id for row in rows(front, history)) == sorted(row.id for row in found)
    assert rows(front, outbox) == []
    for row in rows(front, history):
        (call,) = [each for each in found if each.id == row.call_id]
        assert (row.customer_id, row.at, row.kind) == (call.customer_id, call.started_at, "call.started")


async def test_who_is_known_keeps_their_customer_and_nobody_is_nobody_else(front: Front) -> None:
    await ring_all(front)
    owners: dict[str, set[str]] = {}
    for row in rows(front, calls):
        owners.setdefault(row.from_number or "", set()).add(row.customer_id)
    assert [len(owners[number]) for number in sorted(owners)] == [4, 1, 1, 1, 1, 1]
    assert {row.number: {row.customer_id} for row in rows(front, customer_numbers)} == {
        number: ids for number, ids in owners.items() if number
    }
    assert len(rows(front, customers)) == 9


async def test_a_call_opened_later_from_its_first_turn_leaves_the_same(front: Front) -> None:
    await ring_all(front)
    as_rang, lines = picture(front), {row.id: (row.call_id, row.at) for row in rows(front, history)}
    known = rows(front, calls)
    with writing(front.parts.console_database) as connection:
        for table in (history, calls, customer_numbers, customers):
            connection.execute(table.delete())
        for row in known:
            call = CallFacts(row.id, row.provider_call_id, row.from_number, row.to_number, row.direction)
            assert open_from_journal(connection, call)
    assert picture(front) == as_rang
    assert {row.id: (row.call_id, row.at) for row in rows(front, history)} == lines


async def test_a_call_whose_row_stands_there_keeps_no_other_from_being_opened(front: Front) -> None:
    early = CallFacts(call_id_of("CA" + "e" * 32), "CA" + "e" * 32, "+37120000007", COMPANY_NUMBER, "inbound")
    with writing(front.parts.console_database) as connection:
        ensure_call(connection, early, "lv", front.clock())
    call = TestCall(front.switchboard, early.provider_call_id, "+37120000007", COMPANY_NUMBER)
    await asyncio.gather(
        call.send("/twilio/voice", CallStatus="ringing"), *(front.switchboard.ring() for _ in range(3))
    )
    assert len(rows(front, calls)) == len(rows(front, turns)) == 4
    assert [row.kind for row in rows(front, history)] == ["call.started"] * 4
    assert len(rows(front, customers)) == 2


async def test_strangers_who_ring_together_become_one_customer(front: Front) -> None:
    await asyncio.gather(*(front.switchboard.ring(from_number="+37120000009") for _ in range(6)))
    (owner,) = {row.customer_id for row in rows(front, calls)}
    assert owner.startswith("cu_")
    assert [row.id for row in rows(front, customers)] == [owner]
    assert len(rows(front, history)) == 6


async def test_the_outbox_opens_what_could_not_be_opened_and_only_once(
    front: Front, unopened: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.gather(front.switchboard.ring(), front.switchboard.ring(from_number=""))
    assert (len(rows(front, turns)), rows(front, calls)) == (2, [])
    notes = rows(front, outbox)
    assert len(notes) == 2
    monkeypatch.undo()
    await delivered(front)
    for note in notes:
        effects.retry_effects(front.parts.console_database, lambda: front.parts.published_flows.company)(note.payload)
    assert len(rows(front, calls)) == 2
    assert [row.kind for row in rows(front, history)] == ["call.started"] * 2


async def test_the_next_turn_opens_its_call_if_it_needs_it(
    front: Front, unopened: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await front.switchboard.ring()
    await call.press("1")
    (row,) = rows(front, calls)
    assert row.language
    with reading(front.parts.console_database) as connection:
        assert [event.kind for event in events_of(connection, row.customer_id)] == ["call.started"]
    monkeypatch.undo()
    await delivered(front)
    assert len(rows(front, history)) == 1


async def test_a_status_of_a_call_without_a_row_counts(
    front: Front, unopened: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await front.switchboard.ring()
    await call.complete(seconds=4)
    (row,) = rows(front, calls)
    assert (row.status, row.seconds, row.outcome) == ("completed", 4, "hung_up")
    monkeypatch.undo()
    await delivered(front)
    assert rows(front, calls)[0].status == "completed"
    assert [event.kind for event in rows(front, history)] == ["call.started", "call.ended"]


async def test_one_call_that_cannot_be_opened_holds_no_other_up(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: sa.Connection, begun: Any) -> None:
        if any(each.call.from_number == "+37120000001" for each in begun):
            raise ValueError("what is this")
        openings.open_calls(connection, begun)

    monkeypatch.setattr(effects, "open_calls", fail)
    numbers = [f"+3712000000{number}" for number in range(4)]
    await asyncio.gather(*(front.switchboard.ring(from_number=number) for number in numbers))
    assert sorted(row.from_number for row in rows(front, calls)) == [numbers[0], *numbers[2:]]
    monkeypatch.undo()
    await delivered(front)
    assert sorted(row.from_number for row in rows(front, calls)) == numbers
    assert len(rows(front, history)) == 4
