"""A call's row and the first line of its history are written a moment after its first turn, whoever dies in between."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from customers.history import events_of
from customers.tables import history
from ivr import opener, openings
from ivr.opener import Opener
from ivr.tables import calls, turns
from runtime.database import reading, writing
from runtime.outbox import deliver, outbox
from tests.front import Front


def rows(front: Front, table: sa.Table) -> list[Any]:
    with reading(front.parts.console_database) as connection:
        return list(connection.execute(sa.select(table)).all())


def deliver_notes(front: Front) -> int:
    """What the outbox does when the writer has had its time."""
    with writing(front.parts.console_database) as connection:
        connection.execute(outbox.update().values(not_before=sa.literal(0, sa.BigInteger)))
    engine = front.parts.console_database
    return deliver(engine, {openings.KIND: openings.open_again(engine)})


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer dies each time between a first turn and the rows of its call."""
    monkeypatch.setattr(Opener, "add", lambda _opener, _note: None)


async def test_a_call_is_opened_soon_and_its_note_struck_off(front: Front) -> None:
    numbers = [f"+3712000000{number}" for number in range(5)]
    for number in numbers:
        await front.switchboard.ring(from_number=number)
    found = await front.opened(5)
    give_up = time.monotonic() + 10
    while rows(front, outbox):  # a moment after, for many calls together
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)
    assert {row.from_number for row in found} == set(numbers)
    assert {(row.flow, row.status) for row in found} == {("reception", "in_progress")}
    assert sorted(row.call_id for row in rows(front, history)) == sorted(row.id for row in found)


async def test_the_outbox_opens_what_its_writer_could_not_and_only_once(front: Front, dying: None) -> None:
    await front.switchboard.ring()
    await front.switchboard.ring(from_number="")
    assert (len(rows(front, turns)), rows(front, calls)) == (2, [])
    notes = rows(front, outbox)
    engine = front.parts.console_database
    assert deliver(engine, {openings.KIND: openings.open_again(engine)}) == 0  # its writer still has time
    assert deliver_notes(front) == len(notes) >= 1
    for note in notes:
        openings.open_again(engine)(note.payload)
    assert len(rows(front, calls)) == 2
    assert [row.kind for row in rows(front, history)] == ["call.started"] * 2
    assert rows(front, outbox) == []


async def test_the_next_turn_opens_its_call_if_it_needs_it(front: Front, dying: None) -> None:
    call = await front.switchboard.ring()
    await call.press("1")
    (row,) = rows(front, calls)
    assert row.language
    with reading(front.parts.console_database) as connection:
        assert [event.kind for event in events_of(connection, row.customer_id)] == ["call.started"]
    deliver_notes(front)
    assert len(rows(front, history)) == 1


async def test_a_status_that_overtakes_the_row_of_its_call_counts(front: Front, dying: None) -> None:
    call = await front.switchboard.ring()
    await call.complete(seconds=4)
    (row,) = rows(front, calls)
    assert (row.status, row.seconds, row.outcome) == ("completed", 4, "hung_up")
    deliver_notes(front)
    assert rows(front, calls)[0].status == "completed"
    assert [event.kind for event in rows(front, history)] == ["call.started", "call.ended"]


async def test_sql_that_refuses_leaves_the_opening_to_the_outbox(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = []

    def refuse(_engine: Any, openings: Any) -> None:
        refused.append(openings)
        raise OperationalError("", {}, Exception("database is locked"))

    monkeypatch.setattr(opener, "open_noted", refuse)
    call = await front.switchboard.ring()
    give_up = time.monotonic() + 10
    while not refused:
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)
    assert rows(front, calls) == []
    assert deliver_notes(front) == 1
    assert len(rows(front, calls)) == 1
    assert "Gather" in (await call.press("1")).verbs  # and turns are taken as ever


async def test_one_call_that_cannot_be_opened_holds_no_other_up(
    front: Front, dying: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await front.switchboard.ring(from_number="+37120000001")
    await front.switchboard.ring(from_number="+37120000002")
    opening_of = openings.openings_of

    def fail(records: Any) -> Any:
        if any(record.call.provider_call_id == bad.sid for record in records):
            raise ValueError("what is this")
        return opening_of(records)

    together = {"calls": [facts for row in rows(front, outbox) for facts in row.payload["calls"]]}
    with monkeypatch.context() as patched, pytest.raises(ValueError, match="what is this"):
        patched.setattr(openings, "openings_of", fail)
        openings.open_again(front.parts.console_database)(together)
    assert [row.from_number for row in rows(front, calls)] == ["+37120000002"]
    deliver_notes(front)
    assert len(rows(front, calls)) == 2


async def test_a_call_that_is_open_already_keeps_no_other_from_being_opened(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[openings.Note] = []
    monkeypatch.setattr(Opener, "add", lambda _opener, note: kept.append(note))
    await front.switchboard.ring(from_number="+37120000001")
    await front.switchboard.ring(from_number="")
    early = await front.switchboard.ring(from_number="+37120000001")
    await early.complete(seconds=4)
    assert len(rows(front, calls)) == 1
    begun = [opening for note in kept for opening in note.openings]
    for _ in range(2):
        opener.open_noted(front.parts.console_database, begun)
    found = rows(front, calls)
    assert sorted(row.from_number or "" for row in found) == ["", "+37120000001", "+37120000001"]
    assert len({row.customer_id for row in found}) == 2  # whoever withholds the number is somebody else each time
    told = sorted((row.call_id, row.kind) for row in rows(front, history))
    assert [kind for _, kind in told].count("call.started") == len({call_id for call_id, _ in told}) == 3


async def test_callers_who_ring_for_the_first_time_together_become_one_customer(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[openings.Note] = []
    monkeypatch.setattr(Opener, "add", lambda _opener, note: kept.append(note))
    for _ in range(3):
        await front.switchboard.ring(from_number="+37120000009")
    opener.open_noted(front.parts.console_database, [opening for note in kept for opening in note.openings])
    (owner,) = {row.customer_id for row in rows(front, calls)}
    assert owner.startswith("cu_")
    assert len(rows(front, history)) == 3


async def test_calls_that_are_few_among_many_turns_do_not_wait_for_quiet(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opener, "MAX_AGE_SECONDS", 0.0)
    kept: list[openings.Note] = []
    with monkeypatch.context() as patched:
        patched.setattr(Opener, "add", lambda _opener, note: kept.append(note))
        await front.switchboard.ring()
    busy = Opener(front.parts.console_database)
    busy.add(kept[0])
    assert busy.has_work
    await asyncio.sleep(0.001)
    busy.work_if_due()  # as the journal does before each batch
    assert (len(rows(front, calls)), rows(front, outbox)) == (1, [])
    assert not busy.has_work
