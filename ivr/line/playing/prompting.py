"""Plays prompts to the caller and computes how long they last."""

from __future__ import annotations

import io
import wave
from collections.abc import Awaitable, Callable, Iterator

from ivr.line.playing.caller_channel import CallerChannel
from ivr.line.protocol import Keys, Paused, Played, Spoken
from ivr.line.twiml.verbs import Pause, Play, Say
from ivr.line.webhooks.webhook_client import WebhookResponse

CHARACTERS_PER_SECOND = 14  # a calm reading voice
MAX_LOOPS = 1000  # what loop="0" means: https://www.twilio.com/docs/voice/twiml/say

FetchMedia = Callable[[str], Awaitable[WebhookResponse | None]]
"""Gives a sound file, or None after it has reported that the file cannot be had."""


async def play_prompt(
    channel: CallerChannel, prompt: Say | Play | Pause, fetch: FetchMedia, in_gather: bool
) -> Keys | None:
    """Play a prompt with its loops. In a gather the first key stops it and is returned (rules 8, 17).

    Outside a gather keys are lost. Audio that cannot be had is skipped (rule 38). Raises CallerHungUp.
    """
    event: Spoken | Played | Paused | None
    match prompt:
        case Say():
            seconds = round(len(prompt.text) / CHARACTERS_PER_SECOND, 2)
            event, loop = (
                Spoken(
                    text=prompt.text, language=prompt.language, voice=prompt.voice, seconds=seconds, in_gather=in_gather
                ),
                prompt.loop,
            )
        case Play():
            event, loop = await _played(prompt, fetch, in_gather), prompt.loop
        case Pause():
            event, loop = Paused(seconds=prompt.seconds), 1
    if event is None:
        return None
    for _ in _times(loop):
        await channel.tell(event)
        action = await channel.within(event.seconds, lambda action: in_gather and isinstance(action, Keys))
        if isinstance(action, Keys):
            return action
    return None


async def _played(prompt: Play, fetch: FetchMedia, in_gather: bool) -> Played | None:
    if prompt.digits:
        seconds = sum(0.5 if key == "w" else 0.2 for key in prompt.digits)
        return Played(url="", digits=prompt.digits, seconds=seconds, in_gather=in_gather)
    media = await fetch(prompt.url)
    if media is None:
        return None
    seconds = _length_seconds(media.body, media.content_type)
    return Played(url=prompt.url, seconds=seconds, caption=media.caption, in_gather=in_gather)


def _length_seconds(media: bytes, content_type: str) -> float:
    """Exact for WAV. Other formats are estimated: MP3 at 32 kbit/s, telephone codecs at 8 kB/s."""
    try:
        with wave.open(io.BytesIO(media)) as sound:
            frames, rate_hz = sound.getnframes(), sound.getframerate()
            return float(round(frames / rate_hz, 2))
    except (wave.Error, EOFError):
        return round(len(media) / (4000 if "mpeg" in content_type else 8000), 2)


def _times(loop: int) -> Iterator[int]:
    return iter(range(loop or MAX_LOOPS))
