"""When to try again after an attempt: the retries of each outcome, only within hours in which a person may be rung. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from callbacks.callback import COUNTED, Outcome
from callbacks.schedule.calendar import HORIZON, Calendar, NoOpenHours
from callbacks.schedule.windows import OpenWindow, awake, opening_edge
from flows.company.calendar_definition import Window
from flows.company.company import QUIET

# After so many attempts, on so many days and in so many parts of the day, a customer counts as unreached.
MAX_ATTEMPTS: Final = 4
MIN_DAYS: Final = 3
MIN_PARTS: Final = 3

PartOfDay = Literal["morning", "afternoon", "evening"]
_AFTERNOON: Final = time(12)
_EVENING: Final = time(17)
_DAY: Final = timedelta(days=1)
_BUSY: Final = (timedelta(minutes=10), timedelta(minutes=30))
_NO_ANSWER: Final = timedelta(minutes=45)
_VOICEMAIL: Final = timedelta(hours=3)
_CARRIER: Final = (timedelta(minutes=5), timedelta(minutes=30))
_UNANSWERED: Final[frozenset[Outcome]] = frozenset({"busy", "no_answer", "voicemail_reached"})


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt that was made."""

    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Hours:
    """When a customer may be rung: the queue's open hours outside of the quiet hours of every zone given."""

    calendar: Calendar
    zones: tuple[ZoneInfo, ...]
    quiet: Window | None = QUIET

    @property
    def zone(self) -> ZoneInfo:
        """Where the customer's parts of the day are counted."""
        return self.zones[0]

    def windows(self, start: datetime, until: datetime) -> Iterator[OpenWindow]:
        for window in self.calendar.windows(start, until):
            stretches = [window]
            for zone in self.zones:
                stretches = [part for stretch in stretches for part in awake(stretch, self.quiet, zone)]
            yield from stretches


@dataclass(frozen=True, slots=True)
class Again:
    """Ring again, not before this moment."""

    not_before: datetime
    alert: str = ""


@dataclass(frozen=True, slots=True)
class NeedsNumber:
    """The number does not lead to the customer: a person must look before anybody dials."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The customer counts as unreached; the supervisor decides."""


Next = Again | NeedsNumber | GiveUp


def next_try(outcome: Outcome, earlier: Sequence[Tried], now: datetime, hours: Hours) -> Next:
    """What follows an attempt that ended `now` without closing the callback.

    `earlier` are the attempts since the customer was last spoken to, in order. Raises ValueError for an outcome that has no
    retries (resolved, call_later …) and NoOpenHours when the queue's hours and the quiet hours never meet.
    """
    tried = [*earlier, Tried(now, outcome)]
    if outcome in _UNANSWERED and _is_enough(tried, now, hours):
        return GiveUp()
    times = sum(1 for attempt in tried if attempt.outcome == outcome)
    match outcome:
        case "busy":
            return Again(_at_or_after(now + _BUSY[min(times, len(_BUSY)) - 1], hours))
        case "no_answer" if times == 1:
            return Again(_at_or_after(now + _NO_ANSWER, hours))
        case "no_answer" if times == 2:
            return Again(_in_another_part(now, {part_of_day(now, hours.zone)}, hours))
        case "no_answer":
            parts = {part_of_day(attempt.at, hours.zone) for attempt in tried if attempt.outcome in COUNTED}
            return Again(_in_another_part(_next_day(now, hours.zone), parts, hours))
        case "voicemail_reached" if times == 1:
            return Again(_at_or_after(now + _VOICEMAIL, hours))
        case "voicemail_reached":
            return Again(_at_or_after(_next_day(now, hours.zone), hours))
        case "wrong_person" | "invalid_number":
            return NeedsNumber()
        case "carrier_failure":
            alert = "" if times == 1 else f"the carrier failed {times} times: check the provider and the number"
            return Again(_at_or_after(now + _CARRIER[min(times, len(_CARRIER)) - 1], hours), alert)
        case _:
            raise ValueError(f"{outcome} asks for no other attempt")


def part_of_day(at: datetime, zone: ZoneInfo) -> PartOfDay:
    """Morning until 12, afternoon until 17, then evening."""
    clock = at.astimezone(zone).time()
    return "morning" if clock < _AFTERNOON else "afternoon" if clock < _EVENING else "evening"


def _is_enough(tried: Sequence[Tried], now: datetime, hours: Hours) -> bool:
    counted = [attempt for attempt in tried if attempt.outcome in COUNTED]
    if len(counted) < MAX_ATTEMPTS:
        return False
    days = {attempt.at.astimezone(hours.zone).date() for attempt in counted}
    parts = {part_of_day(attempt.at, hours.zone) for attempt in counted}
    # An office that closes at five has no evenings: then all the parts that it has must do.
    open_parts = {part_of_day(part.opens, hours.zone) for part in _parts(now, now + timedelta(days=7), hours)}
    return len(days) >= MIN_DAYS and len(parts) >= min(MIN_PARTS, len(open_parts))


def _at_or_after(at: datetime, hours: Hours) -> datetime:
    for window in hours.windows(at, at + HORIZON):
        return window.opens
    raise NoOpenHours(
        f"the hours of {hours.calendar.definition.zone} and the quiet hours ({_said(hours.quiet)}) "
        f"of {', '.join(zone.key for zone in hours.zones)} leave no time to ring. Change the calendar or the number."
    )


def _in_another_part(at: datetime, parts: set[PartOfDay], hours: Hours) -> datetime:
    """The first moment in a part of the day that was not tried, or in any when a fortnight offers none."""
    for part in _parts(at, at + timedelta(days=14), hours):
        if part_of_day(part.opens, hours.zone) not in parts:
            return part.opens
    return _at_or_after(at, hours)


def _parts(start: datetime, until: datetime, hours: Hours) -> Iterator[OpenWindow]:
    """The hours in which to ring, cut where the part of the day changes."""
    for window in hours.windows(start, until):
        opens = window.opens
        for cut in _local_moments(window, hours.zone, (_AFTERNOON, _EVENING)):
            yield OpenWindow(opens, cut)
            opens = cut
        yield OpenWindow(opens, window.closes)


def _local_moments(window: OpenWindow, zone: ZoneInfo, clocks: Sequence[time]) -> Iterator[datetime]:
    """The moments strictly inside a window at which the wall clock shows one of these times."""
    day, last = window.opens.astimezone(zone).date(), window.closes.astimezone(zone).date()
    while day <= last:
        for clock in clocks:
            moment = opening_edge(datetime.combine(day, clock), zone)
            if window.opens < moment < window.closes:
                yield moment
        day += _DAY


def _said(quiet: Window | None) -> str:
    return f"{quiet.opens:%H:%M}–{quiet.closes:%H:%M}" if quiet is not None else "none"


def _next_day(at: datetime, zone: ZoneInfo) -> datetime:
    return opening_edge(datetime.combine(at.astimezone(zone).date() + _DAY, time()), zone)
