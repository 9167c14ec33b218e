"""Describes a call as text: one line for each thing that the caller hears or does."""

from __future__ import annotations

from typing import assert_never

from ivr.line.protocol import (
    Action,
    Answered,
    Beeped,
    Callee,
    Connected,
    Dialling,
    DialResult,
    Ended,
    Event,
    Failed,
    GatherClosed,
    GatherOpened,
    HangUp,
    Keys,
    Listening,
    Mute,
    Paused,
    Played,
    Recorded,
    Recording,
    Ringing,
    Silence,
    Speak,
    Spoken,
    Warned,
)


def describe_event(event: Event) -> str | None:
    """The event as a line of text, or None when nothing is to be shown."""
    match event:
        case Ringing():
            return f"ringing   {event.call_id}"
        case Answered():
            return "answered"
        case Spoken():
            return f"[{event.language}]  {event.text}"
        case Played():
            return f"[tones]  {event.digits}" if event.digits else _audio(event)
        case Paused():
            return f"pause     {event.seconds:g} s"
        case Beeped():
            return "beep"
        case Recorded():
            return f"recorded  {event.seconds:g} s, ended by {event.ended_by.replace('_', ' ')}"
        case Dialling():
            return f"dialling  {', '.join(event.numbers)}"
        case Connected():
            return f"connected {event.number} for {event.seconds:g} s"
        case DialResult():
            return f"transfer  {event.status}" + (f" after {event.seconds} s" if event.seconds else "")
        case Warned():
            return f"warning   {event.code} {event.message}" if event.code else f"warning   {event.message}"
        case Failed():
            return f"error     {event.code} {event.message}"
        case Ended():
            return f"{event.status} after {event.seconds} s"
        case GatherOpened() | Listening() | GatherClosed() | Recording():
            return None
        case _:
            assert_never(event)


def _audio(event: Played) -> str:
    """The file with its length, and its words as caption: "[audio]  welcome.wav (3.2 s)  Good morning."."""
    name = event.url.partition("?")[0].rsplit("/", 1)[-1] or event.url
    return f"[audio]  {name} ({event.seconds:g} s)" + (f"  {event.caption}" if event.caption else "")


def describe_action(action: Action, event: Event) -> str | None:
    """The action after `event` as a line of text; None while the caller only listens."""
    match action:
        case Keys():
            return f"pressed   {action.keys}"
        case Speak():
            return f"speaking  {len(action.audio) // 1024} kB of sound"
        case HangUp():
            return "hung up"
        case Silence():
            return "silent" if isinstance(event, Listening) or begins_recording(event) else None
        case Mute():
            return None
        case Callee(does=does):
            return f"the other side {does.replace('_', ' ')}"
        case _:
            assert_never(action)


def begins_recording(event: Event) -> bool:
    """Whether the recording has just begun."""
    return isinstance(event, Recording) and event.seconds_so_far == 0
