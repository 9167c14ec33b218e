"""Calendars as they are written in company.yaml: weeks, seasons, holidays, exceptions."""

from __future__ import annotations

import re
from collections.abc import Mapping as Mapping_
from datetime import date, datetime, time
from typing import Any

from flows.company.calendar_definition import (
    CalendarDefinition,
    CalendarException,
    Closure,
    DatedDay,
    Holidays,
    Season,
    Weekday,
    Window,
)
from flows.files.fields import Fields
from flows.files.language_texts import read_names
from flows.files.tree import Listing, Mapping, Text, Tree
from flows.values.clock import FORMS, Hours, read_hours, read_time
from flows.values.dates import YearlyDate, read_day, read_moment
from flows.values.places import read_zone
from flows.values.plain import plain
from flows.values.weekdays import DAYS, read_days

FileDays = Mapping_[str, tuple[DatedDay, ...]]
Week = dict[Weekday, tuple[Window, ...]]
_ICS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}\.ics", re.IGNORECASE)
_CODE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,3})?", re.IGNORECASE)
# Between days in one text: mon-fri 9-17; sat 10-14.
_PARTS_OF_A_WEEK = re.compile(r"[;\n]|,\s*(?=[^\W\d])")
_NOWHEN = YearlyDate(1, 1)


def read_calendar(fields: Fields, files: FileDays) -> CalendarDefinition:
    """Read one calendar; what is wrong with it goes into the faults of the file. `files` are the days of calendar files."""
    zone = fields.value("zone", read_zone, "UTC", needed=True)
    week = _week(fields, needed=True)
    seasons = tuple(_season(each) for each in fields.mappings("seasons"))
    holidays = _holidays(fields, files)
    exceptions = tuple(_exception(each) for each in fields.mappings("exceptions"))
    closure = _closure(fields)
    fields.finish()
    return CalendarDefinition(
        zone=zone, week=week, seasons=seasons, holidays=holidays, exceptions=exceptions, closure=closure
    )


def read_windows(fields: Fields, value: Tree, what: str) -> tuple[Window, ...]:
    """Read the windows of a day: one text, a list of texts, or `{opens: …, closes: …}`."""
    hours: list[Hours] = []
    for item in value.items if isinstance(value, Listing) else (value,):
        match item:
            case Text():
                hours += fields.read(item, read_hours, (), what)
            case Mapping():
                inner = fields.inside(item, what, what)
                edges = (inner.value(edge, read_time, time(), needed=True) for edge in ("opens", "closes"))
                hours.append((next(edges), next(edges)))
                inner.finish()
            case Listing():
                fields.fault(item.mark, "SHAPE", f"{what} must be hours, such as {FORMS}")
    return tuple(Window(opens=opens, closes=closes) for opens, closes in hours)


def _week(fields: Fields, needed: bool) -> Week:
    value = fields.take("week")
    week: dict[str, tuple[Window, ...]] = {}
    match value:
        case None if needed:
            fields.missing("week")
        case Text():
            week = _week_in_words(fields, value)
        case Listing():
            fields.fault(value.mark, "SHAPE", 'week must be a mapping, days: hours, such as {mon-fri: "9-17"}')
        case Mapping():
            for key, windows in fields.entries("week"):
                days = fields.read(key, read_days, (), "week")
                hours = read_windows(fields, windows, f"week.{key.value}")
                for day in days:
                    if day in week and key.value not in DAYS:
                        fields.fault(
                            key.mark, "DUPLICATE_KEY", f'week: "{key.value}" sets {day} once more; write each day once'
                        )
                    week[day] = hours
    return week  # type: ignore[return-value]  # read_days gives nothing but weekdays


def _week_in_words(fields: Fields, value: Text) -> dict[str, tuple[Window, ...]]:
    """Read `mon-fri 9-17; sat 10-14`, or hours alone for every day."""
    week: dict[str, tuple[Window, ...]] = {}
    for piece in _PARTS_OF_A_WEEK.split(value.value):
        digits = next((at for at, character in enumerate(piece) if character.isdigit()), len(piece))
        days, hours = piece[:digits].strip(" :"), piece[digits:]
        if not piece.strip():
            continue
        if not hours and " " in days:
            days, _, hours = days.rpartition(" ")
        read = fields.read(Text(days, value.mark), read_days, (), "week") if days else DAYS
        windows = read_windows(fields, Text(hours, value.mark), "week")
        week.update(dict.fromkeys(read, windows))
    return week


def _dated(fields: Fields) -> dict[str, Any]:
    """The date, its end and the name of a day, checked against each other."""
    first = fields.value("date", read_day, None, needed="from" not in fields)
    begins = fields.value("from", read_day, None)
    last = fields.value("until", read_day, None)
    names = read_names(fields, "name")
    day = first or begins or _NOWHEN
    if last is not None and isinstance(day, date) is not isinstance(last, date):
        fields.fault(fields.mark, "VALUE", "the first and the last day must both have a year, or neither")
        last = None
    if isinstance(day, date) and isinstance(last, date) and last < day:
        fields.fault(fields.mapping.mark, "VALUE", f"until {last} lies before {day}")
        last = None
    return {"date": day, "until": last, "name": names}


def _exception(fields: Fields) -> CalendarException:
    value = fields.take("windows")
    hours = fields.take("hours")
    written = value or hours
    windows = read_windows(fields, written, "windows") if written is not None else ()
    found = CalendarException(**_dated(fields), windows=windows)
    fields.finish()
    return found


def _season(fields: Fields) -> Season:
    if "until" not in fields:
        fields.missing("until")
    found = Season(**_dated(fields), week=_week(fields, needed=True))
    fields.finish()
    return found


def _closure(fields: Fields) -> Closure | None:
    value = fields.take("closure")
    inner = None if value is None else fields.within(Text("closure", value.mark), value, "closure", "closure")
    if inner is None:
        return None
    until = inner.value("until", read_moment, datetime.min, needed=True)  # noqa: DTZ901 - local time of the calendar
    closure = Closure(until=until, reason=read_names(inner, "reason"))
    inner.finish()
    return closure


def read_file_days(fields: Fields) -> FileDays:
    """Read the days of calendar files, which publishing wrote into the company."""
    value = fields.take("files")
    inner = None if value is None else fields.within(Text("files", value.mark), value, "files", "files")
    if inner is None:
        return {}
    return {key.value: tuple(_more(each) for each in inner.mappings(key.value)) for key, _ in inner.mapping.entries}


def _holidays(fields: Fields, files: FileDays) -> Holidays:
    value = fields.mapping.get("holidays")
    if isinstance(value, Text) and value.value.lower().endswith(".ics"):
        file = fields.value("holidays", _ics_name, "")
        return Holidays(file=file, also=files.get(file, ()))
    if not isinstance(value, Mapping):
        return Holidays(countries=_countries(fields, "holidays"))
    fields.take("holidays")
    inner = fields.inside(value, "holidays", "holidays")
    without = tuple(_less(each.value) for each in inner.texts("without"))
    also = tuple(_more(each) for each in inner.mappings("also"))
    file = inner.value("file", _ics_name, "")
    also += files.get(file, ())
    found = Holidays(countries=_countries(inner, "countries"), without=without, also=also, file=file)
    inner.finish()
    return found


def _countries(fields: Fields, name: str) -> tuple[str, ...]:
    """Codes of countries and regions; whether holidays of them are known is for the check of the company."""
    codes: list[str] = []
    for text in fields.texts(name):
        for code in text.value.replace(";", ",").split(","):
            codes.append(_code(plain(code)))
            fields.reading.marks[(*fields.place, name, codes[-1])] = text.mark
    return tuple(dict.fromkeys(code for code in codes if code and code.lower() not in ("none", "no")))


def _code(written: str) -> str:
    """A code in capitals; anything else as it is written, for whoever says what is wrong with it."""
    return written.upper() if _CODE.fullmatch(written) else written


def _ics_name(written: str) -> str:
    if "://" in written:
        raise ValueError(f'"{written}" is an address; save the calendar as a file beside company.yaml and name that')
    if not _ICS.fullmatch(written):
        raise ValueError(f'"{written}" is not the name of a calendar file such as closed-days.ics')
    return written


def _less(written: str) -> date | YearlyDate | str:
    try:
        return read_day(written)
    except ValueError:
        return written


def _more(fields: Fields) -> DatedDay:
    found = DatedDay(**_dated(fields))
    fields.finish()
    return found
