"""V27 and V34: a message is found, played, saved, heard again after a model was mended, and deleted, by route and by command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from api.commands.queue.queue import queue
from api.commands.voicemail import voicemail
from callbacks.tables import callbacks
from ivr.reconciler import reconcile
from runtime.sql.database import reading, writing
from runtime.sql.outbox import deliver, outbox
from tests.field.test_messages_listening import with_message
from tests.front import Front
from tests.provider_lists import Provider
from tests.tokens import add_user
from voicemail import mailbox, steps
from voicemail.again import hear_all_again
from voicemail.mailbox import Transcript, Voicemail, Word
from voicemail.recognition.doubt import doubt_of
from voicemail.recordings import path_of
from voicemail.tables import transcripts, voicemails

Run = Callable[..., str]


@pytest.fixture
def command(lite_front: Front, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`ringback voicemail …` with the settings of the application; gives what it says."""
    settings = lite_front.settings
    for name, value in {
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": "test_auth_token",
        "TWILIO_API_URL": settings.twilio_api_url,
    }.items():
        monkeypatch.setenv(f"RINGBACK_{name}", value)
    monkeypatch.setattr("api.wiring.set_up_logging", lambda *_: None)  # it would outlive the test
    monkeypatch.setattr("api.wiring.refuse_old_tables", lambda *_: None)  # the tests' tables are made without steps

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(voicemail, list(arguments))
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    return run


def load(front: Front, voicemail_id: str) -> Voicemail:
    with reading(front.parts.console_database) as connection:
        message = mailbox.load(connection, voicemail_id)
    assert message is not None
    return message


def fail(front: Front, voicemail_id: str) -> None:
    with writing(front.parts.console_database) as connection:
        connection.execute(
            voicemails.update().values(status="failed", status_reason="This recording made …", crashes=3)
        )


def write_down(front: Front, voicemail_id: str, text: str) -> None:
    words = tuple(Word(word, number, number + 0.5, 0.9) for number, word in enumerate(text.split()))
    transcript = Transcript(text, "en", 0.9, words, "a-model")
    message = load(front, voicemail_id)
    assert steps.end(
        front.parts.console_database, message, "transcribed", "", summary="written down", transcript=transcript
    )


def jobs(front: Front) -> list[str]:
    with reading(front.parts.console_database) as connection:
        query = sa.select(outbox.c.kind).where(outbox.c.kind.in_((mailbox.TRANSCRIBE, mailbox.FETCH)))
        return list(connection.scalars(query.order_by(outbox.c.id)))


def clear_jobs(front: Front) -> None:
    with writing(front.parts.console_database) as connection:
        connection.execute(outbox.delete())


async def test_the_model_was_mended_and_failed_messages_are_heard_again(lite_front: Front, command: Run) -> None:
    voicemail_id = await with_message(lite_front, b"RIFF" + bytes(100))
    for ask in (
        lambda: command("retranscribe", voicemail_id[:9]),
        lambda: command("retranscribe", "--failed"),
        lambda: command("retranscribe", "--language", "lv"),
        lambda: hear_all_again(lite_front.parts.console_database, "maija", failed=True, language="lv"),
    ):
        fail(lite_front, voicemail_id)
        clear_jobs(lite_front)
        ask()
        message = load(lite_front, voicemail_id)
        assert (message.status, message.status_reason) == ("stored", "")
        assert jobs(lite_front) == [mailbox.TRANSCRIBE]
    assert hear_all_again(lite_front.parts.console_database, "maija", failed=True) == 0
    assert hear_all_again(lite_front.parts.console_database, "maija", failed=False, language="ru") == 0


async def test_a_better_model_replaces_the_words(lite_front: Front) -> None:
    voicemail_id = await with_message(lite_front, b"RIFF" + bytes(100))
    client = lite_front.client
    write_down(lite_front, voicemail_id, "good mourning")
    answer = await client.post(f"/api/voicemails/{voicemail_id}/retranscribe")
    assert answer.json()["transcript"]["text"] == "good mourning"  # until there are new ones
    write_down(lite_front, voicemail_id, "good morning")
    assert (await client.get(f"/api/voicemails/{voicemail_id}")).json()["transcript"]["text"] == "good morning"
    assert (await client.post("/api/voicemails/retranscribe", json={"failed": False})).status_code == 422
    everything = {"failed": False, "language": "lv"}
    assert (await client.post("/api/voicemails/retranscribe", json=everything)).json() == {"count": 1}


async def test_a_message_whose_audio_never_came_is_fetched_again(lite_front: Front) -> None:
    voicemail_id = await with_message(lite_front, b"RIFF" + bytes(100))
    with writing(lite_front.parts.console_database) as connection:
        connection.execute(voicemails.update().values(status="failed", sha256=None))
    clear_jobs(lite_front)
    await lite_front.client.post(f"/api/voicemails/{voicemail_id}/retranscribe")
    assert load(lite_front, voicemail_id).status == "available"
    assert jobs(lite_front) == [mailbox.FETCH]


async def test_an_operator_lists_and_saves_messages(lite_front: Front, command: Run, tmp_path: Path) -> None:
    content = b"RIFF" + bytes(100)
    voicemail_id = await with_message(lite_front, content)
    write_down(lite_front, voicemail_id, "good morning")
    assert voicemail_id[:11] in command("list") and "good morning" in command("list", "--status", "transcribed")
    assert command("list", "--language", "ru") == "No messages.\n"
    assert "lost" in command("list", "--status", "lost", code=2)
    command("play", voicemail_id[:11], "--to", str(tmp_path / "saved.wav"))
    assert (tmp_path / "saved.wav").read_bytes() == content
    assert "is there already" in command("play", voicemail_id, "--to", str(tmp_path / "saved.wav"), code=1)
    command("play", voicemail_id, "--to", str(tmp_path))
    assert "message-2030-03-05-1015-" in command("play", voicemail_id, "--to", str(tmp_path), code=1)  # there already
    assert "no message" in command("play", "vm_none", code=2)
    (entry,) = (await lite_front.client.get("/api/voicemails?queue=complaints")).json()["items"]
    assert (entry["id"], entry["transcript"]["text"], entry["is_playable"]) == (voicemail_id, "good morning", True)
    assert (await lite_front.client.get("/api/voicemails?queue=nowhere")).status_code == 422


async def test_an_agent_reads_that_a_message_may_be_of_another_language(lite_front: Front, command: Run) -> None:
    voicemail_id = await with_message(lite_front, b"RIFF" + bytes(100))
    write_down(lite_front, voicemail_id, "a b c")
    doubt = doubt_of(Transcript("a b c", "ko", 0.5, tuple(Word(word, 0, 1, 0.5) for word in "abc"), "a-model"))
    with writing(lite_front.parts.console_database) as connection:
        connection.execute(voicemails.update().values(status_reason=doubt, seconds=None))
    (callback,) = (await lite_front.client.get("/api/callbacks")).json()["items"]
    assert callback["voicemails"][0]["status_reason"] == doubt
    shown = CliRunner().invoke(queue, ["show", callback["id"]]).output
    assert "a b c" in shown and "may be another language than Korean" in " ".join(shown.split())
    assert "length unknown" in shown


@pytest.mark.parametrize("by", ["route", "command"])
async def test_a_deleted_message_is_gone_and_stays_gone(
    lite_front: Front, command: Run, provider: Provider, by: str
) -> None:
    voicemail_id = await with_message(lite_front, b"RIFF" + bytes(100))
    write_down(lite_front, voicemail_id, "good morning")
    before = load(lite_front, voicemail_id)
    assert before.sha256 and before.recording_id
    if by == "route":
        assert (await lite_front.client.delete(f"/api/voicemails/{voicemail_id}")).status_code == 204
        deliver(lite_front.parts.console_database, lite_front.parts.wiring.outbox_handlers)
    else:
        command("delete", voicemail_id[:11], "--yes")
    assert not path_of(lite_front.settings.recordings_dir, before.sha256).exists()
    message = load(lite_front, voicemail_id)
    assert (message.status, message.transcript, message.peaks, message.sha256) == ("deleted", None, (), None)
    assert message.status_reason.endswith("deleted this message.")
    assert (await lite_front.client.get(f"/api/voicemails/{voicemail_id}/audio")).status_code == 404
    assert (await lite_front.client.post(f"/api/voicemails/{voicemail_id}/retranscribe")).status_code == 404
    with reading(lite_front.parts.console_database) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(transcripts)) == 0
        call = connection.execute(sa.text("SELECT provider_call_id FROM calls")).scalar_one()
        assert connection.execute(sa.select(callbacks.c.state)).scalar_one() == "ready"
    # The provider's list still has it.
    provider.had_call(call)
    provider.had_recording(before.recording_id, call)
    parts = lite_front.parts
    company = parts.published_flows.company
    assert reconcile(parts.call_database, company, provider.account, datetime.now(UTC), lambda _: None).messages == 0
    assert load(lite_front, voicemail_id).status == "deleted"


async def test_the_same_bytes_of_another_message_stay(lite_front: Front) -> None:
    voicemail_id = await with_message(lite_front, b"RIFF" + bytes(100))
    call = await lite_front.switchboard.ring("+37120000002")
    await call.press("1")
    await call.press("3")
    await call.record("RE" + "7" * 32, 12)
    sha256 = load(lite_front, voicemail_id).sha256
    assert sha256
    with writing(lite_front.parts.console_database) as connection:
        connection.execute(voicemails.update().values(status="stored", sha256=sha256))
    await lite_front.client.delete(f"/api/voicemails/{voicemail_id}")
    deliver(lite_front.parts.console_database, lite_front.parts.wiring.outbox_handlers)
    assert path_of(lite_front.settings.recordings_dir, sha256).exists()


async def test_only_an_admin_deletes_and_only_a_supervisor_hears_all_again(lite_front: Front) -> None:
    voicemail_id = await with_message(lite_front, b"RIFF")
    allowed: dict[str, Any] = {}
    for role in ("agent", "supervisor"):
        token = add_user(lite_front.parts.console_database, f"a {role}", role)
        headers = {"authorization": f"Bearer {token}"}
        client: httpx2.AsyncClient = lite_front.client
        allowed[role] = (
            (await client.post(f"/api/voicemails/{voicemail_id}/retranscribe", headers=headers)).status_code,
            (await client.post("/api/voicemails/retranscribe", json={}, headers=headers)).status_code,
            (await client.delete(f"/api/voicemails/{voicemail_id}", headers=headers)).status_code,
        )
    assert allowed == {"agent": (200, 403, 403), "supervisor": (200, 200, 403)}
