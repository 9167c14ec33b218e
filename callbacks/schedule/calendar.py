"""When people are there: open windows, and deadlines counted in open time only.

Every local edge is turned into UTC first and all arithmetic is done there, so that a night on which clocks change has the
hours that it really has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from callbacks.schedule.public_holidays import public_holidays
from callbacks.schedule.windows import OpenWindow, Pause, awake, closing_edge, joined, opening_edge, without
from flows.company.calendar_definition import WEEKDAYS, CalendarDefinition, Window, named
from flows.inputs import HoursRead, HoursState
from flows.values.clock import shown

# A calendar that has not opened for so long is misconfigured; nobody waits a year for a call.
HORIZON = timedelta(days=400)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=8)

LineKind = Literal["counted", "pause", "holiday", "exception", "closure"]
_CLOSED: dict[LineKind, HoursState] = {"holiday": "holiday", "exception": "override"}


class NoOpenHours(Exception):
    """The calendar does not hold enough open time within 400 days. A fault of configuration: a retry cannot help."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One reason why a deadline is where it is: a window counted, a pause, a day or closure passed over.

    `since` and `until` are aware, in the calendar's zone; `open_seconds` is what was counted, 0 for what was passed over.
    """

    kind: LineKind
    since: datetime
    until: datetime
    open_seconds: float = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment (UTC) at which the open time is used up, with the ledger that explains it."""

    at: datetime
    ledger: tuple[LedgerLine, ...]


@dataclass(frozen=True, slots=True)
class _Day:
    """The windows that open on one local date, and why they are not the week's."""

    windows: tuple[Window, ...]
    kind: LineKind = "counted"
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return named(self.names)


@dataclass(frozen=True)
class Calendar:
    """A compiled CalendarDefinition. A window belongs to the day on which it opens: a holiday does not cut last night's.

    Of several exceptions for one date the first holds; an exception holds over a public holiday, a closure over everything.
    """

    definition: CalendarDefinition
    zone: ZoneInfo
    quiet: Window | None = None

    @classmethod
    def from_definition(cls, definition: CalendarDefinition, quiet: Window | None = None) -> Calendar:
        """Compile; equal definitions share one Calendar. In the hours of `quiet`, of every day, it is not open."""
        return _compiled(definition.model_dump_json(), quiet)

    def state(self, now: datetime, languages: tuple[str, ...] = ()) -> HoursRead:
        """What the calendar says at `now`. `override` is a closure, or a day with an exception outside of its windows."""
        _require_aware(now)
        day = self._day(now.astimezone(self.zone).date())
        closure, closed_until = self.definition.closure, self._closed_until()
        state: HoursState
        names: Mapping[str, str]
        if closure is not None and closed_until is not None and now < closed_until:
            state, names = "override", closure.reason
        elif any(self._pieces(now, now + timedelta(microseconds=1))):
            state, names = "open", day.names if day.windows else {}
        else:
            state, names = _CLOSED.get(day.kind, "closed"), day.names
        # Who is open is asked when it opens again only out of interest; a house that never closes is not walked for a year.
        ahead = _WEEK if state == "open" else HORIZON
        following = (window.opens for window in self.windows(now, now + ahead) if window.opens > now)
        return HoursRead(
            state,
            named(names),
            {
                language: name
                for language in languages
                if (name := named(names, language) if _has(names, language) else "")
            },
            next(following, None),
            ", ".join(shown((window.opens, window.closes)) for window in day.windows),
            self.zone.key,
        )

    def is_open(self, now: datetime) -> bool:
        return self.state(now).state == "open"

    def windows(self, start: datetime, until: datetime) -> Iterator[OpenWindow]:
        """Open windows between two moments, in order, cut to them; those that overlap or touch are one."""
        return joined(self._pieces(start, until))

    def deadline(self, start: datetime, open_time: timedelta, pauses: Iterable[Pause] = ()) -> Deadline:
        """The moment by which `open_time` has passed since `start`; pauses do not count.

        Raises NoOpenHours when 400 days do not hold that much, ValueError for a negative time or a moment without a zone.
        """
        _require_aware(start)
        if open_time < timedelta():
            raise ValueError(f"open time cannot be negative: {open_time}")
        if not open_time:
            return Deadline(start.astimezone(UTC), ())
        still = open_time
        breaks = sorted(pauses, key=lambda pause: pause.since)
        counted: list[LedgerLine] = []
        for piece in self._pieces(start, start.astimezone(UTC) + HORIZON):
            for part in without(piece, breaks):
                taken = min(part.length, still)
                still -= taken
                counted.append(self._line("counted", part.opens, part.opens + taken, taken.total_seconds()))
                if not still:
                    at = part.opens + taken
                    return Deadline(at, self._explain(start, at, counted, breaks))
        raise NoOpenHours(
            f"the calendar in {self.definition.zone} has {_minutes(open_time - still)} open minutes within "
            f"{HORIZON.days} days of {start:%Y-%m-%d}, but {_minutes(open_time)} are needed. "
            "Add windows to its week, or shorten its exceptions and the queue's quiet hours."
        )

    def days_later(self, start: datetime, days: int) -> Deadline:
        """The same time of day so many open days later, within that day's hours; outside of hours it begins at the next opening.

        Raises NoOpenHours when 400 days do not hold so many.
        """
        _require_aware(start)
        end = start.astimezone(UTC) + HORIZON
        first = next(iter(self._pieces(start, end)), None)
        if first is not None:
            begun = first.opens.astimezone(self.zone)
            day, passed = begun.date(), 0
            while day <= end.astimezone(self.zone).date():
                day += _DAY
                edges = self._edges(day)
                passed += bool(edges)
                if passed == days:
                    at = _moved_into(edges, opening_edge(datetime.combine(day, begun.time()), self.zone))
                    counted = [
                        self._line("counted", piece.opens, piece.closes, piece.length.total_seconds())
                        for piece in self._pieces(start, at)
                    ]
                    return Deadline(at, self._explain(start, at, counted, []))
        raise NoOpenHours(
            f"the calendar in {self.definition.zone} has fewer than {days} open days within {HORIZON.days} days of "
            f"{start:%Y-%m-%d}. Add windows to its week, or shorten its exceptions."
        )

    def elapsed(self, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
        """The open time between two moments, without pauses; nothing when `end` lies before `start`."""
        breaks = sorted(pauses, key=lambda pause: pause.since)
        parts = (part for piece in self._pieces(start, end) for part in without(piece, breaks))
        return sum((part.length for part in parts), timedelta())

    def _pieces(self, start: datetime, until: datetime) -> Iterator[OpenWindow]:
        """Open stretches in order that do not overlap, though they may touch: one for each window of each day."""
        _require_aware(start, until)
        begin, end = start.astimezone(UTC), until.astimezone(UTC)
        closed_until = self._closed_until()
        if closed_until is not None:
            begin = max(begin, closed_until)
        # Two days back: a window over midnight began yesterday, and a zone may have left out a day (Samoa, 2011-12-30).
        day = begin.astimezone(self.zone).date() - 2 * _DAY
        last = end.astimezone(self.zone).date() + _DAY
        while day <= last and begin < end:
            for window in self._edges(day):
                opens, closes = max(window.opens, begin), min(window.closes, end)
                if opens < closes:
                    yield from awake(OpenWindow(opens, closes), self.quiet, self.zone)
                    begin = closes
            day += _DAY

    def _edges(self, day: date) -> list[OpenWindow]:
        edges = []
        for window in self._day(day).windows:
            closes_on = day if window.closes > window.opens else day + _DAY
            opens = opening_edge(datetime.combine(day, window.opens), self.zone)
            edges.append(OpenWindow(opens, closing_edge(datetime.combine(closes_on, window.closes), self.zone)))
        return sorted(edges, key=lambda edge: (edge.opens, edge.closes))

    def _day(self, day: date) -> _Day:
        for exception in self.definition.exceptions:
            if exception.covers(day):
                return _Day(exception.windows, "exception", exception.name)
        if self.definition.holidays:
            names = public_holidays(self.definition.holidays, day.year).get(day)
            if names is not None:
                return _Day((), "holiday", names)
        return _Day(self.definition.week_of(day).get(WEEKDAYS[day.weekday()], ()))

    def _closed_until(self) -> datetime | None:
        closure = self.definition.closure
        if closure is None:
            return None
        if closure.until.tzinfo is not None:
            return closure.until.astimezone(UTC)
        return opening_edge(closure.until, self.zone)

    def _explain(
        self, start: datetime, at: datetime, counted: list[LedgerLine], pauses: list[Pause]
    ) -> tuple[LedgerLine, ...]:
        lines = list(counted)
        closure, closed_until = self.definition.closure, self._closed_until()
        if closure is not None and closed_until is not None and start < closed_until:
            lines.append(self._line("closure", start, min(at, closed_until), name=named(closure.reason)))
        for pause in pauses:
            if pause.since < at and start < pause.until:
                lines.append(self._line("pause", max(start, pause.since), min(at, pause.until)))
        day, last = start.astimezone(self.zone).date(), at.astimezone(self.zone).date()
        while day <= last:
            found = self._day(day)
            if found.kind != "counted":
                midnight, next_midnight = (
                    opening_edge(datetime.combine(each, time()), self.zone) for each in (day, day + _DAY)
                )
                lines.append(self._line(found.kind, midnight, next_midnight, name=found.name))
            day += _DAY
        return tuple(sorted(lines, key=lambda line: (line.since, line.until)))

    def _line(
        self, kind: LineKind, since: datetime, until: datetime, open_seconds: float = 0, name: str = ""
    ) -> LedgerLine:
        return LedgerLine(kind, since.astimezone(self.zone), until.astimezone(self.zone), open_seconds, name)


def _has(names: Mapping[str, str], language: str) -> bool:
    """Whether a name is in this language, or meant for all of them. A holiday's "" is its country's own language."""
    return language in names or language.split("-", 1)[0] in names or set(names) == {""}


def _moved_into(edges: list[OpenWindow], at: datetime) -> datetime:
    """A moment, or where the hours of its day do not hold it, the next edge of theirs."""
    for edge in edges:
        if at <= edge.closes:
            return max(at, edge.opens)
    return edges[-1].closes


@lru_cache(maxsize=256)
def _compiled(definition_json: str, quiet: Window | None) -> Calendar:
    definition = CalendarDefinition.model_validate_json(definition_json)
    return Calendar(definition, definition.time_zone(), quiet)


def _require_aware(*moments: datetime) -> None:
    for moment in moments:
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone")


def _minutes(span: timedelta) -> int:
    return round(span.total_seconds() / 60)
