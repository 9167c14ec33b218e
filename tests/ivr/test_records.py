"""What is journalled can be read back as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from flows import events, inputs
from flows.session import Caller
from ivr.journal.codec import Rang, Recordable, from_json, to_json

AT = datetime(2030, 3, 5, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        Rang(Caller("+37120000001", "Anna", "lv", AT)),
        Rang(Caller()),
        inputs.Digits("1#"),
        inputs.Silence(),
        inputs.Recorded(None, 0),
        inputs.Dialed("no_answer"),
        inputs.HungUp("RE1", 3),
        inputs.PromiseQuoted(AT, "Europe/Riga"),
        inputs.PromiseQuoted(None),
        inputs.HoursRead("holiday", "Līgo"),
        events.VoicemailLeft("mailbox", "desk", "orders", "RE1", 9, None),
        events.PromiseSpoken("mailbox", "desk", "orders", AT, "by 14:30"),
        events.TransferStarted("front_desk", ("team/desk", "+37167000001")),
    ],
)
def test_a_record_survives_json(value: Recordable) -> None:
    assert from_json(json.loads(json.dumps(to_json(value)))) == value
