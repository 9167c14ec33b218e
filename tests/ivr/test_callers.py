"""Who rings is looked up before the first word, and a slow database keeps nobody waiting."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from callbacks.tables import callbacks
from customers.customer import find_by_number, remember_language, rename
from flows.session import Caller
from ivr.calls.callers import look_up
from ivr.turns import LOOK_UP_SECONDS
from runtime.sql.database import reading, writing
from tests.front import Front
from tests.switchboard import CALLER


async def test_who_rang_before_is_known_by_name_language_and_open_promise(front: Front) -> None:
    call = await front.switchboard.ring()
    for key in "141":
        await call.press(key)
    with writing(front.parts.console_database) as connection:
        customer = find_by_number(connection, CALLER)
        assert customer is not None
        rename(connection, customer.id, "Anna")
        remember_language(connection, customer.id, "lv")
    with reading(front.parts.console_database) as connection:
        promised = connection.execute(sa.select(callbacks.c.promised_until)).scalar_one()
        assert look_up(connection, [CALLER, "+37120000034"]) == {CALLER: Caller(CALLER, "Anna", "lv", promised, "desk")}
        assert look_up(connection, []) == {}


async def test_a_promise_that_was_kept_is_not_told_again(front: Front) -> None:
    call = await front.switchboard.ring()
    for key in "141":
        await call.press(key)
    with writing(front.parts.console_database) as connection:
        connection.execute(callbacks.update().values(state="resolved", closed_at=front.clock.now))
        assert look_up(connection, [CALLER])[CALLER].open_promise_until is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_database_that_does_not_answer_keeps_no_caller_waiting(front: Front) -> None:
    find = front.parts.turns.callers.find
    with front.parts.console_database.connect() as holder:
        holder.execute(sa.text("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE"))
        assert await find(CALLER, LOOK_UP_SECONDS) == Caller(CALLER)
