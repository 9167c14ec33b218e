"""A company, a flow with every type of node, and a caller whose every turn is checked, for all tests of flows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.company.company import Company
from flows.engine import resume, start
from flows.events import Effect, Event, NodeEntered, QuotePromise, ReadHours
from flows.files.loader import load_company, load_flow
from flows.inputs import HoursRead, HoursState, Input, PromiseQuoted, Result
from flows.model import Flow
from flows.session import Caller, Session
from flows.testing.rehearsal import said
from flows.turn import Turn
from flows.verbs import Dial, Gather, HangUp, Record, Verb

HERE = Path(__file__).parent
NOW = datetime(2030, 3, 5, 8, 15, tzinfo=UTC)  # 10:15 in Riga, a Tuesday
UNTIL = datetime(2030, 3, 5, 12, 30, tzinfo=UTC)  # 14:30 in Riga
KNOWN = Caller(number="+37120000001", language="en")


@dataclass
class Call:
    """A call in which the session travels as JSON between all turns, as it does in life."""

    flow: Flow
    company: Company
    caller: Caller = KNOWN
    hours: HoursState = "open"
    until: datetime | None = UNTIL
    now: datetime = NOW
    session: Session = field(init=False)
    verbs: tuple[Verb, ...] = ()
    events: tuple[Event, ...] = ()
    happened: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._take(start(self.flow, self.company, self.caller, self.now))

    def do(self, *inputs: Input) -> Call:
        for given in inputs:
            before = self.session
            self._take(resume(self.flow, self.company, before, given, self.now))
        return self

    def heard(self) -> str:
        """What the caller hears in the present turn."""
        return " ".join(words.text for words in said(self.verbs))

    def path(self) -> list[str]:
        return [event.node for event in self.happened if isinstance(event, NodeEntered)]

    def last(self) -> Verb:
        return self.verbs[-1]

    def _take(self, turn: Turn) -> None:
        verbs, events = turn.verbs, turn.events
        while turn.effect is not None:
            result = self._answer(turn.effect)
            turn = resume(self.flow, self.company, travelled(turn.session), result, self.now)
            verbs, events = verbs + turn.verbs, events + turn.events
        self.session = travelled(turn.session)
        self.verbs, self.events = verbs, events
        self.happened.extend(events)
        if verbs:
            assert isinstance(verbs[-1], Gather | Record | Dial | HangUp), verbs
            assert not any(isinstance(verb, Gather | Record | Dial | HangUp) for verb in verbs[:-1]), verbs

    def _answer(self, effect: Effect) -> Result:
        match effect:
            case ReadHours():
                return HoursRead(self.hours)
            case QuotePromise():
                return PromiseQuoted(self.until, "Europe/Riga")


def travelled(session: Session) -> Session:
    """Return a session as it comes back from the provider, after seeing that it fits into a URL."""
    packed = json.dumps(session.to_dict(), ensure_ascii=False, separators=(",", ":"))
    assert len(packed.encode()) <= 1_000, packed
    back = Session.from_dict(json.loads(packed))
    assert back == session
    return back


@pytest.fixture(scope="session")
def company() -> Company:
    return load_company((HERE / "company.yaml").read_text(), "company.yaml")


@pytest.fixture(scope="session")
def flow() -> Flow:
    return load_flow((HERE / "every_node.yaml").read_text(), "every_node.yaml")


@pytest.fixture
def ring(flow: Flow, company: Company) -> Callable[..., Call]:
    """Begin a call of the flow with every type of node."""

    def begin(**options: object) -> Call:
        return Call(flow, company, **options)  # type: ignore[arg-type]  # fields of Call

    return begin
