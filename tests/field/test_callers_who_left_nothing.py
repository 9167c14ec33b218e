"""Callers who hung up before the message."""

from __future__ import annotations

from datetime import timedelta

from ivr.calls.call_list import list_calls
from runtime.sql.database import reading
from tests.front import Front


async def test_a_caller_who_hung_up_in_the_greeting_stands_in_the_list_of_calls(lite_front: Front) -> None:
    gone = await lite_front.switchboard.ring("+37120000009")
    lite_front.clock.now += timedelta(seconds=20)
    await gone.complete(seconds=20)
    lite_front.clock.now += timedelta(seconds=20)
    await lite_front.switchboard.ring("+37120000008")
    with reading(lite_front.parts.console_database) as connection:
        everybody = list_calls(connection, 10)
        left_nothing = list_calls(connection, 10, left_nothing=True)
    assert [call.from_number for call in everybody] == ["+37120000008", "+37120000009"]
    assert [(call.from_number, call.outcome, call.seconds) for call in left_nothing] == [
        ("+37120000009", "hung_up", 20)
    ]
    assert everybody[0].seconds is None
