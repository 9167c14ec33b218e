"""One message, whatever order its news comes in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from runtime.sql.database import reading, writing
from runtime.sql.outbox import outbox
from voicemail import mailbox

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ONE, TWO = "RE" + "1" * 32, "RE" + "2" * 32

NEWS = ("expected", "answered", "called_back")


@pytest.mark.parametrize("order", list(itertools.permutations(NEWS)), ids="-".join)
@pytest.mark.parametrize("repeats", [1, 2], ids=["once", "twice"])
def test_news_in_any_order_make_one_message_that_is_fetched_once(
    database: Engine, expect: Callable[..., str], order: tuple[str, ...], repeats: int
) -> None:
    became_available = []
    for what in itertools.chain.from_iterable(itertools.repeat(order, repeats)):
        with writing(database) as connection:
            if what == "expected":
                expect(connection)
                found = mailbox.take_early(connection, "ca_1", 2)
            else:
                turn = 2 if what == "answered" else None
                found = mailbox.arrived(connection, call_id="ca_1", turn=turn, recording_id=ONE, seconds=7, at=NOW)
            if found is not None:
                became_available.append(found)
                mailbox.attach(connection, found.id, "cb_1")
    with reading(database) as connection:
        assert len(became_available) == 1
        message = mailbox.load(connection, became_available[0].id)
        assert message is not None
        assert (message.status, message.recording_id, message.seconds) == ("available", ONE, 7)
        entries = connection.execute(sa.select(outbox.c.kind, outbox.c.payload)).all()
        assert [tuple(entry) for entry in entries] == [("voicemail.fetch", {"id": message.id})]
        assert mailbox.voicemails_of_callback(connection, ["cb_1", "cb_2"]) == {"cb_1": [message], "cb_2": []}


def test_two_messages_of_one_call_keep_their_own_recordings(database: Engine, expect: Callable[..., str]) -> None:
    with writing(database) as connection:
        first, second = expect(connection, turn=2), expect(connection, turn=5)
        mailbox.arrived(connection, call_id="ca_1", turn=5, recording_id=TWO, seconds=3, at=NOW)
        mailbox.arrived(connection, call_id="ca_1", turn=None, recording_id=ONE, seconds=3, at=NOW)
        messages = [mailbox.load(connection, one) for one in (first, second)]
    assert [message and message.recording_id for message in messages] == [ONE, TWO]


def test_a_recording_without_a_turn_goes_to_the_newest_message_that_waits(
    database: Engine, expect: Callable[..., str]
) -> None:
    with writing(database) as connection:
        expect(connection, turn=2)
        second = expect(connection, turn=5)
        message = mailbox.arrived(connection, call_id="ca_1", turn=None, recording_id=ONE, seconds=3, at=NOW)
    assert message is not None
    assert message.id == second


def test_a_recording_of_another_call_is_not_taken(database: Engine, expect: Callable[..., str]) -> None:
    with writing(database) as connection:
        mine = expect(connection, call_id="ca_1")
        mailbox.arrived(connection, call_id="ca_2", turn=2, recording_id=ONE, seconds=3, at=NOW)
        message = mailbox.load(connection, mine)
        assert mailbox.take_early(connection, "ca_1", 2) is None
    assert message is not None
    assert message.status == "expected"


def test_an_empty_message_is_empty_until_a_recording_proves_otherwise(
    database: Engine, expect: Callable[..., str]
) -> None:
    with writing(database) as connection:
        voicemail_id = expect(connection)
        mailbox.came_empty(connection, "ca_1", 2)
        message = mailbox.load(connection, voicemail_id)
        assert message is not None
        assert (message.status, message.status_reason) == ("empty", "The caller left no message.")
        message = mailbox.arrived(connection, call_id="ca_1", turn=2, recording_id=ONE, seconds=4, at=NOW)
        mailbox.came_empty(connection, "ca_1", 2)
        after = mailbox.load(connection, voicemail_id)
    assert message is not None
    assert after is not None
    assert message.status == after.status == "available"
