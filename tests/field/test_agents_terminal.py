"""What agents did at the terminal on an ordinary day."""

from __future__ import annotations

import getpass
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from rich.console import Console
from sqlalchemy.engine import Engine

from api.commands.queue import pages as queue_pages
from api.commands.queue.stores import stores as stores_of_a_command
from callbacks.board import Filter
from callbacks.tables import callbacks
from runtime.sql.database import reading, writing
from tests.callbacks.conftest import Ask, company
from tests.callbacks.test_queue_command import leave, run, stores, word
from voicemail.models.installed import no_model_reason
from voicemail.tables import transcripts, voicemails

__all__ = ["company", "leave", "stores"]

ME = getpass.getuser()
# A Tuesday, 13:30 in Riga.
OPEN = datetime(2030, 3, 5, 11, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _server_in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def stored(engine: Engine, column: str, callback_id: str) -> object:
    with reading(engine) as connection:
        return connection.scalar(sa.select(callbacks.c[column]).where(callbacks.c.id == callback_id))


def change(engine: Engine, callback_id: str, **values: object) -> None:
    with writing(engine) as connection:
        connection.execute(callbacks.update().where(callbacks.c.id == callback_id).values(**values))


def test_on_a_server_in_utc_an_agent_reads_the_time_that_the_caller_heard(stores: Engine, leave: Ask) -> None:
    made = leave(at=OPEN, until=OPEN + timedelta(hours=1, minutes=30))
    shown = run("claim", made[-8:]).output
    assert "due       Tue 2030-03-05 14:30 Europe/Riga" in shown
    assert "promise   by Tue 2030-03-05 15:00 Europe/Riga" in shown
    assert "Tue 2030-03-05 09:00–" in shown or "Tue 2030-03-05 13:30–14:30" in shown
    assert " 12:30" not in shown
    assert "05.03." not in shown
    retried = run("attempt", made[-8:], "--outcome", "busy").output
    assert "waiting: retry after" in retried
    assert "Europe/Riga" in retried


def test_on_a_server_in_the_queues_zone_the_zone_is_not_named(
    stores: Engine, leave: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Riga")
    time.tzset()
    shown = run("show", leave(at=OPEN)).output
    assert "due       Tue 2030-03-05 14:30," in shown
    assert "Europe/Riga" not in shown


def test_an_agent_renews_writes_notes_and_agrees_on_a_later_time(stores: Engine, leave: Ask) -> None:
    made = leave()
    run("claim", made)
    assert "is yours until" in run("renew", made).output
    assert run("note", made, "rings back herself on Monday").output.strip() == f"Noted with {made}."
    later = datetime.now(UTC) + timedelta(days=2)
    agreed = run("later", made, f"{later:%Y-%m-%d} 14:00", "--note", "after lunch")
    assert "is waiting: scheduled after" in agreed.output
    assert "13:50 Europe/Riga" in agreed.output
    shown = run("show", made).output
    assert f"{ME}  rings back herself on Monday" in shown
    assert f"{ME}  after lunch" in shown
    told = run("history", made).output
    assert "agreed to ring again at" in told
    assert "14:00 Europe/Riga  «after lunch»" in told or "«after lunch»" in told


def test_a_time_out_of_reach_or_without_sense_is_refused_and_the_claim_stands(stores: Engine, leave: Ask) -> None:
    made = leave()
    run("claim", made)
    for when, says in (("tomorrow-ish", "write 2030-03-05 14:00"), ("9999-01-01 10:00", "within 90 days")):
        refused = run("later", made, when)
        assert refused.exit_code != 0
        assert says in refused.output
    assert stored(stores, "state", made) == "claimed"


def test_a_wrong_completion_is_taken_back(stores: Engine, leave: Ask) -> None:
    made = leave()
    run("claim", made)
    run("complete", made, "--outcome", "not_needed")
    assert run("undo", made).output.strip() == f"{made} is claimed by you again."
    assert run("complete", made).output.strip() == f"{made} is resolved."


def test_the_remedy_fits_why_the_callback_is_not_mine(stores: Engine, leave: Ask) -> None:
    made = leave()
    free = run("complete", made).output
    assert f"Claim it: `ringback queue claim {made[-8:]}`" in free
    change(stores, made, state="claimed", holder="maija", nonce="no_1")
    held = run("complete", made).output
    assert "Ask maija to release it" in held
    assert "queue claim" not in held
    change(stores, made, state="ready", holder=None, nonce=None, lost_leases=1)
    assert "A claim ends after ten minutes" in run("attempt", made, "--outcome", "busy", "--note", "x").output
    run("claim", made)
    run("complete", made)
    closed = run("complete", made).output
    assert "is closed: resolved" in closed
    assert f"`ringback queue undo {made[-8:]}`" in closed
    assert "queue claim" not in closed


def test_a_mistyped_outcome_is_told_only_what_the_command_takes(stores: Engine, leave: Ask) -> None:
    made = leave()
    run("claim", made)
    completing, attempting = run("complete", made, "--outcome", "dun"), run("attempt", made, "--outcome", "bizzy")
    assert "not_needed" in completing.output
    assert "busy" not in completing.output
    assert "busy" in attempting.output
    assert "not_needed" not in attempting.output


def test_a_mistyped_queue_is_no_empty_house(stores: Engine, leave: Ask) -> None:
    leave()
    for words in (("--queue", "dezk"), ("claim", "--queue", "dezk"), ("missed", "--queue", "dezk")):
        refused = run(*words)
        assert refused.exit_code == 2
        assert 'There is no queue "dezk"' in " ".join(refused.output.split())
    assert run("--queue", "desk").exit_code == 0


def test_the_list_shows_what_is_mine_or_late_or_of_a_language(stores: Engine, leave: Ask) -> None:
    now = datetime.now(UTC)
    late = leave("CA1", queue="nights", at=now - timedelta(hours=3))
    soon = leave("CA2", queue="nights", intent="bill", at=now)
    change(stores, late, overdue=True)
    run("claim", soon)
    assert (late[-8:] in run("--late").output, soon[-8:] in run("--late").output) == (True, False)
    assert (late[-8:] in run("--mine").output, soon[-8:] in run("--mine").output) == (False, True)
    assert soon[-8:] in run("--intent", "bill").output
    assert late[-8:] in run("--language", "en").output


def test_a_closed_callback_is_not_due_and_the_rest_is_counted(stores: Engine, leave: Ask) -> None:
    made = [leave(f"CA{number}", intent=f"matter_{number}") for number in range(5)]
    shown = run("--limit", "2").output
    assert "… and 3 more: --limit 5 shows them" in shown
    run("claim", made[0])
    run("complete", made[0])
    assert "closed 0 min ago" in run("--state", "resolved").output
    sheet = run("show", made[0]).output
    assert "outcome   resolved" in sheet
    assert "late" not in sheet


def test_on_a_small_screen_eleven_callbacks_are_seen_and_no_number_is_broken(
    stores: Engine, leave: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [leave(f"CA{number}", intent=f"matter_{number}") for number in range(11)]
    run("claim", made[0])
    run("attempt", made[0], "--outcome", "busy")
    monkeypatch.setattr("api.commands.queue.pages._PIPE_COLUMNS", 80)
    lines = run().output.splitlines()
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    assert sum("+371 20 000 001" in line for line in lines) == len(made)
    assert all(any(name[-8:] in line for line in lines) for name in made)
    assert "matter_10, en" in "".join(lines)


def test_a_message_in_a_language_without_a_model_is_to_be_listened_to_and_nothing_failed(
    stores: Engine, leave: Ask
) -> None:
    made = leave(at=OPEN)
    word(stores, made, "x")
    with writing(stores) as connection:
        connection.execute(transcripts.delete())
        reason = no_model_reason("lv")
        connection.execute(voicemails.update().values(language="lv", status="failed", status_reason=reason))
    shown = run().output
    assert "7 s: (no speech model for Latvian: listen)" in shown
    assert "failed" not in shown


def test_a_screen_of_80_columns_and_24_lines_shows_eleven_callbacks_and_counts_the_rest(
    stores: Engine, leave: Ask
) -> None:
    for place in range(13):
        leave(f"CA{place}", customer_id=f"cu_{place}", at=OPEN + place * timedelta(minutes=1))
    screen = Console(width=80, height=24, file=io.StringIO(), force_terminal=True, color_system=None)
    with stores_of_a_command() as wiring:
        screen.print(queue_pages.table(wiring, Filter(), queue_pages.rows_that_fit(screen), screen.width))
    assert isinstance(screen.file, io.StringIO)
    lines = screen.file.getvalue().splitlines()
    assert len(lines) == 23
    assert "… and 2 more" in lines[-1]
    assert "+371 20 000 001" in lines[0]
    assert lines[1].startswith("Tue 14:30 EET")
