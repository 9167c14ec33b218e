"""What agents do with callbacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from callbacks.board import Filter, WrongCursor, list_callbacks
from callbacks.callback import Callback, IllegalStep, Outcome, StaleNonce, UnknownCallback, WrongOutcome
from callbacks.desk import LEASE, Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.tables import attempts, callbacks, promises
from customers.history import events_of
from flows.company.company import Company
from runtime.redis import open_redis
from runtime.sql.database import reading, writing
from tests.callbacks.conftest import NOW, Ask

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def claimed(desk: Desk, callback_id: str, now: datetime = NOW) -> tuple[Callback, str]:
    held = desk.claim(callback_id, "anna", now)
    assert held.nonce is not None
    return held, held.nonce


def summaries(database: Engine) -> list[str]:
    with reading(database) as connection:
        return [event.summary for event in reversed(events_of(connection, "cu_1"))]


@pytest.fixture(params=["with the index", "by SQL alone", "while Redis is away"])
def any_desk(request: pytest.FixtureRequest, database: Engine, company: Company, redis_client: redis.Redis) -> Desk:
    """The same desk over a trusted index, over none, and over a server that does not answer."""
    if request.param == "by SQL alone":
        return Desk(database, lambda: company)
    if request.param == "while Redis is away":
        return Desk(database, lambda: company, CallbackQueue(open_redis("unix:///nonexistent/redis.sock")))
    request.getfixturevalue("queue")
    return Desk(database, lambda: company, CallbackQueue(redis_client))


def test_the_earliest_due_of_an_agents_queues_comes_first(any_desk: Desk, ask: Ask) -> None:
    late = ask("CA1", intent="a")
    soon = ask("CA2", intent="emergency")
    night = ask("CA3", intent="c", queue="nights")
    assert [claimed.id for _ in range(2) if (claimed := any_desk.claim_next(["desk"], "anna", NOW))] == [soon, late]
    assert any_desk.claim_next(["desk"], "anna", NOW) is None
    assert any_desk.claim_next([], "anna", NOW) is None
    found = any_desk.claim_next(None, "bert", NOW)
    assert found is not None
    assert (found.id, found.holder, found.state, found.version) == (night, "bert", "claimed", 2)
    assert found.lease_expires_at == NOW + LEASE


def test_a_claim_is_held_renewed_released_and_completed(any_desk: Desk, ask: Ask, database: Engine) -> None:
    callback_id = ask()
    _, nonce = claimed(any_desk, callback_id, NOW + MINUTE)
    assert any_desk.renew(callback_id, nonce, "anna", NOW + 5 * MINUTE).lease_expires_at == NOW + 15 * MINUTE
    assert any_desk.release(callback_id, nonce, "anna", NOW + 6 * MINUTE).state == "ready"
    held = any_desk.claim_next(None, "bert", NOW + 7 * MINUTE)
    assert held is not None
    done = any_desk.complete(
        callback_id, held.nonce or "", held.holder or "", "resolved", "boiler reset", NOW + 9 * MINUTE
    )
    assert (done.state, done.outcome, done.note, done.holder) == ("resolved", "resolved", "boiler reset", None)
    assert (done.contacted_at, done.closed_at) == (NOW + 9 * MINUTE, NOW + 9 * MINUTE)
    assert any_desk.claim_next(None, "anna", NOW) is None
    told = summaries(database)
    assert told[1:4] == ["anna took the callback", "anna gave the callback back", "bert took the callback"]
    assert sorted(told[4:]) == [
        "The promise to ring back by Tue 2026-03-10 11:30 Europe/Riga was kept",
        "bert closed the callback: resolved",
    ]


def test_an_agent_does_not_notice_a_queue_server_that_refuses(desk: Desk, ask: Ask, redis_client: redis.Redis) -> None:
    callback_id = ask()
    redis_client.set("cb:{main}:lease", "not a sorted set")
    held = desk.claim_next(None, "anna", NOW)
    assert held is not None
    assert desk.complete(callback_id, held.nonce or "", held.holder or "", "resolved").state == "resolved"


def test_a_late_writer_is_refused_and_told_who_holds_it(desk: Desk, ask: Ask) -> None:
    callback_id = ask()
    _, old = claimed(desk, callback_id)
    desk.release(callback_id, old, "anna")
    desk.claim(callback_id, "bert")
    late_steps: tuple[Callable[[], object], ...] = (
        lambda: desk.complete(callback_id, old, "anna", "resolved"),
        lambda: desk.attempt(callback_id, old, "anna", "busy"),
        lambda: desk.renew(callback_id, old, "anna"),
        lambda: desk.release(callback_id, old, "anna"),
    )
    for step in late_steps:
        with pytest.raises(StaleNonce, match="now claimed and held by bert") as refused:
            step()
        assert (refused.value.state, refused.value.holder) == ("claimed", "bert")
    with pytest.raises(IllegalStep, match="cannot claim: the callback is claimed, held by bert"):
        desk.claim(callback_id, "anna")


def test_a_chosen_callback_that_is_held_or_final_is_refused(any_desk: Desk, ask: Ask) -> None:
    callback_id = ask()
    _, nonce = claimed(any_desk, callback_id)
    with pytest.raises(IllegalStep, match="held by anna"):
        any_desk.claim(callback_id, "bert")
    any_desk.complete(callback_id, nonce, "anna", "not_needed")
    with pytest.raises(IllegalStep, match="the callback is not needed"):
        any_desk.claim(callback_id, "bert")
    with pytest.raises(UnknownCallback, match="cb_nothing"):
        any_desk.claim("cb_nothing", "bert")
    with pytest.raises(UnknownCallback):
        any_desk.complete("cb_nothing", "no", "anna", "resolved")


def test_the_same_completion_again_changes_nothing_and_another_is_refused(desk: Desk, ask: Ask) -> None:
    callback_id = ask()
    _, nonce = claimed(desk, callback_id)
    first = desk.complete(callback_id, nonce, "anna", "resolved", "done")
    assert desk.complete(callback_id, nonce, "anna", "resolved", "done") == first
    with pytest.raises(StaleNonce, match="now resolved"):
        desk.complete(callback_id, nonce, "anna", "not_needed")


def test_an_outcome_that_ends_nothing_completes_nothing(desk: Desk, ask: Ask) -> None:
    callback_id = ask()
    _, nonce = claimed(desk, callback_id)
    with pytest.raises(WrongOutcome, match="busy closes nothing; these do: resolved"):
        desk.complete(callback_id, nonce, "anna", "busy")
    with pytest.raises(WrongOutcome, match="complete the callback with it"):
        desk.attempt(callback_id, nonce, "anna", "not_needed")
    with pytest.raises(WrongOutcome, match="call_later needs call_later_at"):
        desk.attempt(callback_id, nonce, "anna", "call_later")


# outcome → state, sub-state, minutes until the next try, attempts that count
ATTEMPTS: dict[Outcome, tuple[str, str, int | None, int]] = {
    "busy": ("waiting", "retry", 10, 1),
    "no_answer": ("waiting", "retry", 45, 1),
    "voicemail_reached": ("waiting", "retry", 180, 1),
    "wrong_person": ("waiting", "needs_number", None, 1),
    "invalid_number": ("waiting", "needs_number", None, 0),
    "carrier_failure": ("waiting", "retry", 5, 0),
    "resolved": ("resolved", "", None, 0),
    "do_not_call": ("refused", "", None, 0),
}


@pytest.mark.parametrize("outcome", ATTEMPTS)
def test_an_attempt_sends_the_callback_where_its_outcome_leads(
    desk: Desk, ask: Ask, database: Engine, outcome: Outcome
) -> None:
    callback_id = ask()
    _, nonce = claimed(desk, callback_id)
    moved = desk.attempt(callback_id, nonce, "anna", outcome, "a note", NOW, key="one")
    state, sub_state, minutes, counted = ATTEMPTS[outcome]
    assert (moved.state, moved.sub_state, moved.attempts, moved.holder) == (state, sub_state, counted, None)
    assert moved.not_before == (None if minutes is None else NOW + minutes * MINUTE)
    assert moved.due_at == NOW + HOUR  # an attempt does not move the deadline
    assert desk.attempt(callback_id, nonce, "anna", outcome, "a note", NOW, key="one") == moved
    with reading(database) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(attempts)) == 1


def test_the_time_agreed_with_the_customer_is_the_new_promise(desk: Desk, ask: Ask, database: Engine) -> None:
    callback_id = ask()
    _, nonce = claimed(desk, callback_id)
    agreed = NOW + timedelta(days=1)
    moved = desk.attempt(callback_id, nonce, "anna", "call_later", at=NOW + HOUR, call_later_at=agreed)
    assert (moved.state, moved.sub_state, moved.promised_until, moved.due_at) == (
        "waiting",
        "scheduled",
        agreed,
        agreed,
    )
    assert moved.not_before == agreed - 10 * MINUTE
    with reading(database) as connection:
        kept = connection.execute(sa.select(promises.c.outcome).order_by(promises.c.made_at)).scalars().all()
    assert kept == ["kept", None]


def test_after_four_attempts_in_every_part_of_three_days_the_customer_is_unreached(
    desk: Desk, ask: Ask, database: Engine
) -> None:
    callback_id = ask()
    now = NOW
    states: list[str] = []
    while len(states) < 12:
        held = desk.claim(callback_id, "anna", now)
        moved = desk.attempt(callback_id, held.nonce or "", held.holder or "", "no_answer", at=now)
        states.append(moved.state)
        if moved.not_before is None:
            break
        now = moved.not_before
        _wake(database, callback_id)
    assert states == ["waiting", "waiting", "waiting", "waiting", "unreached"]
    assert now.date() == NOW.date() + timedelta(days=2)


def test_a_callback_without_a_number_can_be_looked_into_given_back_and_given_a_number(desk: Desk, ask: Ask) -> None:
    callback_id = ask(number=None)
    assert desk.claim_next(None, "anna", NOW) is None  # nobody is sent to it by the queue
    _, nonce = claimed(desk, callback_id)
    released = desk.release(callback_id, nonce, "anna")
    assert (released.state, released.sub_state) == ("waiting", "needs_number")
    with pytest.raises(ValueError, match="international form"):
        desk.give_number(callback_id, "20000001", "anna")
    assert desk.give_number(callback_id, "+37120000009", "anna").state == "ready"
    found = desk.claim_next(None, "anna", NOW)
    assert found is not None
    assert found.number == "+37120000009"


def test_a_promise_that_comes_too_late_is_broken(desk: Desk, ask: Ask, database: Engine) -> None:
    callback_id = ask()
    _, nonce = claimed(desk, callback_id, NOW + 2 * HOUR)
    desk.complete(callback_id, nonce, "anna", "resolved", now=NOW + 2 * HOUR)
    assert any("was broken" in summary for summary in summaries(database))


def test_what_is_not_needed_falls_away_without_blame(desk: Desk, ask: Ask, database: Engine) -> None:
    callback_id = ask()
    _, nonce = claimed(desk, callback_id)
    desk.complete(callback_id, nonce, "anna", "not_needed", now=NOW)
    with reading(database) as connection:
        assert connection.scalar(sa.select(promises.c.outcome)) == "superseded"


def test_the_list_goes_by_deadline_and_its_pages_hold_each_callback_once(ask: Ask, database: Engine) -> None:
    made = [ask(f"CA{number}", intent=f"i{number % 7}", customer_id=f"cu_{number}") for number in range(25)]
    seen: list[Callback] = []
    after = None
    with reading(database) as connection:
        while True:
            page = list_callbacks(connection, Filter("desk"), limit=10, after=after)
            seen += page.items
            if (after := page.next) is None:
                break
        assert list_callbacks(connection, Filter("nights")).items == ()
        assert list_callbacks(connection, Filter(state="claimed")).items == ()
        with pytest.raises(WrongCursor, match="not a cursor"):
            list_callbacks(connection, Filter(), after="what?")
    assert sorted(made) == sorted(callback.id for callback in seen)
    assert [(callback.due_at, callback.id) for callback in seen] == sorted((each.due_at, each.id) for each in seen)


def _wake(database: Engine, callback_id: str) -> None:
    with writing(database) as connection:
        connection.execute(callbacks.update().where(callbacks.c.id == callback_id).values(state="ready"))
