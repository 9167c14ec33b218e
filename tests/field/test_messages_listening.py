"""V29 and V32: a player or a download manager asks first, and the file that is saved has a name."""

from __future__ import annotations

import hashlib
import re

import pytest

from runtime.sql.database import reading, writing
from tests.front import Front
from tests.switchboard import new_recording
from tests.tokens import add_user
from voicemail.recordings import path_of
from voicemail.tables import voicemails


async def with_message(front: Front, content: bytes, media_type: str = "audio/wav") -> str:
    """A stored message; the client has an agent's token."""
    token = add_user(front.parts.console_database, "maija", "admin")
    front.client.headers["authorization"] = f"Bearer {token}"
    call = await front.switchboard.ring()
    await call.press("1")
    await call.press("3")
    await call.record(new_recording(), 12)
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(front.settings.recordings_dir, sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with writing(front.parts.console_database) as connection:
        connection.execute(voicemails.update().values(status="stored", sha256=sha256, media_type=media_type))
    with reading(front.parts.console_database) as connection:
        voicemail_id: str = connection.execute(voicemails.select()).one().id
    return voicemail_id


async def test_a_download_manager_asks_for_the_head_of_the_audio(lite_front: Front) -> None:
    voicemail_id = await with_message(lite_front, b"RIFF" + bytes(100_000))
    address = f"/api/voicemails/{voicemail_id}/audio"
    whole = await lite_front.client.get(address)
    for more in ({}, {"Range": "bytes=0-9"}):
        head = await lite_front.client.head(address, headers=more)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers == whole.headers
        assert head.headers["content-length"] == "100004"
        assert head.headers["accept-ranges"] == "bytes"


async def test_every_address_that_answers_get_answers_head(lite_front: Front) -> None:
    voicemail_id = await with_message(lite_front, b"RIFF")
    paths = (await lite_front.client.get("/api/openapi.json")).json()["paths"]
    known = {"voicemail_id": voicemail_id}
    asked = 0
    for path, methods in paths.items():
        if "get" in methods:
            address = re.sub(r"{(\w+)}", lambda name: known.get(name[1], "none"), path)
            got, head = await lite_front.client.get(address), await lite_front.client.head(address)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            asked += 1
    assert asked >= 10
    assert (await lite_front.client.head("/twilio/voice")).status_code == 405
    del lite_front.client.headers["authorization"]
    assert (await lite_front.client.head(f"/api/voicemails/{voicemail_id}")).status_code == 401
    assert (await lite_front.client.head("/healthz")).status_code == 200
    assert (await lite_front.client.head("/readyz")).status_code == 200


@pytest.mark.parametrize(
    ("media_type", "ending"),
    [("audio/wav", "wav"), ("audio/mpeg", "mp3"), ("audio/amr", "amr"), ("audio/mp4", "m4a"), ("audio/ogg", "ogg")],
)
async def test_an_agent_saves_a_message(lite_front: Front, media_type: str, ending: str) -> None:
    voicemail_id = await with_message(lite_front, b"sound", media_type)
    answer = await lite_front.client.get(f"/api/voicemails/{voicemail_id}/audio")
    assert answer.headers["content-type"] == media_type
    told = answer.headers["content-disposition"]
    assert re.fullmatch(rf'inline; filename="message-\d{{4}}-\d\d-\d\d-\d{{4}}-{voicemail_id[:11]}\.{ending}"', told)
