"""Records the caller for <Record>, by rules 18 to 22 of docs/twiml-rules.md."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ivr.line.caller.handset import CallCut, CallerHungUp, Handset
from ivr.line.caller.protocol import Beeped, Keys, Recorded, Recording, RecordingEnd, Speak, Warned
from ivr.line.caller.sound import Sound, UnreadableSound, first_gap_end, read_sound, silence, speech_end
from ivr.line.twiml.verbs import Record

_TICK_SECONDS = 0.05  # as near to the limit as the real clock hits it


@dataclass(frozen=True, slots=True)
class Take:
    """What was recorded so far, before trimming; `ended_by` None means that it goes on, `end_key` is the key that ended it."""

    sound: Sound
    ended_by: RecordingEnd | None = None
    end_key: str = ""

    @property
    def is_silent(self) -> bool:
        return speech_end(self.sound) == 0

    def trimmed(self) -> Sound:
        """Without the silence at its end; a message that is nothing but silence stays as it is."""
        return self.sound if self.is_silent else self.sound.cut(speech_end(self.sound))


async def tape(handset: Handset, verb: Record) -> Take:
    """Beep and record until silence, a key, the limit, or the caller is gone, which ends it like the others (rule 22).

    Raises CallCut.
    """
    if verb.play_beep:
        await handset.tell(Beeped())
    take = Take(Sound())
    while take.ended_by is None:
        take = await _listen(handset, verb, take.sound)
    await handset.tell(Recorded(seconds=round(take.sound.seconds, 2), ended_by=take.ended_by))
    return take


async def _listen(handset: Handset, verb: Record, sound: Sound) -> Take:
    """Wait for the caller to do something, or for the silence or the limit that ends the recording."""
    left_seconds = max(0.0, verb.max_seconds - sound.seconds)
    quiet_seconds = min(verb.timeout_seconds or left_seconds, left_seconds)
    await handset.tell(
        Recording(
            seconds_so_far=round(sound.seconds, 2),
            silence_seconds=verb.timeout_seconds,
            max_seconds=verb.max_seconds,
            finish_on_key=verb.finish_on_key,
        )
    )
    began = handset.seconds

    def with_silence() -> Sound:
        return sound + silence(min(handset.seconds - began, left_seconds))

    try:
        match await handset.wait(quiet_seconds, mute_seconds=left_seconds):
            case None:
                taken = with_silence()
                is_full = taken.seconds > verb.max_seconds - _TICK_SECONDS
                return Take(taken, "max_length" if is_full else "silence")
            case Keys(keys=keys):
                end_key = _end_key(keys, verb)
                return Take(with_silence(), "key" if end_key else None, end_key)
            case Speak(audio=file):
                return await _speak(handset, verb, with_silence(), await _spoken(handset, file))
    except CallCut:
        raise
    except CallerHungUp:
        return Take(with_silence(), "hangup")


async def _spoken(handset: Handset, file: bytes) -> Sound:
    try:
        return await asyncio.to_thread(read_sound, file)
    except UnreadableSound as error:
        await handset.tell(Warned(code=0, message=f"nothing was spoken: {error}"))
        return Sound()


async def _speak(handset: Handset, verb: Record, before: Sound, spoken: Sound) -> Take:
    """Let the caller speak as long as the limit and the silences within allow.

    On the fast pace the words count at once and the caller acts when they are over; on the real pace a key or a
    hang-up cuts them short.
    """
    ended_by: RecordingEnd | None = None
    if verb.timeout_seconds and (gap_end := first_gap_end(spoken, verb.timeout_seconds)) is not None:
        spoken, ended_by = spoken.cut(gap_end), "silence"
    if before.seconds + spoken.seconds >= verb.max_seconds:
        spoken, ended_by = spoken.cut(verb.max_seconds - before.seconds), "max_length"
    if handset.is_fast:
        handset.count(spoken.seconds)
        return Take(before + spoken, ended_by)
    began = handset.seconds
    try:
        action = await handset.within(spoken.seconds, lambda action: _ends(action, verb))
        if isinstance(action, Keys):
            return Take(before + spoken.cut(handset.seconds - began), "key", _end_key(action.keys, verb))
    except CallCut:
        raise
    except CallerHungUp:
        return Take(before + spoken.cut(handset.seconds - began), "hangup")
    return Take(before + spoken, ended_by)


def _ends(action: Keys | Speak, verb: Record) -> bool:
    return isinstance(action, Keys) and _end_key(action.keys, verb) != ""


def _end_key(keys: str, verb: Record) -> str:
    return next((key for key in keys if key in verb.finish_on_key), "")
