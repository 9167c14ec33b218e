"""A calendar told in a few lines: zone, week, next holidays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from callbacks.schedule.calendar_check import next_holidays
from flows.company.calendar_definition import WEEKDAYS, CalendarDefinition, DatedDay, Week, Weekday, Window, named
from flows.values.clock import shown
from flows.values.dates import YearlyDate


def calendar_lines(name: str, definition: CalendarDefinition, now: datetime) -> Iterator[str]:
    """What a calendar keeps, as its author checks it."""
    yield f"calendar {name}: {definition.zone}; {week_line(definition.week)}"
    for season in definition.seasons:
        title = f"{named(season.name)}, " if season.name else ""
        yield f"  {title}{_days(season)}: {week_line(season.week)}"
    if definition.holidays:
        today = now.astimezone(definition.time_zone()).date()
        days = [f"{_day(day)} {day.year} {title}" for day, title in next_holidays(definition, today)]
        yield f"  next holidays: {'; '.join(days) or 'none'}"
    for exception in definition.exceptions:
        hours = _windows(exception.windows) if exception.windows else "closed"
        yield f"  {_days(exception)}: {hours}{f' ({named(exception.name)})' if exception.name else ''}"


def week_line(week: Week) -> str:
    """A week in words: mon-fri 9:00-17:00, sat 10:00-14:00."""
    runs: list[tuple[Weekday, Weekday, tuple[Window, ...]]] = []
    for index, day in enumerate(WEEKDAYS):
        windows = week.get(day, ())
        if not windows:
            continue
        if runs and runs[-1][2] == windows and WEEKDAYS.index(runs[-1][1]) == index - 1:
            runs[-1] = (runs[-1][0], day, windows)
        else:
            runs.append((day, day, windows))
    said = [f"{a[:3]}{'' if a == b else f'-{b[:3]}'} {_windows(windows)}" for a, b, windows in runs]
    return ", ".join(said) or "never open"


def _windows(windows: tuple[Window, ...]) -> str:
    return " and ".join(shown((window.opens, window.closes)) for window in windows)


def _days(dated: DatedDay) -> str:
    return f"{_day(dated.date, True)}{f' to {_day(dated.until, True)}' if dated.until else ''}"


def _day(day: date | YearlyDate, with_year: bool = False) -> str:
    if isinstance(day, YearlyDate):
        return f"{day.day} {date(2032, day.month, day.day):%b} each year"
    return f"{day.day} {day:%b}{f' {day.year}' if with_year else ''}"
