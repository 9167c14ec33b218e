"""A call without a telephone: the engine, its effects performed by a function, and a record of what was heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flows.checks.pace import prompt_seconds
from flows.company.company import Company
from flows.engine import resume, start
from flows.events import Effect, Event, NodeEntered, NodeLeft
from flows.inputs import Digits, Input, Result
from flows.limits import MAX_STEPS_WITHOUT_WAIT
from flows.model import Flow
from flows.session import Caller, Session
from flows.turn import Turn
from flows.verbs import Gather, Play, Say, Verb

# Answers what the engine cannot know; the real one reads calendars and backlogs.
Perform = Callable[[Effect, Company, datetime], Result]
# The same for one node of a flow.
PerformAt = Callable[[str, Effect, datetime], Result]


@dataclass(slots=True)
class Rehearsal:
    """One call as far as it has gone. `verbs` are those of the present wait, `heard` all that was said so far."""

    flow: Flow
    company: Company
    perform: PerformAt
    session: Session | None = None
    verbs: tuple[Verb, ...] = ()
    heard: list[Say | Play] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seconds: float = 0.0

    def begin(self, caller: Caller, now: datetime, called: str = "") -> None:
        self._take(start(self.flow, self.company, caller, now, called), now)

    def take(self, given: Input, now: datetime) -> None:
        """Go on with an input of the caller."""
        assert self.session is not None, "begin comes first"
        self._take(resume(self.flow, self.company, self.session, given, now), now)

    def _take(self, turn: Turn, now: datetime) -> None:
        verbs, events = list(turn.verbs), list(turn.events)
        for _ in range(MAX_STEPS_WITHOUT_WAIT):
            if turn.effect is None:
                break
            result = self.perform(turn.session.node, turn.effect, now)
            turn = resume(self.flow, self.company, turn.session, result, now)
            verbs.extend(turn.verbs)
            events.extend(turn.events)
        self.session = turn.session
        self.verbs = tuple(verbs)
        self.heard.extend(said(self.verbs))
        self.events.extend(events)
        self.seconds += prompt_seconds(self.verbs)

    @property
    def is_over(self) -> bool:
        return self.session is not None and bool(self.session.ended)

    def path(self) -> tuple[str, ...]:
        """The nodes entered, in order."""
        return tuple(event.node.removeprefix("!") for event in self.events if isinstance(event, NodeEntered))

    def exits(self) -> frozenset[tuple[str, str]]:
        """The exits taken, as (node, exit)."""
        return frozenset((event.node, event.exit) for event in self.events if isinstance(event, NodeLeft))


def cannot_be_sent(verbs: tuple[Verb, ...], given: Input) -> str:
    """Say why a telephone cannot send these keys at the present wait; nothing when it can."""
    gather = next((verb for verb in reversed(verbs) if isinstance(verb, Gather)), None)
    if gather is None or not isinstance(given, Digits):
        return ""
    if gather.finish_on_key and gather.finish_on_key in given.digits:
        return f"{gather.finish_on_key} ends an entry of several keys here and is never sent"
    if gather.num_digits and len(given.digits) > gather.num_digits:
        return "one key counts at once here; write each key as an event of its own"
    return ""


def said(verbs: tuple[Verb, ...]) -> list[Say | Play]:
    """Return the words among some verbs, in the order in which they are heard."""
    words: list[Say | Play] = []
    for verb in verbs:
        if isinstance(verb, Say | Play):
            words.append(verb)
        elif isinstance(verb, Gather):
            words.extend(verb.prompts)
    return words
