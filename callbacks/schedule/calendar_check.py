"""A calendar compiled before it is used: countries, holidays, hours that are probably a slip, days that have passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

from callbacks.schedule.calendar import HORIZON, Calendar
from callbacks.schedule.public_holidays import (
    matches_a_holiday,
    of_country,
    public_holidays,
    regions_with_more,
    what_is_wrong,
)
from flows.checks.findings import Severity
from flows.company.calendar_definition import CalendarDefinition, DatedDay, Window, named
from flows.company.company import Place
from flows.files.faults import suggestion
from flows.values.clock import shown

# Whoever is open for so long without a break over midnight has more likely written 5 for 17.
LONGEST_NIGHT = timedelta(hours=14)

# Code, severity, place in the file, message, remedy.
Note = tuple[str, Severity, Place, str, str]


def check_calendar(name: str, definition: CalendarDefinition, now: datetime) -> Iterator[Note]:
    """Yield what is wrong with a calendar: it is walked for 400 days, and every country and holiday is looked up."""
    place = ("calendars", name)
    years = (now.year, now.year + 1)
    for code in definition.holidays.countries:
        at = _holiday_place(name, code)
        if wrong := what_is_wrong(code):
            message, _, remedy = wrong.partition(". ")
            yield "UNKNOWN_HOLIDAYS", "error", at, f'calendar "{name}": {message}.', remedy
        elif more := regions_with_more(code, years):
            kept = len(of_country(code, years[0]))
            message = f'calendar "{name}": {code} alone keeps {kept} holidays in {years[0]}; its regions keep more.'
            yield (
                "NO_REGION",
                "warning",
                at,
                message,
                f"Name the region: {', '.join(more[:6])}{' …' if more[6:] else ''}.",
            )
    for less in definition.holidays.without:
        if isinstance(less, str) and not any(
            matches_a_holiday(less, code, year) for code in definition.holidays.countries for year in years
        ):
            known = {each for code in definition.holidays.countries for each in _names(code, years)}
            yield (
                "UNKNOWN_HOLIDAY",
                "error",
                (*place, "holidays", "without"),
                f'calendar "{name}": "{less}" is no date and no holiday of {", ".join(definition.holidays.countries)}.',
                suggestion(less, known).strip() or "Write a date, or the name that `ringback flows check` shows.",
            )
    yield from _windows(name, definition)
    yield from _past(name, definition, now)
    calendar = Calendar.from_definition(definition)
    if next(calendar.windows(now, now + HORIZON), None) is None:
        message = f'calendar "{name}" is never open within {HORIZON.days} days.'
        yield "NEVER_OPEN", "error", (*place, "week"), message, "Add hours to its week, or shorten its exceptions."


def _holiday_place(name: str, code: str) -> Place:
    return ("calendars", name, "holidays", code)


def _names(code: str, years: tuple[int, int]) -> set[str]:
    return {name for year in years for names in of_country(code, year).values() for name in names.values()}


def _windows(name: str, definition: CalendarDefinition) -> Iterator[Note]:
    told: set[tuple[Window, ...]] = set()
    exceptions = [each.windows for each in definition.exceptions]
    for windows in (*(day for week in definition.weeks() for day in week.values()), *exceptions):
        if windows in told:
            continue
        told.add(windows)
        for window in windows:
            if window.closes <= window.opens and window.closes != window.opens and _length(window) > LONGEST_NIGHT:
                message = f'calendar "{name}": {_said(window)} is open through the night, until the next day.'
                later = window.model_copy(update={"closes": window.closes.replace(hour=(window.closes.hour + 12) % 24)})
                remedy = (
                    f"For the same day write {_said(later)}."
                    if later.closes > later.opens
                    else "Put the earlier time first."
                )
                yield "OVERNIGHT", "warning", ("calendars", name, "week"), message, remedy
        for first, second in pairwise(sorted(windows, key=lambda window: window.opens)):
            if second.opens < first.closes:
                message = f'calendar "{name}": {_said(first)} and {_said(second)} overlap.'
                yield "OVERLAP", "warning", ("calendars", name, "week"), message, "Write each stretch once."


def _length(window: Window) -> timedelta:
    minutes = (window.closes.hour * 60 + window.closes.minute) - (window.opens.hour * 60 + window.opens.minute)
    return timedelta(minutes=minutes % 1440 or 1440)


def _said(window: Window) -> str:
    return shown((window.opens, window.closes))


def _past(name: str, definition: CalendarDefinition, now: datetime) -> Iterator[Note]:
    today = now.astimezone(definition.time_zone()).date()
    dated: list[tuple[str, int, DatedDay]] = [
        ("exceptions", index, each) for index, each in enumerate(definition.exceptions)
    ]
    dated += [("seasons", index, each) for index, each in enumerate(definition.seasons)]
    for kind, index, day in dated:
        last = day.until or day.date
        if isinstance(last, date) and last < today - timedelta(days=366):
            message = f'calendar "{name}": {last} passed more than a year ago.'
            yield "PAST", "warning", ("calendars", name, kind, str(index)), message, "Correct the year, or remove it."


def next_holidays(definition: CalendarDefinition, since: date, count: int = 5) -> list[tuple[date, str]]:
    """The next public holidays that a calendar keeps, with their names."""
    days = [
        (day, named(dict(names)))
        for year in (since.year, since.year + 1)
        for day, names in public_holidays(definition.holidays, year).items()
        if day >= since
    ]
    return days[:count]
