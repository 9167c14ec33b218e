"""Days of a calendar file (iCalendar, RFC 5545), as another calendar or a public feed exports them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from flows.company.calendar_definition import DatedDay, named
from flows.limits import MAX_FILE_BYTES
from flows.values.dates import YearlyDate

if TYPE_CHECKING:
    from icalendar import Event

MAX_DAYS = 1_000
# How far ahead a repeated day is written out that is not simply one of every year.
YEARS_AHEAD = 15
# In a published company.yaml: the days of its calendar files, so that they live where it lives.
SECTION = "files"
_SECTION = re.compile(rf"(?m)^# The days of the calendar files.*\n{SECTION}:\n(?:[ \t]+.*\n?|\n)*")


def read_ics(content: bytes) -> tuple[DatedDay, ...]:
    """Return the whole days that a file names, in order; events with a time of day are none. Raises ValueError."""
    from icalendar import Calendar

    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"it is larger than {MAX_FILE_BYTES // 1024} KiB")
    try:
        calendars = Calendar.from_ical(content, multiple=True)
        days = [day for calendar in calendars for event in calendar.events for day in _days(event)]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError):
        raise ValueError("it cannot be read as a calendar (iCalendar, RFC 5545); export it anew") from None
    if not days:
        raise ValueError("it has no events of whole days")
    if len(days) > MAX_DAYS:
        raise ValueError(f"it has more than {MAX_DAYS} days")
    return tuple(sorted(days, key=lambda day: (not isinstance(day.date, date), str(day.date))))


def with_days(text: str, files: Mapping[str, tuple[DatedDay, ...]]) -> str:
    """A company.yaml with the days of its calendar files written into it, in place of those that it had."""
    lines = [f"# The days of the calendar files, as they were when this was published.\n{SECTION}:\n"]
    for name, days in files.items():
        lines.append(f"  {name}:\n")
        lines += [f"    - {_written(day)}\n" for day in days]
    bare = _SECTION.sub("", text)
    return bare + ("" if bare.endswith("\n") else "\n") + "".join(lines)


def _written(day: DatedDay) -> str:
    until = "" if day.until is None else f", until: {_shown(day.until)}"
    return f"{{date: {_shown(day.date)}{until}, name: {json.dumps(named(day.name), ensure_ascii=False)}}}"


def _shown(day: date | YearlyDate) -> str:
    return f"--{day.month:02}-{day.day:02}" if isinstance(day, YearlyDate) else day.isoformat()


def _days(event: Event) -> Iterator[DatedDay]:
    first = event.DTSTART
    if first is None or isinstance(first, datetime) or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    ends = event.DTEND or first + (event.DURATION or timedelta(days=1))
    last = max(first, (ends.date() if isinstance(ends, datetime) else ends) - timedelta(days=1))
    name = {"": " ".join(str(event.get("SUMMARY", "")).split())[:80]}
    rules = event.rrules
    if not rules:
        yield _day(first, last, name)
    elif len(rules) == 1 and set(rules[0]) == {"FREQ"} and rules[0]["FREQ"] == ["YEARLY"] and not event.exdates:
        yield DatedDay(date=_yearly(first), until=None if last == first else _yearly(last), name=name)
    else:
        for day in _repeated(event, first):
            yield _day(day, day + (last - first), name)


def _repeated(event: Event, first: date) -> Iterator[date]:
    from dateutil.rrule import rrulestr

    left_out = {each.date() if isinstance(each, datetime) else each for each in event.exdates}
    start = datetime.combine(first, time())
    end = datetime.combine(first.replace(year=first.year + YEARS_AHEAD, day=1), time())
    for rule in event.rrules:
        written = rule.to_ical()
        text = written.decode() if isinstance(written, bytes) else str(written)
        for count, moment in enumerate(rrulestr(text, dtstart=start, ignoretz=True).xafter(start, inc=True)):
            if moment > end or count > MAX_DAYS:
                break
            if moment.date() not in left_out:
                yield moment.date()


def _day(first: date, last: date, name: dict[str, str]) -> DatedDay:
    return DatedDay(date=first, until=None if last == first else last, name=name)


def _yearly(day: date) -> YearlyDate:
    return YearlyDate(day.month, day.day)
