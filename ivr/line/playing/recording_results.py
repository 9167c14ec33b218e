"""Handles a finished recording: stores it, asks the action of <Record>, sends the recording callback.

Rules 18 to 22 of docs/twiml-rules.md, with the modes of rules 20 and 21.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from ivr.line.playing.active_call import ActiveCall, DocumentRequest
from ivr.line.playing.caller_channel import CallerHungUp
from ivr.line.playing.recording import CapturedAudio, record_caller
from ivr.line.store.calls import API_VERSION, http_date
from ivr.line.store.recordings import LineRecording, whole_seconds
from ivr.line.twiml.verbs import Record
from ivr.line.webhooks.webhook_client import Parameters


async def record_message(active: ActiveCall, verb: Record) -> DocumentRequest | None:
    """Record the caller and give the action to ask; None runs the next verb (rule 20).

    Raises CallerHungUp after asking the action with Digits=hangup (rule 22).
    """
    _send_callback(active, verb, "in-progress", None)
    captured = await record_caller(active.channel, verb)
    if captured.ended_by == "hangup":
        active.end_by_caller()
    recording = await _keep(active, verb, captured)

    def send_callback() -> asyncio.Task[None] | None:
        return _send_callback(active, verb, "completed" if recording else "absent", recording)

    request = DocumentRequest(verb.action, verb.method, _action_parameters(active, captured, recording))
    if captured.ended_by == "hangup":
        await active.fetch_and_discard(request)
        send_callback()
        raise CallerHungUp
    if recording is None and active.modes.empty_recording == "next":
        send_callback()
        return None
    if active.modes.recording_callback == "before":
        if (sent := send_callback()) is not None:
            await sent
        return request
    return replace(request, after_answer=send_callback)


async def _keep(active: ActiveCall, verb: Record, captured: CapturedAudio) -> LineRecording | None:
    """Store the recording; the mode `empty_recording` decides about silence (rule 20)."""
    if not captured.sound.pcm or (captured.is_silent and active.modes.empty_recording != "action"):
        return None
    sound = captured.trimmed() if verb.trims_silence else captured.sound
    return await asyncio.to_thread(
        active.recordings.keep, active.account.account_sid, active.call.sid, sound, active.modes.availability_seconds
    )


def _action_parameters(
    active: ActiveCall, captured: CapturedAudio, recording: LineRecording | None
) -> tuple[tuple[str, str], ...]:
    """The parameters of the action of <Record>; the duration is the one before trimming (rule 21)."""
    digits = "hangup" if captured.ended_by == "hangup" else captured.end_key
    found = (("RecordingUrl", _url(active, recording)), ("RecordingSid", recording.sid)) if recording else ()
    seconds = whole_seconds(captured.sound) if recording else 0
    return (*found, ("RecordingDuration", str(seconds)), *((("Digits", digits),) if digits else ()))


def _send_callback(
    active: ActiveCall, verb: Record, status: str, recording: LineRecording | None
) -> asyncio.Task[None] | None:
    if not verb.callback_url or status not in verb.callback_events:
        return None
    parameters: Parameters = [
        ("AccountSid", active.account.account_sid),
        ("CallSid", active.call.sid),
        *([("RecordingSid", recording.sid), ("RecordingUrl", _url(active, recording))] if recording else []),
        ("RecordingStatus", status),
        ("RecordingDuration", str(recording.seconds if recording else 0)),
        ("RecordingChannels", "1"),
        ("RecordingSource", "RecordVerb"),
        ("RecordingStartTime", http_date(recording.created_at if recording else datetime.now(UTC))),
        ("RecordingTrack", "both"),
        ("ErrorCode", "0"),
    ]
    return active.webhook_client.send_callback("recording", verb.callback_method, verb.callback_url, parameters)


def _url(active: ActiveCall, recording: LineRecording) -> str:
    return f"{active.account.url}/{API_VERSION}/Accounts/{active.account.account_sid}/Recordings/{recording.sid}"
