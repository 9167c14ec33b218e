"""A fault that lasts is told in few lines, with its reason, and what failed is tried again after growing pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from ivr import messages_left
from ivr.effects import RETRY
from runtime.logs.logging import MAX_FIELD_CHARACTERS, mask_private
from runtime.sql.database import reading, writing
from runtime.sql.outbox import deliver, outbox
from tests.front import Front


async def test_what_follows_from_a_turn_is_tried_again_after_growing_pauses(
    lite_front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise LookupError("holidays of lv are not known")

    monkeypatch.setattr(messages_left, "expect", fails)
    lite_front.clock.now += timedelta(hours=12)  # closed: the language leads to the mailbox
    with capture_logs() as lines:
        call = await lite_front.switchboard.ring()
        await call.press("3")
    failed = [line for line in lines if line["event"] == "turn.effects_failed"]
    assert len(failed) == 1
    engine, handlers = lite_front.parts.console_database, lite_front.parts.wiring.outbox_handlers
    pauses: list[int] = []
    while not pauses or pauses[-1] < 16:
        with writing(engine) as connection:  # as if the pause were over
            past = datetime.now(UTC) - timedelta(seconds=1)
            connection.execute(outbox.update().where(outbox.c.kind == RETRY).values(not_before=past))
        with capture_logs() as lines:
            deliver(engine, handlers)
            deliver(engine, handlers)  # at once again: nothing is due
        told = [line for line in lines if line["event"] == "outbox.postponed" and line["kind"] == RETRY]
        if not told:  # the process's own deliveries took the entry just before
            continue
        assert "holidays of lv are not known" in told[-1]["reason"]
        assert len(told) <= 2  # the process's own deliveries may take the same entry at the same moment
        pauses.append(told[-1]["wait_seconds"])
    assert pauses == sorted(set(pauses)) and len(pauses) > 1
    monkeypatch.undo()
    with writing(engine) as connection:
        connection.execute(outbox.update().values(not_before=datetime.now(UTC) - timedelta(seconds=1)))
    deliver(engine, handlers)
    with reading(engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).where(outbox.c.kind == RETRY)) == 0


def test_the_end_of_a_long_traceback_stands_in_the_log() -> None:
    frame = '  File "callbacks/schedule/calendar.py", line 120, in days_of\n    return read(country)\n'
    text = f"Traceback (most recent call last):\n{frame * 30}LookupError: holidays of lv are not known\n"
    assert len(text) > MAX_FIELD_CHARACTERS
    kept = mask_private(None, "", {"exception": text})["exception"]
    assert kept.rstrip().endswith("LookupError: holidays of lv are not known") and len(kept) == MAX_FIELD_CHARACTERS
