"""Lost webhooks: the provider's own lists bring back what they told, once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import sqlalchemy as sa
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from callbacks.tables import callbacks
from customers.history import events_of
from ivr.providers.listing import ProviderAway, list_calls
from ivr.reconciler import Findings, reconcile
from ivr.tables import calls, turns
from runtime.sql.database import reading
from tests.front import Front
from tests.switchboard import CALLER, COMPANY_NUMBER, TestCall, new_recording
from tests.threaded import served
from voicemail.recordings import ProviderAccount
from voicemail.tables import voicemails


class Provider:
    """Twilio's two lists, in pages of two, for whoever knows the token."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.recordings: list[dict[str, Any]] = []
        self.account = ProviderAccount("", "AC" + "0" * 31 + "1", SecretStr("test_auth_token"))

    def app(self) -> Starlette:
        base = "/2010-04-01/Accounts/{account}"
        return Starlette(
            routes=[Route(base + "/Calls.json", self._calls), Route(base + "/Recordings.json", self._recordings)]
        )

    async def _calls(self, request: Request) -> Response:
        return self._page(request, "calls", self.calls)

    async def _recordings(self, request: Request) -> Response:
        return self._page(request, "recordings", self.recordings)

    def _page(self, request: Request, name: str, items: list[dict[str, Any]]) -> Response:
        if "authorization" not in request.headers:
            return JSONResponse({}, 401)
        page = int(request.query_params.get("Page", 0))
        following = f"{request.url.path}?Page={page + 1}" if len(items) > 2 * (page + 1) else None
        return JSONResponse({name: items[2 * page : 2 * page + 2], "next_page_uri": following})

    def had_call(
        self, sid: str, status: str = "completed", seconds: int = 30, ago: timedelta = timedelta(minutes=3)
    ) -> None:
        began = datetime.now(UTC) - ago
        self.calls.append(
            {
                "sid": sid,
                "from": CALLER,
                "to": COMPANY_NUMBER,
                "direction": "inbound",
                "status": status,
                "start_time": format_datetime(began),
                "date_created": format_datetime(began),
                "duration": str(seconds),
            }
        )

    def had_recording(self, sid: str, call_sid: str, seconds: int = 9, status: str = "completed") -> None:
        made = datetime.now(UTC) - timedelta(minutes=2)
        self.recordings.append(
            {
                "sid": sid,
                "call_sid": call_sid,
                "duration": str(seconds),
                "status": status,
                "date_created": format_datetime(made),
            }
        )


@pytest.fixture
def provider() -> Iterator[Provider]:
    found = Provider()
    with served(uvicorn.Config(found.app(), log_config=None)) as url:
        found.account = ProviderAccount(url, found.account.account_sid, found.account.auth_token)
        yield found


@pytest.fixture
async def now_front(front: Front) -> AsyncIterator[Front]:
    """Calls happen at the real time, as the provider's lists say."""
    front.clock.now = datetime.now(UTC) - timedelta(minutes=3)
    yield front


def compare(front: Front, provider: Provider) -> Findings:
    from ivr.journal.turn_record import CallFacts

    ended: list[CallFacts] = []
    found = reconcile(
        front.parts.call_database,
        front.parts.published_flows.company,
        provider.account,
        datetime.now(UTC),
        ended.append,
    )
    front.client.headers["x-ended"] = ",".join(call.call_id for call in ended)
    return found


def rows(front: Front, table: sa.Table) -> list[Any]:
    with reading(front.parts.console_database) as connection:
        return list(connection.execute(sa.select(table)).all())


async def test_a_call_that_no_webhook_told_of_is_missed_once(now_front: Front, provider: Provider) -> None:
    for number in range(5):
        provider.had_call(f"CA{number:032x}", status="failed", seconds=0)
    assert compare(now_front, provider).calls == 5
    assert compare(now_front, provider) == Findings()
    found = rows(now_front, calls)
    assert {(row.outcome, row.status) for row in found} >= {("unanswered", "failed")} or len(found) == 5
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


async def test_a_recording_of_an_unknown_call_is_kept_and_queued(now_front: Front, provider: Provider) -> None:
    sid = "CA" + "e" * 32
    provider.had_call(sid)
    provider.had_recording(new_recording(), sid)
    provider.had_recording(new_recording(), sid)
    provider.had_recording(new_recording(), sid, seconds=0)
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
    assert compare(now_front, provider).ends == 1
    row = rows(now_front, calls)[0]
    assert (row.status, row.seconds) == ("completed", 11)
    assert now_front.client.headers["x-ended"] == row.id


async def test_a_call_that_heard_the_emergency_document_only_has_an_end(now_front: Front, provider: Provider) -> None:
    call = TestCall(now_front.switchboard, "CA" + "f" * 32, CALLER, COMPANY_NUMBER)
    await call.send("/twilio/fallback", ErrorCode="11200", ErrorUrl="https://ivr.example.test/twilio/voice")
    provider.had_call(call.sid, seconds=20)
    compare(now_front, provider)
    row = rows(now_front, calls)[0]
    assert (row.status, row.outcome) == ("completed", "failed")
    assert now_front.client.headers["x-ended"] == ""
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
