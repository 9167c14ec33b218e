"""What becomes of a recording: it is kept, the action of <Record> is asked, the recording callback tells of it.

Rules 18 to 22 of docs/twiml-rules.md, with the modes where sources disagree.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from ivr.line.caller.handset import CallerHungUp
from ivr.line.playing.leg import Ask, Leg
from ivr.line.playing.recording import Take, tape
from ivr.line.store.calls import API_VERSION, http_date
from ivr.line.store.recordings import LineRecording, whole_seconds
from ivr.line.twiml.verbs import Record
from ivr.line.webhooks.webhook_client import Parameters


async def take_message(leg: Leg, verb: Record) -> Ask | None:
    """Record the caller; gives what to ask next, or None where an empty recording lets the next verb run.

    Raises CallerHungUp after the action was asked with Digits=hangup (rule 22).
    """
    _call_back(leg, verb, "in-progress", None)
    take = await tape(leg.handset, verb)
    if take.ended_by == "hangup":
        leg.caller_left()
    recording = await _keep(leg, verb, take)

    def call_back() -> asyncio.Task[None] | None:
        return _call_back(leg, verb, "completed" if recording else "absent", recording)

    ask = Ask(verb.action, verb.method, _told(leg, take, recording))
    if take.ended_by == "hangup":
        await leg.ask_in_vain(ask)
        call_back()
        raise CallerHungUp
    if recording is None and leg.modes.empty_recording == "next":
        call_back()
        return None
    if leg.modes.recording_callback == "before":
        if (sent := call_back()) is not None:
            await sent
        return ask
    return Ask(ask.url, ask.method, ask.parameters, then=call_back)


async def _keep(leg: Leg, verb: Record, take: Take) -> LineRecording | None:
    """Store what was recorded; silence is kept or not as the call's mode says (rule 20)."""
    if not take.sound.pcm or (take.is_silent and leg.modes.empty_recording != "action"):
        return None
    sound = take.trimmed() if verb.trims_silence else take.sound
    return await asyncio.to_thread(
        leg.recordings.keep, leg.account.account_sid, leg.call.sid, sound, leg.modes.availability_seconds
    )


def _told(leg: Leg, take: Take, recording: LineRecording | None) -> tuple[tuple[str, str], ...]:
    """What the action of <Record> is told; the duration is the one before trimming (rule 21)."""
    digits = "hangup" if take.ended_by == "hangup" else take.end_key
    found = (("RecordingUrl", _url(leg, recording)), ("RecordingSid", recording.sid)) if recording else ()
    seconds = whole_seconds(take.sound) if recording else 0
    return (*found, ("RecordingDuration", str(seconds)), *((("Digits", digits),) if digits else ()))


def _call_back(leg: Leg, verb: Record, status: str, recording: LineRecording | None) -> asyncio.Task[None] | None:
    if not verb.callback_url or status not in verb.callback_events:
        return None
    parameters: Parameters = [
        ("AccountSid", leg.account.account_sid),
        ("CallSid", leg.call.sid),
        *([("RecordingSid", recording.sid), ("RecordingUrl", _url(leg, recording))] if recording else []),
        ("RecordingStatus", status),
        ("RecordingDuration", str(recording.seconds if recording else 0)),
        ("RecordingChannels", "1"),
        ("RecordingSource", "RecordVerb"),
        ("RecordingStartTime", http_date(recording.created_at if recording else datetime.now(UTC))),
        ("RecordingTrack", "both"),
        ("ErrorCode", "0"),
    ]
    return leg.courier.call_back("recording", verb.callback_method, verb.callback_url, parameters)


def _url(leg: Leg, recording: LineRecording) -> str:
    return f"{leg.account.url}/{API_VERSION}/Accounts/{leg.account.account_sid}/Recordings/{recording.sid}"
