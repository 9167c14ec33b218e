"""Dates and moments: `2030-12-24`, `24.12.2030`, `24 Dec 2030`, and without a year, `24 Dec`, every year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from flows.values.clock import read_time
from flows.values.plain import plain

FORMS = "2030-12-24, 24.12.2030 or 24 Dec 2030"

_ISO = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})")
_ISO_YEARLY = re.compile(r"--(?P<m>\d{2})-(?P<d>\d{2})")
_DOTTED = re.compile(r"(?P<d>\d{1,2})\. ?(?P<m>\d{1,2})(?:\. ?(?P<y>\d{2,4})|\.)?")
_SLASHED = re.compile(r"(?P<a>\d{1,2})(?P<by>[-/])(?P<b>\d{1,2})(?:[-/](?P<y>\d{2,4}))?")
_DAY_FIRST = re.compile(
    r"(?:(?P<y0>\d{4})\.? gada )?(?P<d>\d{1,2})(?:st|nd|rd|th|\.)? ?(?P<word>[^\W\d_]{3,})\.?,?(?: (?P<y>\d{2,4}))?"
)
_MONTH_FIRST = re.compile(r"(?P<word>[^\W\d_]{3,})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?(?:,? (?P<y>\d{4}))?")
_EVERY_YEAR = re.compile(r"^every (?:year )?(?:on )?| (?:every year|yearly)$")
_MOMENT = re.compile(
    r"(?P<day>.*?\d|.*?[^\W\d_]{3,}\.?),?(?:t| at | )(?P<clock>\d{1,2}(?:[:.h]\d{2})?(?::\d{2})?(?: ?[ap]\.?m\.?)?)"
)


@dataclass(frozen=True, slots=True, order=True)
class YearlyDate:
    """A day of every year."""

    month: int
    day: int

    def falls_on(self, day: date) -> bool:
        return (day.month, day.day) == (self.month, self.day)


def read_date(written: str) -> date:
    """Return a date with its year. Raises ValueError, also for one that can be read in two ways."""
    found = read_day(written)
    if isinstance(found, YearlyDate):
        raise ValueError(f'"{written}" has no year; write {FORMS}')
    return found


def read_day(written: str) -> date | YearlyDate:
    """Return a date, or a day of every year where no year is written. Raises ValueError."""
    text = plain(written).lower()
    if match := _ISO_YEARLY.fullmatch(text):
        return _day(None, match["m"], match["d"], written)
    text = _EVERY_YEAR.sub("", text)
    if match := _ISO.fullmatch(text):
        return _day(match["y"], match["m"], match["d"], written)
    if match := _DOTTED.fullmatch(text):
        return _day(match["y"], match["m"], match["d"], written)
    if match := _SLASHED.fullmatch(text):
        return _of_two(match, written)
    for form in (_DAY_FIRST, _MONTH_FIRST):
        if match := form.fullmatch(text):
            groups = match.groupdict()
            return _day(groups.get("y0") or groups["y"], str(_month(match["word"], written)), match["d"], written)
    raise ValueError(f'"{written}" is not a date; write {FORMS}')


def read_moment(written: str) -> datetime:
    """Return a date with a time of day; it has a zone only where an offset is written, as in ISO 8601. Raises ValueError."""
    text = plain(written).lower()
    if re.search(r"\d[-+]\d\d:?\d\d$|z$", text):
        try:
            return datetime.fromisoformat(text.upper())
        except ValueError:
            raise ValueError(f'"{written}" is not a date and time; write 2030-03-05 14:00') from None
    match = _MOMENT.fullmatch(text)
    if match is None:
        try:
            read_day(written)
        except ValueError:
            raise ValueError(f'"{written}" is not a date and time; write 2030-03-05 14:00') from None
        raise ValueError(f'"{written}" has no time of day; write 2030-03-05 14:00')
    day, clock = read_date(match["day"].rstrip(",")), re.sub(r"^(\d{1,2}:\d{2}):\d{2}$", r"\1", match["clock"])
    return datetime.combine(day, read_time(clock))


def _of_two(match: re.Match[str], written: str) -> date | YearlyDate:
    """Day and month in an order that only their size can tell."""
    first, second, year = int(match["a"]), int(match["b"]), match["y"]
    if first <= 12 and second <= 12 and first != second:
        readings = [
            _shown(_day(year, str(month), str(day), written)) for month, day in ((second, first), (first, second))
        ]
        raise ValueError(f'"{written}" can be {readings[0]} or {readings[1]}; write one of these')
    month, day = (second, first) if second <= 12 else (first, second)
    return _day(year, str(month), str(day), written)


def _day(year: str | None, month: str, day: str, written: str) -> date | YearlyDate:
    if year is not None and len(year) != 4:
        raise ValueError(f'"{written}": write the year with four figures, such as 2030')
    try:
        # A leap year, so that 29 February can be a day of every year.
        found = date(int(year or 2032), int(month), int(day))
    except ValueError:
        raise ValueError(f'"{written}" is no day of the calendar; write {FORMS}') from None
    return found if year is not None else YearlyDate(found.month, found.day)


def _shown(day: date | YearlyDate) -> str:
    on = day if isinstance(day, date) else date(2032, day.month, day.day)
    text = f"{on.day} {on:%b}"
    return f"{text} {on.year}" if isinstance(day, date) else text


def _month(word: str, written: str) -> int:
    found = {number for number, names in _months().items() if any(name.startswith(word) for name in names)}
    if len(found) != 1:
        raise ValueError(f'"{written}": "{word}" is no month; write {FORMS}')
    return found.pop()


@cache
def _months() -> dict[int, frozenset[str]]:
    from babel.dates import get_month_names

    names: dict[int, set[str]] = {number: set() for number in range(1, 13)}
    for locale in ("en", "lv", "ru", "de"):
        for context in ("format", "stand-alone"):
            for number, name in get_month_names("wide", context, locale).items():
                names[number].add(name.lower())
    return {number: frozenset(each) for number, each in names.items()}
