"""Records the caller for <Record>, by rules 18 to 22 of docs/twiml-rules.md."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ivr.line.playing.caller_channel import CallerChannel, CallerHungUp, CallTerminated, Given
from ivr.line.protocol import Beeped, Callee, Keys, Recorded, Recording, RecordingEnd, Speak, Warned
from ivr.line.sound import Sound, UnreadableSound, first_gap_end, read_sound, silence, speech_end
from ivr.line.twiml.verbs import Record

_TOLERANCE_SECONDS = 0.05  # how far a timer may miss the limit


@dataclass(frozen=True, slots=True)
class CapturedAudio:
    """The sound recorded so far, before trimming. `ended_by` None: the recording goes on."""

    sound: Sound
    ended_by: RecordingEnd | None = None
    end_key: str = ""

    @property
    def is_silent(self) -> bool:
        return speech_end(self.sound) == 0

    def trimmed(self) -> Sound:
        """The sound without the silence at its end; a silent recording stays as it is."""
        return self.sound if self.is_silent else self.sound.cut(speech_end(self.sound))


async def record_caller(channel: CallerChannel, verb: Record) -> CapturedAudio:
    """Beep, then record until a silence, a finish key, the limit or a hang-up (rules 18 and 22).

    Raises CallTerminated.
    """
    if verb.play_beep:
        await channel.tell(Beeped())
    captured = CapturedAudio(Sound())
    while captured.ended_by is None:
        captured = await _listen(channel, verb, captured.sound)
    await channel.tell(Recorded(seconds=round(captured.sound.seconds, 2), ended_by=captured.ended_by))
    return captured


async def _listen(channel: CallerChannel, verb: Record, sound: Sound) -> CapturedAudio:
    """Wait for an action of the caller, or for the silence or limit that ends the recording."""
    left_seconds = max(0.0, verb.max_seconds - sound.seconds)
    quiet_seconds = min(verb.timeout_seconds or left_seconds, left_seconds)
    await channel.tell(
        Recording(
            seconds_so_far=round(sound.seconds, 2),
            silence_seconds=verb.timeout_seconds,
            max_seconds=verb.max_seconds,
            finish_on_key=verb.finish_on_key,
        )
    )
    began, muted = channel.seconds, channel.muted_seconds

    def with_silence() -> Sound:
        heard_seconds = channel.seconds - began - (channel.muted_seconds - muted)
        return sound + silence(min(heard_seconds, left_seconds))

    try:
        match await channel.wait(quiet_seconds, mute_seconds=left_seconds):
            case None:
                is_full = channel.seconds - began > left_seconds - _TOLERANCE_SECONDS
                return CapturedAudio(with_silence(), "max_length" if is_full else "silence")
            case Keys(keys=keys):
                end_key = _end_key(keys, verb)
                return CapturedAudio(with_silence(), "key" if end_key else None, end_key)
            case Callee():
                return CapturedAudio(with_silence())
            case Speak(audio=file):
                return await _speak(channel, verb, with_silence(), await _spoken(channel, file))
    except CallTerminated:
        raise
    except CallerHungUp:
        return CapturedAudio(with_silence(), "hangup")


async def _spoken(channel: CallerChannel, file: bytes) -> Sound:
    try:
        return await asyncio.to_thread(read_sound, file)
    except UnreadableSound as error:
        await channel.tell(Warned(code=0, message=f"The caller said nothing: {error}"))
        return Sound()


async def _speak(channel: CallerChannel, verb: Record, before: Sound, spoken: Sound) -> CapturedAudio:
    """Add the speech, up to the first long silence in it or the limit.

    On the fast pace all of it is added at once, and the next action comes after it. On the real pace a key or a
    hang-up ends the speech early.
    """
    ended_by: RecordingEnd | None = None
    if verb.timeout_seconds and (gap_end := first_gap_end(spoken, verb.timeout_seconds)) is not None:
        spoken, ended_by = spoken.cut(gap_end), "silence"
    if before.seconds + spoken.seconds >= verb.max_seconds:
        spoken, ended_by = spoken.cut(verb.max_seconds - before.seconds), "max_length"
    if channel.is_fast:
        channel.advance(spoken.seconds)
        return CapturedAudio(before + spoken, ended_by)
    began = channel.seconds
    try:
        action = await channel.within(spoken.seconds, lambda action: _ends(action, verb))
        if isinstance(action, Keys):
            return CapturedAudio(before + spoken.cut(channel.seconds - began), "key", _end_key(action.keys, verb))
    except CallTerminated:
        raise
    except CallerHungUp:
        return CapturedAudio(before + spoken.cut(channel.seconds - began), "hangup")
    return CapturedAudio(before + spoken, ended_by)


def _ends(action: Given, verb: Record) -> bool:
    return isinstance(action, Keys) and _end_key(action.keys, verb) != ""


def _end_key(keys: str, verb: Record) -> str:
    return next((key for key in keys if key in verb.finish_on_key), "")
