"""Lost webhooks: the provider's own lists bring back what they told, once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from callbacks.tables import callbacks
from customers.history import events_of
from ivr.journal.turn_record import CallFacts
from ivr.providers.listing import ProviderAway, list_calls
from ivr.reconciler import Findings, reconcile
from ivr.tables import calls, turns
from runtime.sql.database import reading
from tests.front import Front
from tests.provider_lists import Provider, listed_provider
from tests.switchboard import CALLER, COMPANY_NUMBER, TestCall, new_recording
from voicemail.recordings import ProviderAccount
from voicemail.tables import voicemails


@pytest.fixture
def provider() -> Iterator[Provider]:
    with listed_provider() as found:
        yield found


@pytest.fixture
async def now_front(front: Front) -> AsyncIterator[Front]:
    """Calls happen at the real time, as the provider's lists say."""
    front.clock.now = datetime.now(UTC) - timedelta(minutes=3)
    yield front


def compare(front: Front, provider: Provider, ended: list[CallFacts] | None = None) -> Findings:
    """Reconcile once; `ended` gets the calls that are to be hung up in the journal."""
    hung_up = [] if ended is None else ended
    parts, now = front.parts, datetime.now(UTC)
    return reconcile(parts.call_database, parts.published_flows.company, provider.account, now, hung_up.append)


def rows(front: Front, table: sa.Table) -> list[Any]:
    with reading(front.parts.console_database) as connection:
        return list(connection.execute(sa.select(table)).all())


async def test_a_call_that_no_webhook_told_of_is_missed_once(now_front: Front, provider: Provider) -> None:
    for number in range(5):
        provider.had_call(f"CA{number:032x}", status="failed", seconds=0)
    assert compare(now_front, provider).calls == 5
    assert compare(now_front, provider) == Findings()
    found = rows(now_front, calls)
    assert [(row.outcome, row.status) for row in found] == [("unanswered", "failed")] * 5
    with reading(now_front.parts.console_database) as connection:
        kinds = [event.kind for event in events_of(connection, found[0].customer_id)]
    assert kinds.count("call.missed") == 5


async def test_a_call_whose_row_was_never_written_was_not_missed(
    now_front: Front, provider: Provider, unopened: None
) -> None:
    call = await now_front.switchboard.ring()
    provider.had_call(call.sid, seconds=11)
    compare(now_front, provider)
    (row,) = rows(now_front, calls)
    assert (row.flow, row.status, row.seconds) == ("reception", "completed", 11)
    with reading(now_front.parts.console_database) as connection:
        assert "call.missed" not in [event.kind for event in events_of(connection, row.customer_id)]


async def test_a_message_whose_webhooks_were_all_lost_is_one_message_with_one_callback(
    now_front: Front, provider: Provider
) -> None:
    call = await now_front.switchboard.ring()
    while "Record" not in call.document.verbs:
        await call.stay_silent()
    recording = new_recording()
    provider.had_call(call.sid, seconds=40)
    provider.had_recording(recording, call.sid)
    assert compare(now_front, provider).messages == 1
    assert compare(now_front, provider).messages == 0
    # The lost webhooks come after all.
    await call.recording_callback(recording)
    await call.record(recording)
    assert len(rows(now_front, voicemails)) == 1
    assert len(rows(now_front, callbacks)) == 1
    assert rows(now_front, calls)[0].status == "completed"


async def test_a_message_of_a_call_that_the_backup_does_not_know_is_kept_and_queued(
    now_front: Front, provider: Provider
) -> None:
    await now_front.switchboard.ring("+37120000002")  # so the number rung is one that we answer
    sid = "CA" + "e" * 32
    provider.had_call(sid)
    provider.had_recording(new_recording(), sid)
    provider.had_recording(new_recording(), sid)
    provider.had_recording(new_recording(), sid, status="processing")
    assert compare(now_front, provider).messages == 2
    assert compare(now_front, provider).messages == 0
    assert len(rows(now_front, voicemails)) == 2
    (callback,) = rows(now_front, callbacks)
    assert callback.number == CALLER


async def test_a_call_whose_end_was_not_told_is_hung_up_in_the_journal(now_front: Front, provider: Provider) -> None:
    call = await now_front.switchboard.ring()
    await call.press("1")
    provider.had_call(call.sid, seconds=11)
    ended: list[CallFacts] = []
    assert compare(now_front, provider, ended).ends == 1
    row = rows(now_front, calls)[0]
    assert (row.status, row.seconds) == ("completed", 11)
    assert [call.call_id for call in ended] == [row.id]


async def test_a_call_that_heard_the_emergency_document_only_has_an_end(now_front: Front, provider: Provider) -> None:
    call = TestCall(now_front.switchboard, "CA" + "f" * 32, CALLER, COMPANY_NUMBER)
    await call.send("/twilio/fallback", ErrorCode="11200", ErrorUrl="https://ivr.example.test/twilio/voice")
    provider.had_call(call.sid, seconds=20)
    ended: list[CallFacts] = []
    compare(now_front, provider, ended)
    row = rows(now_front, calls)[0]
    assert (row.status, row.outcome) == ("completed", "failed")
    assert ended == []
    with reading(now_front.parts.console_database) as connection:
        kinds = [event.kind for event in events_of(connection, row.customer_id)]
    assert kinds.count("call.ended") == 1


async def test_what_is_too_young_or_too_old_is_left_alone(now_front: Front, provider: Provider) -> None:
    provider.had_call("CA" + "1" * 32, ago=timedelta(seconds=2))
    provider.had_call("CA" + "2" * 32, ago=timedelta(days=3))
    provider.had_call("CA" + "3" * 32, status="in-progress")
    assert compare(now_front, provider) == Findings()
    assert rows(now_front, turns) == []


def test_a_provider_that_is_away_is_said() -> None:
    account = ProviderAccount("http://127.0.0.1:9", "AC1", SecretStr("x"))
    with pytest.raises(ProviderAway):
        list(list_calls(account, datetime.now(UTC)))
