"""Every message has exactly one live callback."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from callbacks.callback import Callback
from callbacks.desk import Desk
from callbacks.tables import callback_sources, callbacks, promises
from callbacks.transition import CHANGED, of_row, read
from customers.history import events_of
from customers.tables import customers
from flows.company.company import Company
from runtime.sql.database import insert_once, reading, writing
from runtime.sql.outbox import outbox
from tests.callbacks.conftest import NOW, Ask

HOUR = timedelta(hours=1)


def all_of(database: Engine) -> list[Callback]:
    with reading(database) as connection:
        return [of_row(row) for row in connection.execute(sa.select(callbacks))]


def one(database: Engine, callback_id: str) -> Callback:
    with reading(database) as connection:
        return read(connection, callback_id)


def count(database: Engine, table: sa.Table) -> int:
    with reading(database) as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


def kinds(database: Engine, customer_id: str = "cu_1") -> list[str]:
    with reading(database) as connection:
        return [event.kind for event in reversed(events_of(connection, customer_id))]


def test_a_message_makes_a_callback_that_is_ready_with_target_and_promise(database: Engine, ask: Ask) -> None:
    made = one(database, ask())
    assert (made.state, made.number, made.queue, made.version) == ("ready", "+37120000001", "desk", 1)
    assert made.due_at == NOW + HOUR  # the target
    assert made.promised_until == NOW + 1.5 * HOUR  # what was said
    assert kinds(database) == ["callback.requested"]
    with reading(database) as connection:
        told = connection.execute(sa.select(promises)).one()
        assert (told.spoken, told.outcome, told.ledger["target"]["minutes"]) == (True, None, 60)
        assert [(entry.kind, entry.payload) for entry in connection.execute(sa.select(outbox))] == [
            (CHANGED, {"id": made.id})
        ]


def test_the_same_turn_again_changes_nothing(database: Engine, ask: Ask) -> None:
    first, before = ask(), all_of(database)
    assert [ask() for _ in range(3)] == [first] * 3
    assert all_of(database) == before
    assert (count(database, callback_sources), count(database, promises), count(database, outbox)) == (1, 1, 1)


def test_a_moment_that_was_not_said_is_no_promise(database: Engine, ask: Ask) -> None:
    made = one(database, ask(spoken=False))
    assert made.promised_until is None
    assert made.due_at == NOW + HOUR


def test_without_open_hours_the_callback_still_stands(database: Engine, ask: Ask) -> None:
    made = one(database, ask(queue="nobody", until=None, spoken=False))
    assert (made.state, made.due_at) == ("ready", NOW + timedelta(days=1))
    other = one(database, ask("CA2", intent="bill", queue="abolished", until=None, spoken=False))
    assert other.state == "ready"


def test_a_withheld_number_waits_until_somebody_finds_it(database: Engine, ask: Ask) -> None:
    made = one(database, ask(number=None))
    assert (made.state, made.sub_state, made.due_at) == ("waiting", "needs_number", NOW + HOUR)
    joined = one(database, ask("CA2", at=NOW + HOUR))
    assert (joined.id, joined.state, joined.sub_state, joined.number) == (made.id, "ready", "", "+37120000001")


def test_a_second_message_joins_and_the_earliest_promise_holds(database: Engine, ask: Ask) -> None:
    first = ask()
    second = ask("CA2", at=NOW + HOUR, until=NOW + 3 * HOUR)
    joined = one(database, first)
    assert second == first
    assert (joined.due_at, joined.promised_until, joined.version) == (NOW + HOUR, NOW + 1.5 * HOUR, 2)
    assert count(database, callback_sources) == 2
    assert kinds(database) == ["callback.requested", "callback.joined"]


def test_another_matter_queue_or_customer_is_another_callback(database: Engine, ask: Ask) -> None:
    others = {ask("CA2", intent="bill"), ask("CA3", customer_id="cu_2"), ask("CA4", queue="nights")}
    assert len(others | {ask()}) == 4


def test_callbacks_stand_in_the_order_of_their_arrival_also_within_a_millisecond(database: Engine, ask: Ask) -> None:
    made = [ask(f"CA{number}", customer_id=f"cu_{number}", intent="emergency") for number in range(9)]
    assert sorted(made) == made
    later = ask("CA9", customer_id="cu_9", intent="emergency", at=NOW - HOUR)  # told of late, as from a spool
    assert sorted([*made, later])[0] == later


def test_who_rings_again_within_a_week_reopens_the_callback_with_new_clocks(
    database: Engine, ask: Ask, desk: Desk
) -> None:
    first = ask()
    held = desk.claim(first, "anna", NOW)
    desk.attempt(first, held.nonce or "", held.holder or "", "no_answer", at=NOW)
    with writing(database) as connection:
        connection.execute(callbacks.update().values(state="ready"))
    held = desk.claim(first, "anna", NOW + HOUR)
    desk.complete(first, held.nonce or "", held.holder or "", "resolved", now=NOW + HOUR)
    again_at = NOW + timedelta(days=6)  # a Monday
    assert ask("CA2", at=again_at, until=again_at + 2 * HOUR) == first
    again = one(database, first)
    assert (again.state, again.reopened, again.attempts, again.outcome, again.closed_at) == ("ready", 1, 0, None, None)
    assert (again.due_at, again.promised_until) == (again_at + HOUR, again_at + 2 * HOUR)
    assert kinds(database)[-1] == "callback.reopened"


def test_who_rings_after_a_week_has_a_new_callback(database: Engine, ask: Ask, desk: Desk) -> None:
    first = ask()
    held = desk.claim(first, "anna", NOW)
    desk.complete(first, held.nonce or "", held.holder or "", "resolved", now=NOW)
    assert ask("CA2", at=NOW + timedelta(days=7, seconds=1)) != first


def test_messages_of_one_customer_at_the_same_time_find_each_other(
    database: Engine, ask: Ask, company: Company
) -> None:
    with writing(database) as connection:
        insert_once(connection, customers, id="cu_1", created_at=NOW)

    def leave(number: int) -> str:
        return ask(f"CA{number % 8}", turn=number % 2)  # each (call, turn) comes three times

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(leave, [number for number in range(8) for _ in range(3)]))
    assert len(made) == 1
    assert len(all_of(database)) == 1
    assert count(database, callback_sources) == 8
    assert one(database, made.pop()).version == 8  # created once, joined seven times


def test_history_events_carry_the_time_of_what_happened(database: Engine, ask: Ask) -> None:
    ask(at=NOW)
    with reading(database) as connection:
        moments: list[datetime] = [event.at for event in events_of(connection, "cu_1")]
    assert moments == [NOW]
