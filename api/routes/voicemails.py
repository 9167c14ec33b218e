"""Messages: transcript and audio; heard again, deleted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response

from api.auth.access import Admin, Agent, NotFound, OpenParts, Supervisor
from api.cards import voicemail_detail, voicemail_entry
from api.known_names import require_names
from api.shapes import HeardAgain, HowMany, Moment, VoicemailDetailShape, VoicemailList
from runtime.sql.database import reading, writing
from voicemail.again import hear_again, hear_all_again
from voicemail.audio.forms import UNKNOWN_TYPE
from voicemail.file_names import file_name
from voicemail.mailbox import Status, list_messages, load
from voicemail.recordings import path_of
from voicemail.removal import deleted_by, remove

router = APIRouter(prefix="/api/voicemails", tags=["voicemails"])

# A browser may only play the recording, because a stranger made it.
_AUDIO_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, max-age=3600",
}


@router.get("", summary="Messages, newest first")
def newest_first(
    parts: OpenParts,
    user: Agent,
    queue: Annotated[str | None, Query(max_length=40, examples=["desk"])] = None,
    status: Annotated[Status | None, Query(description="Such as failed.")] = None,
    language: Annotated[str | None, Query(max_length=16, examples=["lv"])] = None,
    before: Annotated[Moment | None, Query(description="Only those left before this moment.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> VoicemailList:
    flows = parts.published_flows
    queues = [queue] if queue is not None else []
    with reading(parts.console_database) as connection:
        require_names(connection, flows.company, flows.live_flows(), queues=queues, language=language)
        found = list_messages(connection, queue=queue, status=status, language=language, before=before, limit=limit)
    return VoicemailList(items=[voicemail_entry(message) for message in found])


@router.post("/retranscribe", summary="Have many messages written down again: all that failed, or all of a language")
def retranscribe_many(parts: OpenParts, user: Supervisor, wanted: HeardAgain) -> HowMany:
    count = hear_all_again(parts.console_database, user.name, failed=wanted.failed, language=wanted.language)
    parts.wiring.bell.set()
    return HowMany(count=count)


@router.post("/{voicemail_id}/retranscribe", summary="Have a message written down again")
def retranscribe(parts: OpenParts, user: Agent, voicemail_id: str) -> VoicemailDetailShape:
    """Its words stay until there are new ones. Where its audio is not here, it is fetched first."""
    with writing(parts.console_database) as connection:
        if not hear_again(connection, voicemail_id, user.name):
            raise NotFound("message to hear again: it is deleted, empty or not here yet")
        message = load(connection, voicemail_id)
    assert message is not None
    parts.wiring.bell.set()
    return voicemail_detail(message, parts.published_flows.company)


@router.delete("/{voicemail_id}", summary="Delete a message: its audio and its words", status_code=204)
def delete(parts: OpenParts, user: Admin, voicemail_id: str) -> None:
    """Here and at the provider. Its callback stays, and so does the line of history that there was a message."""
    with writing(parts.console_database) as connection:
        if load(connection, voicemail_id) is None:
            raise NotFound("voicemail")
        remove(connection, [voicemail_id], deleted_by(user.name))
    parts.wiring.bell.set()


@router.get("/{voicemail_id}", summary="A message with transcript and waveform")
def one(parts: OpenParts, user: Agent, voicemail_id: str) -> VoicemailDetailShape:
    with reading(parts.console_database) as connection:
        message = load(connection, voicemail_id)
    if message is None:
        raise NotFound("voicemail")
    return voicemail_detail(message, parts.published_flows.company)


@router.get(
    "/{voicemail_id}/audio",
    summary="The audio of a message",
    response_class=FileResponse,
    responses={200: {"content": {"audio/wav": {}}}, 206: {"description": "A range of it."}},
)
def audio(parts: OpenParts, user: Agent, voicemail_id: str) -> Response:
    """The stored file, whole or a range. 404 while it is still at the provider."""
    with reading(parts.console_database) as connection:
        message = load(connection, voicemail_id)
    if message is None or message.sha256 is None:
        raise NotFound("audio of this message; its status says why")
    path = path_of(parts.settings.recordings_dir, message.sha256)
    if not path.is_file():
        raise NotFound("audio: the stored file is gone; restore it from a backup")
    return FileResponse(
        path,
        media_type=message.media_type or UNKNOWN_TYPE,
        headers=_AUDIO_HEADERS,
        filename=file_name(message, parts.published_flows.company),
        content_disposition_type="inline",
    )
