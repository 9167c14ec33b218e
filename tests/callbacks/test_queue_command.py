"""`ringback queue` on real stores."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from typer.testing import CliRunner, Result

from api.commands.queue.queue import queue
from api.commands.queue.view import due_in_words
from callbacks.tables import callbacks
from customers.tables import customers
from flows.company.company import Company
from ivr.published_flows import PublishedFlows
from runtime.sql import migrate
from runtime.sql.database import open_database, reading, writing
from tests.callbacks.conftest import NOW, Ask, asker
from voicemail.tables import transcripts, voicemails


@pytest.fixture
def stores(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch, company: Company) -> Engine:
    """A data folder as a server leaves it, with a company published."""
    monkeypatch.setenv("RINGBACK_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RINGBACK_REDIS_URL", redis_url)
    url = f"sqlite:///{tmp_path / 'ringback.sqlite3'}"
    migrate.upgrade(url)
    monkeypatch.setattr("api.wiring.set_up_logging", lambda *_: None)  # it would outlive the test
    monkeypatch.setattr(PublishedFlows, "refresh", lambda self: None)
    monkeypatch.setattr(PublishedFlows, "company", company)
    return open_database(url)


@pytest.fixture
def leave(stores: Engine, company: Company) -> Ask:
    return asker(stores, company)


def run(*words: str) -> Result:
    return CliRunner().invoke(queue, list(words))


def word(engine: Engine, callback_id: str, text: str) -> None:
    """Give a callback a message with these words, a quarter of a second each."""
    words = [
        {"word": said, "start": place * 0.3, "end": place * 0.3 + 0.25, "confidence": 0.99}
        for place, said in enumerate(text.split())
    ]
    with writing(engine) as connection:
        connection.execute(
            voicemails.insert().values(
                id="vm_1",
                call_id="CA1",
                turn=3,
                customer_id="cu_1",
                callback_id=callback_id,
                queue="desk",
                intent="repair",
                language="en",
                status="transcribed",
                seconds=7.0,
                recorded_at=NOW,
                updated_at=NOW,
            )
        )
        connection.execute(
            transcripts.insert().values(
                voicemail_id="vm_1",
                language="en",
                model="m",
                text=text,
                confidence=0.9,
                words=words,
                made_at=NOW,
                took_ms=1,
            )
        )
        connection.execute(customers.update().values(name="Jānis Bērziņš"))


def test_the_queue_is_shown_by_deadline_with_who_what_and_their_words(stores: Engine, leave: Ask) -> None:
    now = datetime.now(UTC)
    late = leave("CA1", queue="nights", at=now - timedelta(minutes=34, seconds=30))
    soon = leave("CA2", queue="nights", intent="bill", at=now, number="+37120000001")
    word(stores, late, "the boiler [bold]is dead")
    shown = run()
    assert shown.exit_code == 0, shown.output
    header, first, second = shown.output.rstrip().splitlines()
    assert header.split() == ["due", "who", "matter", "state", "message", "id"]
    for part in (
        "late 4 min",
        "Jānis Bērziņš +371 20 000 001",
        "repair",
        "ready",
        "the boiler [bold]is dead",
        late[-8:],
    ):
        assert part in first
    assert "in 29 min" in second
    assert soon[-8:] in second
    assert "(asked to be rung back)" in second


def test_an_empty_queue_says_so(stores: Engine) -> None:
    assert run().output.strip() == "No callbacks."
    claimed = run("claim")
    assert (claimed.exit_code, claimed.output.strip()) == (1, "No callback is ready to be rung.")


def test_claim_show_and_complete_by_the_end_of_the_id(stores: Engine, leave: Ask) -> None:
    made = leave()
    word(stores, made, "please ring")
    claimed = run("claim", made[-8:])
    assert claimed.exit_code == 0, claimed.output
    assert f"claimed by {getpass.getuser()}" in claimed.output
    assert "please ring" in claimed.output
    assert "target: within 60 min of open time, by rule 3 of the queue" in claimed.output
    assert "by Tue 2026-03-10" in claimed.output
    refused = run("claim", made)
    assert refused.exit_code == 1
    assert "held by" in refused.output
    done = run("complete", made[-8:], "--outcome", "resolved", "--note", "fixed")
    assert done.output.strip() == f"{made} is resolved."
    shown = run("show", made).output
    assert "outcome   resolved, " in shown
    assert f"{getpass.getuser()}  fixed" in shown
    assert made[-8:] not in run().output
    assert made[-8:] in run("--state", "resolved").output


def test_what_an_agent_would_note_down_is_shown_with_the_place_to_listen_to(stores: Engine, leave: Ask) -> None:
    made = leave()
    word(stores, made, "ring me tomorrow at three p m on two nine one two three four five six")
    shown = run("show", made).output
    assert "  said at 0:00  date 2026-03-11 15:00+02:00, 95% sure" in shown
    assert "  said at 0:02  number +371 29 123 456, 92% sure" in shown


def test_release_and_attempt(stores: Engine, leave: Ask) -> None:
    made = leave()
    assert run("release", made).exit_code == 1
    assert run("claim").exit_code == 0
    assert run("release", made).output.strip() == f"{made} is ready again."
    run("claim")
    assert f"{made} is waiting: retry after" in run("attempt", made, "--outcome", "busy", "--note", "engaged").output
    assert "busy  engaged" in run("show", made).output


def test_a_callback_without_a_number_is_given_one(stores: Engine, leave: Ask) -> None:
    made = leave(number=None)
    assert "waiting: needs number" in run().output
    assert "international form" in run("number", made, "20000002").output
    assert run("number", made, "+37120000002").output.strip() == f"{made} is ready."
    assert "+371 20 000 002" in run().output


def test_wrong_words_are_refused_with_the_right_ones(stores: Engine, leave: Ask) -> None:
    made = leave()
    assert "no callback" in run("show", "cb_nothing").output
    run("claim", made)
    for words, said in (
        (("complete", made, "--outcome", "done"), "resolved"),
        (("complete", made, "--outcome", "busy"), "There are: resolved"),
        (("--state", "lost"), "waiting"),
    ):
        refused = run(*words)
        assert refused.exit_code in (1, 2)
        assert said in refused.output


def test_what_a_colleague_holds_is_not_mine_to_complete(stores: Engine, leave: Ask) -> None:
    made = leave()
    with writing(stores) as connection:
        connection.execute(callbacks.update().values(state="claimed", holder="anna", nonce="no_1"))
    refused = run("complete", made)
    assert refused.exit_code == 1
    assert "is held by anna" in refused.output
    with reading(stores) as connection:
        assert connection.scalar(sa.select(callbacks.c.state)) == "claimed"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "in 0 min"),
        (12, "in 12 min"),
        (-4, "late 4 min"),
        (200, "in 3 h 20 min"),
        (-1500, "late 1 day"),
        (3000, "in 2 days"),
    ],
)
def test_a_deadline_is_said_in_words(minutes: int, words: str) -> None:
    assert due_in_words(NOW + timedelta(minutes=minutes), NOW) == words
