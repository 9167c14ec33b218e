"""Transfers of callers whose own number cannot be shown, and what the carrier says of a transfer that failed."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from customers.tables import history
from runtime.sql.database import reading
from tests.field.definitions import COMPANY, write_folder
from tests.front import Front, open_front

FLOW = """\
spec: 1
flow: desk
title: Desk
languages: [en]
start: welcome
nodes:
  welcome: {type: greeting, prompt: {en: Hello.}, next: person}
  person: {type: transfer, to: [team/desk], exits: {answered: bye, no_answer: bye, busy: bye, failed: bye}}
  bye: {type: end, prompt: {en: Goodbye.}}
"""
NUMBERS = 'numbers: {default: desk, "1294": desk, "+37167000000": desk, "sip:desk@pbx.example.com": desk}'


async def shown(front: Front, from_number: str, to: str) -> str | None:
    """The number that the people rung would see; None for the caller's own."""
    call = await front.switchboard.ring(from_number, to)
    assert call.document is not None
    dial = call.document.root.find("Dial")
    assert dial is not None
    return dial.get("callerId")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    company = COMPANY.replace("numbers: {default: desk}", NUMBERS)
    return write_folder(tmp_path / "definitions", FLOW, company)


async def test_colleagues_see_the_house_where_the_callers_number_cannot_be_passed_on(
    folder: Path, tmp_path: Path, sqlite_url: str, redis_url: str
) -> None:
    async with open_front(tmp_path / "data", sqlite_url, redis_url, folder) as front:
        for caller in ("sip:anna@host.example", "sip:+37120000071@pbx.example.com", "Anonymous", "", "client:agent7"):
            assert await shown(front, caller, "+37167000009") == "+37167000009", caller
        assert await shown(front, "whatsapp:+37120000071", "whatsapp:+37167000009") == "+37167000009"
        assert await shown(front, "Anonymous", "37167000009") == "+37167000009"
        for to in ("1294", "sip:desk@pbx.example.com", "client:somebody"):
            assert await shown(front, "Anonymous", to) == "+37167000000", to
        assert await shown(front, "+37120000071", "+37167000009") is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"DialCallStatus": "failed", "ErrorCode": "13214"}, "failed (13214)"),
        ({"DialCallStatus": "failed", "DialSipResponseCode": "404"}, "failed (SIP 404)"),
        ({"DialCallStatus": "busy", "DialSipResponseCode": "486"}, "busy (SIP 486)"),
        ({"DialCallStatus": "failed"}, "failed"),
        ({"DialCallStatus": "completed", "DialCallDuration": "9", "DialSipResponseCode": "200"}, "completed after 9 s"),
    ],
)
async def test_the_reason_of_a_failed_transfer_stands_in_log_and_history(
    folder: Path, tmp_path: Path, sqlite_url: str, redis_url: str, fields: dict[str, str], said: str
) -> None:
    async with open_front(tmp_path / "data", sqlite_url, redis_url, folder) as front:
        call = await front.switchboard.ring("sip:anna@host.example")
        assert call.document is not None
        with capture_logs() as lines:
            await call.send(call.document.action("Dial"), **fields)
        with reading(front.parts.console_database) as connection:
            told = connection.scalars(sa.select(history.c.summary).where(history.c.kind == "call.transferred")).one()
    assert told == f"Transfer to Front desk: {said}"
    failed = [line for line in lines if line["event"] == "call.transfer_failed"]
    assert [line["error"] or line["status"] for line in failed] == (
        [] if "completed" in said else [said.partition("(")[2].rstrip(")") or said]
    )
