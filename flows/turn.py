"""The answer of the engine to one input."""

from __future__ import annotations

from dataclasses import dataclass

from flows.events import Effect, Event
from flows.session import Session
from flows.verbs import Verb


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the call is now, what the phone does, what happened.

    While `effect` is set the turn is unfinished: perform it and resume with its result; then the verbs and events of both
    parts belong together. Otherwise `verbs` ends with a wait (Gather, Record, Dial) or with HangUp.
    """

    session: Session
    verbs: tuple[Verb, ...]
    events: tuple[Event, ...]
    effect: Effect | None = None
