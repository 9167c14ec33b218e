"""Messages: transcript and audio."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from api.access import Agent, NotFound, OpenParts
from api.cards import voicemail_detail
from api.shapes import VoicemailDetailShape
from runtime.sql.database import reading
from voicemail.audio.forms import UNKNOWN_TYPE
from voicemail.file_names import file_name
from voicemail.mailbox import load
from voicemail.recordings import path_of

router = APIRouter(prefix="/api/voicemails", tags=["voicemails"])

# A browser may only play the recording, because a stranger made it.
_AUDIO_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, max-age=3600",
}


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
