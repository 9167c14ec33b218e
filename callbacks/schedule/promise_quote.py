"""The moment that can truthfully be promised to a caller: the target, or later when the work already waiting says so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from callbacks.schedule.calendar import HORIZON, Calendar, Deadline, LedgerLine, NoOpenHours
from callbacks.schedule.targets import target_for
from flows.company.company import Company
from flows.events import Effect, QuotePromise, ReadHours
from flows.inputs import HoursRead, PromiseQuoted, Result

# A promise that needs more open days than this is none; the flow takes its exit `not_possible`.
MAX_OPEN_DAYS = 10


@dataclass(frozen=True, slots=True)
class Quote:
    """What can be said (`until`, None when nothing truthful can) and what we ask of ourselves (`due_at`, the target).

    `due_at` is None only when the calendar has no open hours. `ledger` is plain JSON and answers "why 14:00?".
    """

    until: datetime | None
    due_at: datetime | None
    time_zone: str
    ledger: dict[str, Any]


def perform_effect(effect: Effect, company: Company, now: datetime, backlog: int = 0, language: str = "") -> Result:
    """Answer what the engine asked for. `backlog` counts the live callbacks of the effect's queue (see backlog.py).

    Reads no store. Raises LookupError when the company has no such calendar or queue.
    """
    match effect:
        case ReadHours(name, languages):
            return read_hours(company, name, now, languages)
        case QuotePromise(queue=queue, intent=intent):
            quoted = quote(company, queue, intent, language, now, backlog)
            return PromiseQuoted(quoted.until, quoted.time_zone)
        case _:
            assert_never(effect)


def read_hours(company: Company, name: str, now: datetime, languages: tuple[str, ...] = ()) -> HoursRead:
    """What a calendar of the company says at `now`, with its reason in these languages."""
    definition = company.calendars.get(name)
    if definition is None:
        raise LookupError(f'the company has no calendar "{name}"; calendars here: {", ".join(company.calendars)}')
    return Calendar.from_definition(definition).state(now, languages)


def calendar_of(company: Company, queue: str) -> Calendar:
    """The calendar by which a queue works, without its quiet hours. Raises LookupError when the company has no such queue."""
    definition = company.queues.get(queue)
    if definition is None:
        raise LookupError(f'the company has no queue "{queue}"; queues here: {", ".join(company.queues)}')
    return Calendar.from_definition(company.calendars[definition.calendar], definition.quiet)


def quote(company: Company, queue: str, intent: str, language: str, now: datetime, backlog: int) -> Quote:
    """The promise of a queue at `now` with `backlog` callbacks ahead: never before the target, on a round minute, in open hours.

    The backlog takes `backlog × handling_minutes ÷ people` of open time. Raises LookupError when there is no such queue.
    """
    calendar = calendar_of(company, queue)
    definition = company.queues[queue]
    target = target_for(definition.targets, intent, language)
    work = timedelta(minutes=backlog * definition.handling_minutes / definition.people)
    ledger: dict[str, Any] = {
        "asked_at": now.astimezone(calendar.zone).isoformat(),
        "queue": queue,
        "intent": intent,
        "language": language,
        "target": {"rule": target.rule, "days": target.days}
        if target.days
        else {"rule": target.rule, "minutes": target.minutes},
        "calendar": {"name": definition.calendar, "zone": calendar.definition.zone, "version": _version(calendar)},
        "backlog": backlog,
        "handling_minutes": definition.handling_minutes,
        "people": definition.people,
        "round_minutes": definition.round_minutes,
    }
    zone = calendar.zone
    try:
        due = target.deadline(calendar, now)
    except NoOpenHours as error:
        return Quote(None, None, zone.key, ledger | {"not_possible": str(error)})
    ledger["due_at"] = _local(due.at, zone)
    try:
        worked_off = calendar.deadline(now, work)
    except NoOpenHours as error:
        return Quote(None, due.at, zone.key, ledger | {"not_possible": str(error)})
    later = max(due, worked_off, key=lambda deadline: deadline.at)
    ledger |= {"backlog_done_at": _local(worked_off.at, zone), "windows": [_as_json(line) for line in later.ledger]}
    if worked_off.at > due.at and _open_days(worked_off) > MAX_OPEN_DAYS:
        reason = f"the backlog needs more than {MAX_OPEN_DAYS} open days"
        return Quote(None, due.at, zone.key, ledger | {"not_possible": reason})
    until = _rounded(calendar, later.at, definition.round_minutes)
    return Quote(until, due.at, zone.key, ledger | {"until": _local(until, zone)})


def _rounded(calendar: Calendar, at: datetime, minutes: int) -> datetime:
    """The first round minute of the wall clock at or after `at` that lies inside open hours or on their end.

    In a later window it lies after the opening: "by nine" means nothing at nine. Where no window holds a round minute
    within the horizon, `at` itself.
    """
    rounded = _round_up(at, minutes, calendar.zone)
    # The window that holds `at` or ends on it is found from a moment before; two hours suffice unless it closes first.
    before = at - timedelta(microseconds=1)
    for reach in (timedelta(hours=2), HORIZON):
        for window in calendar.windows(before, at + reach):
            if window.opens > before:
                after_opening = window.opens + timedelta(microseconds=1)
                rounded = max(rounded, _round_up(after_opening, minutes, calendar.zone))
            if rounded <= window.closes:
                return rounded
    return at


def _round_up(at: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    whole = at.replace(second=0, microsecond=0)
    if whole < at:
        whole += timedelta(minutes=1)
    # Steps of a minute because the zone's offset may change on the way, or not be a multiple of the step (Kathmandu +5:45).
    while whole.astimezone(zone).minute % minutes:
        whole += timedelta(minutes=1)
    return whole.astimezone(UTC)


def _open_days(deadline: Deadline) -> int:
    return len({line.since.date() for line in deadline.ledger if line.kind == "counted"})


def _version(calendar: Calendar) -> str:
    written = f"{calendar.definition.model_dump_json()} {calendar.quiet}"
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()


def _as_json(line: LedgerLine) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "since": line.since.isoformat(),
        "until": line.until.isoformat(),
        "open_minutes": round(line.open_seconds / 60, 2),
        "name": line.name,
    }
