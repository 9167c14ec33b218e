"""A call while the engine works on one turn: what has been said and what has happened so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flows.company.calendar_definition import Week
from flows.company.company import DEFAULT, Company
from flows.company.house import calendar_of, zone_of, zone_of_queue
from flows.events import Event, PromiseSpoken
from flows.prompts.prompt import Known, Prompt, clean, render
from flows.session import Promise, Session
from flows.verbs import Dial, Gather, HangUp, Play, Record, Say, Verb

if TYPE_CHECKING:
    from flows.model import Flow

GENERAL = "general"


class Visit:
    """Collects the verbs and events of a turn, and the session that follows from it.

    What is said is held back until the next verb is known, so that words which may be interrupted go inside the gather.
    """

    def __init__(self, flow: Flow, company: Company, session: Session, now: datetime) -> None:
        self.flow = flow
        self.company = company
        self.session = session
        self.now = now
        self.events: list[Event] = []
        self._verbs: list[Verb] = []
        self._said: list[tuple[Say | Play, bool]] = []
        self._known: Known | None = None
        # Whether the greeting of this turn has already named each language's key.
        self.is_language_offered = False

    def change(self, **fields: Any) -> None:
        self.session = self.session.change(**fields)

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def say(self, prompt: Prompt | None, languages: Iterable[str] = (), barge_in: bool = True) -> None:
        """Say a prompt in the caller's language, or in each of `languages` in turn."""
        if prompt is None:
            return
        for language in languages or (self.session.language,):
            spoken = render(prompt, language, self.flow.languages[0], self.known())
            if spoken is None:
                continue
            self._said.append((spoken.verb, barge_in))
            promise = self.session.promise
            if spoken.promise and promise is not None and not promise.spoken:
                node = self.session.node
                self.emit(PromiseSpoken(node, promise.queue, promise.intent, promise.until, spoken.promise))
                self.change(promise=replace(promise, spoken=True))

    def say_verb(self, verb: Say, barge_in: bool = True) -> None:
        self._said.append((verb, barge_in))

    def wait(self, verb: Gather | Record | Dial | HangUp) -> None:
        """Add the verb that ends this turn's answer; a gather takes in the words before it that a key may interrupt."""
        inside: list[Say | Play] = []
        if isinstance(verb, Gather):
            while self._said and self._said[-1][1]:
                inside.insert(0, self._said.pop()[0])
            verb = replace(verb, prompts=tuple(inside))
        self.flush()
        self._verbs.append(verb)

    def flush(self) -> None:
        self._verbs.extend(said for said, _ in self._said)
        self._said.clear()

    def verbs(self) -> tuple[Verb, ...]:
        self.flush()
        return tuple(self._verbs)

    def promise(self, queue: str, intent: str, until: datetime | None, time_zone: str) -> None:
        """Keep a quoted moment (whole seconds), or forget an older one when none can be promised."""
        if until is None:
            self.change(promise=None)
        else:
            self.change(promise=Promise(queue, intent, until.replace(microsecond=0), time_zone))

    def promised_until(self) -> datetime | None:
        return self.session.promise.until if self.session.promise else None

    def intent(self, written: str) -> str:
        """What the caller wants: the node's own intent, else the last menu choice, else general."""
        return written or self.session.intent or GENERAL

    def known(self) -> Known:
        """Return the values that a prompt may speak now. Of what it holds only promise and hours change during a turn."""
        session, known = self.session, self._known
        if known is not None and known.promise is session.promise and known.hours is session.hours:
            return known
        open_until = session.open_promise_until
        if open_until is not None and open_until <= self.now:  # a moment that has passed is nothing to repeat
            open_until = None
        called = self.company.numbers.get(session.called or DEFAULT)
        self._known = Known(
            now=self.now,
            time_zone=zone_of(self.flow, self.company, session.called),
            organisation=(called.organisation if called is not None else None) or self.company.organisation,
            open_promise_zone=zone_of_queue(self.company, session.open_promise_queue),
            hours=session.hours,
            week=self._week(),
            organisation_language=self.company.default_language,
            caller_name=clean(session.caller_name),
            caller_number=session.caller_number,
            promise=session.promise,
            open_promise_until=open_until,
            is_24_hour=self.company.clock == "24h",
        )
        return self._known

    def calendar(self, written: str = "") -> str:
        """The calendar that the call goes by where a node names this one, or none."""
        return calendar_of(self.flow, self.company, self.session.called, written)

    def _week(self) -> Week | None:
        """The week that holds today in the calendar that was read last, or else in the call's own."""
        name = self.session.hours.calendar if self.session.hours is not None else self.calendar()
        calendar = self.company.calendars.get(name)
        return None if calendar is None else calendar.week_of(self.now.astimezone(calendar.time_zone()).date())
