"""Recordings that prompts play, for the provider. Whoever knows the hash of the content may hear it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import Response

from api.auth.access import OpenParts

router = APIRouter(tags=["telephone"])

# What lies under a hash never changes.
_FOR_EVER = "public, max-age=31536000, immutable"
# What a recording says, percent-encoded: the built-in line shows it.
CAPTION_HEADER = "X-Caption"


@router.head("/twilio/audio/{content}/{name}", include_in_schema=False)
@router.get(
    "/twilio/audio/{content}/{name}",
    summary="A recorded prompt",
    response_class=Response,
    responses={200: {"content": {"audio/wav": {}}}},
)
def recorded_prompt(
    parts: OpenParts,
    content: Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the audio")],
    name: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]*\.wav$", description="Its name, for people")],
) -> Response:
    wav = parts.recorded.read(content)
    if wav is None:
        return Response(status_code=404)
    headers = {
        "Cache-Control": _FOR_EVER,
        "ETag": f'"{content}"',
        CAPTION_HEADER: quote(parts.published_flows.words_of(content)),
    }
    return Response(wav, media_type="audio/wav", headers=headers)
