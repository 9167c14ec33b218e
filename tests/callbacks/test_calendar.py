"""Facts and properties of deadlines (design: promises)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callbacks.schedule.calendar import Calendar, NoOpenHours
from callbacks.schedule.windows import OpenWindow, Pause
from flows.company.calendar_definition import (
    WEEKDAYS,
    CalendarDefinition,
    CalendarException,
    Closure,
    Holidays,
    Weekday,
    Window,
)
from flows.inputs import HoursRead

HOUR = timedelta(hours=1)
ALWAYS = (Window(opens=time(0), closes=time(0)),)
OFFICE = (Window(opens=time(9), closes=time(17)),)
NIGHT = (Window(opens=time(22), closes=time(6)),)
WEEK = WEEKDAYS[:5]


def calendar(zone: str, windows: tuple[Window, ...], days: Sequence[Weekday] = WEEKDAYS, **more: object) -> Calendar:
    definition = CalendarDefinition(zone=zone, week=dict.fromkeys(days, windows), **more)  # type: ignore[arg-type]
    return Calendar.from_definition(definition)


def at(zone: str, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


DEADLINES = {
    "Saturday afternoon counts from Tuesday when Monday is a holiday": (
        calendar("Europe/Riga", OFFICE, WEEK, exceptions=(CalendarException(date=date(2026, 5, 4)),)),
        at("Europe/Riga", "2026-05-02T16:00"),
        2 * HOUR,
        at("Europe/Riga", "2026-05-05T11:00"),
    ),
    "the same with the country's own holidays: 4 May, Latvia": (
        calendar("Europe/Riga", OFFICE, WEEK, holidays="LV"),
        at("Europe/Riga", "2026-05-02T16:00"),
        2 * HOUR,
        at("Europe/Riga", "2026-05-05T11:00"),
    ),
    "Friday half past four and an hour is Tuesday half past nine when Monday is closed": (
        calendar("Europe/Riga", OFFICE, WEEK, exceptions=(CalendarException(date=date(2026, 3, 16)),)),
        at("Europe/Riga", "2026-03-13T16:30"),
        HOUR,
        at("Europe/Riga", "2026-03-17T09:30"),
    ),
    "round the clock over the hour that New York leaves out": (
        calendar("America/New_York", ALWAYS),
        at("America/New_York", "2026-03-08T01:30"),
        HOUR,
        at("America/New_York", "2026-03-08T03:30"),
    ),
    "round the clock over the hour that New York has twice": (
        calendar("America/New_York", ALWAYS),
        at("America/New_York", "2026-11-01T00:30"),
        2 * HOUR,
        at("America/New_York", "2026-11-01T01:30", fold=1),
    ),
    "the moment of closing may be the deadline": (
        calendar("Europe/Riga", OFFICE, WEEK),
        at("Europe/Riga", "2026-03-13T16:00"),
        HOUR,
        at("Europe/Riga", "2026-03-13T17:00"),
    ),
    "lunch does not count": (
        calendar("Europe/Riga", (Window(opens=time(9), closes=time(12)), Window(opens=time(13), closes=time(17)))),
        at("Europe/Riga", "2026-03-13T11:30"),
        HOUR,
        at("Europe/Riga", "2026-03-13T13:30"),
    ),
    "a closure counts nothing until it ends": (
        calendar(
            "Europe/Riga",
            OFFICE,
            closure=Closure(until=datetime.fromisoformat("2026-03-13T14:00"), reason={"": "snow"}),
        ),
        at("Europe/Riga", "2026-03-13T10:00"),
        HOUR,
        at("Europe/Riga", "2026-03-13T15:00"),
    ),
    "an exception opens a holiday": (
        calendar(
            "Europe/Riga",
            OFFICE,
            WEEK,
            holidays="LV",
            exceptions=(CalendarException(date=date(2026, 5, 4), windows=(Window(opens=time(10), closes=time(12)),)),),
        ),
        at("Europe/Riga", "2026-05-02T16:00"),
        HOUR,
        at("Europe/Riga", "2026-05-04T11:00"),
    ),
    "a subdivision keeps its own holidays: Corpus Christi in Bavaria": (
        calendar("Europe/Berlin", OFFICE, WEEK, holidays="DE-BY"),
        at("Europe/Berlin", "2026-06-04T10:00"),
        HOUR,
        at("Europe/Berlin", "2026-06-05T10:00"),
    ),
}


@pytest.mark.parametrize(("hours", "start", "open_time", "expected"), DEADLINES.values(), ids=DEADLINES)
def test_a_deadline_counts_open_time_only(
    hours: Calendar, start: datetime, open_time: timedelta, expected: datetime
) -> None:
    assert hours.deadline(start, open_time).at == expected.astimezone(UTC)


OPEN_TIMES = {
    "a night shift has 7 hours when clocks go forward": ("Europe/Riga", NIGHT, "2026-03-28T12:00", 7),
    "a night shift has 9 hours when clocks go back": ("Europe/Riga", NIGHT, "2026-10-24T12:00", 9),
    "a day has 23 hours when clocks go forward": ("America/New_York", ALWAYS, "2026-03-08T00:00", 23),
    "a day has 25 hours when clocks go back": ("America/New_York", ALWAYS, "2026-11-01T00:00", 25),
    "Lord Howe goes back by half an hour": ("Australia/Lord_Howe", ALWAYS, "2026-04-05T00:00", 24.5),
    "Lord Howe goes forward by half an hour": ("Australia/Lord_Howe", ALWAYS, "2026-10-04T00:00", 23.5),
}


@pytest.mark.parametrize(("zone", "windows", "start", "hours"), OPEN_TIMES.values(), ids=OPEN_TIMES)
def test_a_day_on_which_clocks_change_has_the_hours_that_it_has(
    zone: str, windows: tuple[Window, ...], start: str, hours: float
) -> None:
    begin = datetime.fromisoformat(start)
    until = (begin + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone))
    assert calendar(zone, windows).elapsed(at(zone, start), until) == hours * HOUR


EDGES = {
    "an opening edge in the repeated hour is its first occurrence": (
        Window(opens=time(1, 30), closes=time(4)),
        "2026-11-01",
        ("2026-11-01T05:30", "2026-11-01T09:00"),
    ),
    "a closing edge in the repeated hour is its second": (
        Window(opens=time(0), closes=time(1, 30)),
        "2026-11-01",
        ("2026-11-01T04:00", "2026-11-01T06:30"),
    ),
    "an opening edge that does not exist moves forward": (
        Window(opens=time(2, 30), closes=time(8)),
        "2026-03-08",
        ("2026-03-08T07:30", "2026-03-08T12:00"),
    ),
    "a closing edge that does not exist moves forward": (
        Window(opens=time(1), closes=time(2, 30)),
        "2026-03-08",
        ("2026-03-08T06:00", "2026-03-08T07:30"),
    ),
}


@pytest.mark.parametrize(("window", "day", "expected"), EDGES.values(), ids=EDGES)
def test_edges_on_the_night_of_the_change(window: Window, day: str, expected: tuple[str, str]) -> None:
    zone = "America/New_York"
    only = calendar(zone, (window,))
    begin = at(zone, f"{day}T00:00")
    [found] = only.windows(begin, begin.astimezone(UTC) + 12 * HOUR)
    opens, closes = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in expected)
    assert found == OpenWindow(opens, closes)


def test_windows_that_overlap_are_one() -> None:
    both = calendar("UTC", (Window(opens=time(9), closes=time(13)), Window(opens=time(12), closes=time(17))))
    begin = datetime(2026, 3, 10, tzinfo=UTC)
    assert list(both.windows(begin, begin + timedelta(days=1))) == [OpenWindow(begin + 9 * HOUR, begin + 17 * HOUR)]


def test_a_night_shift_that_begins_before_a_holiday_goes_on_into_it() -> None:
    nights = calendar("Europe/Riga", NIGHT, holidays="LV")
    assert nights.is_open(at("Europe/Riga", "2026-05-04T05:00"))
    assert not nights.is_open(at("Europe/Riga", "2026-05-04T23:00"))


STATES = {
    "open": ("2026-03-13T10:00", HoursRead("open")),
    "the moment of opening is open": ("2026-03-13T09:00", HoursRead("open")),
    "the moment of closing is closed": ("2026-03-13T17:00", HoursRead("closed")),
    "weekend": ("2026-03-14T10:00", HoursRead("closed")),
    "public holiday": ("2026-11-18T10:00", HoursRead("holiday", "Latvijas Republikas Proklamēšanas diena")),
    "closed exception": ("2026-07-10T10:00", HoursRead("override", "summer party")),
    "other hours by exception": ("2026-07-11T10:00", HoursRead("open", "open Saturday")),
    "one-click closure": ("2026-01-12T10:00", HoursRead("override", "snow")),
}


@pytest.mark.parametrize(("when", "expected"), STATES.values(), ids=STATES)
def test_the_calendar_says_why_it_is_closed(when: str, expected: HoursRead) -> None:
    office = calendar(
        "Europe/Riga",
        OFFICE,
        WEEK,
        holidays="LV",
        exceptions=(
            CalendarException(date=date(2026, 7, 10), name={"": "summer party"}),
            CalendarException(date=date(2026, 7, 11), name={"": "open Saturday"}, windows=OFFICE),
        ),
        closure=Closure(until=datetime.fromisoformat("2026-01-12T12:00"), reason={"": "snow"}),
    )
    found = office.state(at("Europe/Riga", when))
    assert (found.state, found.reason) == (expected.state, expected.reason)


def test_the_ledger_names_the_windows_counted_and_the_holiday_passed_over() -> None:
    office = calendar("Europe/Riga", OFFICE, WEEK, holidays="LV")
    pause = Pause(at("Europe/Riga", "2026-04-30T16:15"), at("Europe/Riga", "2026-04-30T16:30"))
    lines = office.deadline(at("Europe/Riga", "2026-04-30T16:00"), 2 * HOUR, [pause]).ledger
    told = [(line.kind, f"{line.since:%d %H:%M}", line.open_seconds / 60, line.name) for line in lines]
    assert told == [
        ("counted", "30 16:00", 15, ""),
        ("pause", "30 16:15", 0, ""),
        ("counted", "30 16:30", 30, ""),
        ("holiday", "01 00:00", 0, "Darba svētki; Latvijas Republikas Satversmes sapulces sasaukšanas diena"),
        ("holiday", "04 00:00", 0, "Latvijas Republikas Neatkarības atjaunošanas diena"),
        ("counted", "05 09:00", 75, ""),
    ]


def test_a_calendar_that_never_opens_is_an_error_with_a_remedy() -> None:
    never = calendar("Europe/Riga", ())
    with pytest.raises(NoOpenHours, match=r"0 open minutes within 400 days .* 60 are needed\. Add windows"):
        never.deadline(datetime(2026, 1, 1, tzinfo=UTC), HOUR)
    closed = calendar("Europe/Riga", OFFICE, closure=Closure(until=datetime.fromisoformat("2030-01-01")))
    with pytest.raises(NoOpenHours):
        closed.deadline(datetime(2026, 1, 1, tzinfo=UTC), HOUR)


DAYS_LATER = {
    "the same time two working days later": ("2026-03-12T15:20", 2, "2026-03-16T15:20"),
    "from a Saturday it counts from Monday's opening": ("2026-03-14T12:00", 1, "2026-03-17T09:00"),
    "holidays are no working days": ("2026-04-30T10:00", 2, "2026-05-06T10:00"),
    "before opening it counts from the opening": ("2026-03-12T07:00", 1, "2026-03-13T09:00"),
}


@pytest.mark.parametrize(("start", "days", "expected"), DAYS_LATER.values(), ids=DAYS_LATER)
def test_a_target_in_days_counts_working_days(start: str, days: int, expected: str) -> None:
    office = calendar("Europe/Riga", OFFICE, WEEK, holidays=Holidays(countries=("LV",)))
    assert office.days_later(at("Europe/Riga", start), days).at == at("Europe/Riga", expected)


@pytest.mark.parametrize("code", ["XX", "DE-XX", "lativa"])
def test_a_live_calendar_with_holidays_that_nobody_knows_goes_on_without_them(code: str) -> None:
    office = calendar("Europe/Riga", OFFICE, holidays=code)
    assert office.is_open(at("Europe/Riga", "2026-05-04T10:00"))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        calendar("Europe/Riga", OFFICE).deadline(datetime(2026, 1, 1), HOUR)  # noqa: DTZ001


def test_equal_definitions_share_one_calendar() -> None:
    assert calendar("Europe/Riga", OFFICE) is calendar("Europe/Riga", OFFICE)


ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Riga",
        "America/New_York",
        "America/Havana",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Africa/Cairo",
    ]
)
CLOCKS = st.times().map(lambda clock: clock.replace(minute=clock.minute // 15 * 15, second=0, microsecond=0))
WINDOWS = st.lists(st.builds(Window, opens=CLOCKS, closes=CLOCKS), max_size=3).map(tuple)
DATES = st.dates(date(2026, 1, 1), date(2027, 3, 1))
CALENDARS = st.builds(
    CalendarDefinition,
    zone=ZONES,
    week=st.dictionaries(st.sampled_from(WEEKDAYS), WINDOWS).map(lambda week: week | {"tuesday": OFFICE}),
    exceptions=st.lists(st.builds(CalendarException, date=DATES, windows=WINDOWS), max_size=3).map(tuple),
    holidays=st.sampled_from(["", "LV", "US", "DE-BY"]),
).map(Calendar.from_definition)
STARTS = st.datetimes(
    datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-01-01"), timezones=st.just(UTC)
)
OPEN_TIME = st.timedeltas(timedelta(seconds=1), timedelta(hours=40))
PAUSES = st.lists(
    st.builds(
        lambda since, length: Pause(since, since + length), STARTS, st.timedeltas(timedelta(), timedelta(days=9))
    ),
    max_size=3,
)
thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(CALENDARS, STARTS, OPEN_TIME)
def test_exactly_the_open_time_has_passed_at_the_deadline(
    hours: Calendar, start: datetime, open_time: timedelta
) -> None:
    deadline = hours.deadline(start, open_time)
    assert hours.elapsed(start, deadline.at) == open_time
    counted = sum(line.open_seconds for line in deadline.ledger)
    assert counted == pytest.approx(open_time.total_seconds())


@thorough
@given(CALENDARS, STARTS, st.timedeltas(timedelta(), timedelta(days=10)), OPEN_TIME)
def test_a_later_start_never_has_an_earlier_deadline(
    hours: Calendar, start: datetime, later: timedelta, open_time: timedelta
) -> None:
    assert hours.deadline(start, open_time).at <= hours.deadline(start + later, open_time).at


@thorough
@given(CALENDARS, STARTS, OPEN_TIME, PAUSES)
def test_a_pause_only_moves_the_deadline_later(
    hours: Calendar, start: datetime, open_time: timedelta, pauses: list[Pause]
) -> None:
    paused = hours.deadline(start, open_time, pauses).at
    assert paused >= hours.deadline(start, open_time).at
    assert hours.elapsed(start, paused, pauses) == open_time


@thorough
@given(CALENDARS, STARTS, st.timedeltas(timedelta(), timedelta(days=30)))
def test_windows_are_in_order_apart_and_add_up_to_the_elapsed_time(
    hours: Calendar, start: datetime, span: timedelta
) -> None:
    windows = list(hours.windows(start, start + span))
    assert all(before.closes < after.opens for before, after in pairwise(windows))
    assert all(start <= window.opens < window.closes <= start + span for window in windows)
    assert sum((window.length for window in windows), timedelta()) == hours.elapsed(start, start + span)


@thorough
@given(CALENDARS, STARTS)
def test_the_state_agrees_with_the_windows(hours: Calendar, now: datetime) -> None:
    inside = any(True for _ in hours.windows(now, now + timedelta(microseconds=1)))
    assert hours.is_open(now) == inside
