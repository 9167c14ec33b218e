"""Dates said in a message, reckoned from the day on which it was recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TypeVar

from voicemail.facts.gist import Gist
from voicemail.facts.moment import Moment, MomentKind
from voicemail.facts.moments.patterns import matches
from voicemail.facts.moments.rules import DateRule, Moments, Which

_WRITTEN = re.compile(r"(?<![^ ])(?:(\d{4})-(\d\d)-(\d\d)|(\d{1,2})\.(\d{1,2})\.(\d{4}))(?![^ ])")
_MONTHS_AHEAD = 4
_YEARS_AHEAD = 8  # the longest that a 29 February can be away
_LONGEST_DAYS = 3660
# A day of a month that is past by no more is as likely the last one as the next.
_JUST_PAST_DAYS = 31

Value = TypeVar("Value")


def dates(gist: Gist, moments: Moments, today: date) -> list[Moment]:
    """The dates of a message. A day and month that are past are those of next year, unless a year is said."""
    found: list[Moment] = []
    taken = [False] * len(gist.text)
    for match in _WRITTEN.finditer(gist.text):
        year, month, day = match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)
        if (written := _day(int(year), int(month), int(day))) is not None:
            found.append(Moment(*match.span(), "day_month", True, day=written))
    for rule, match in matches(moments.dates, gist.text):
        start, end = match.span()
        if any(taken[start:end]):
            continue
        told = _date_of(rule, match, moments, today)
        if told is not None:
            found.append(told)
        if told is not None or rule.shape == "no_day":
            taken[start:end] = [True] * (end - start)
    return found


def _date_of(rule: DateRule, match: re.Match[str], moments: Moments, today: date) -> Moment | None:
    groups = {name.rstrip("2"): text for name, text in match.groupdict().items() if text}
    count = moments.number(groups["n"]) if "n" in groups else rule.count
    is_said_openly = rule.is_open or "about" in groups

    def moment(
        told: tuple[date, bool] | None,
        kind: MomentKind = "day",
        *,
        is_assumed: bool = False,
        weekday: int | None = None,
        weeks: int | None = None,
        names_no_month: bool = False,
        is_rough: bool = False,
    ) -> Moment | None:
        if told is None:
            return None
        day, is_certain = told[0], told[1] and not is_said_openly
        start, end = match.span()
        return Moment(
            start,
            end,
            kind,
            is_certain,
            day,
            is_assumed=is_assumed,
            weekday=weekday,
            weeks=weeks,
            names_no_month=names_no_month,
            is_rough=is_rough,
        )

    match rule.shape:
        case "today":
            return moment((today + timedelta(days=count), True))
        case "days" | "weeks":
            days = count * (7 if rule.shape == "weeks" else 1) + ("tomorrow" in groups)
            told = (today + timedelta(days=days), True) if days <= _LONGEST_DAYS else None
            return moment(told, "length", is_assumed=True, weeks=count if rule.shape == "weeks" else None)
        case "months":
            return moment((_months_on(today, count), False)) if count <= 24 else None
        case "week" | "weekend" | "week_end":
            weekday = {"week": 0, "weekend": 5, "week_end": 4}[rule.shape]
            return moment((_weekday_of_week(today, weekday, count), False), is_rough=True)
        case "month" | "month_end":
            first = _months_on(today.replace(day=1), count + (rule.shape == "month_end"))
            return moment((first - timedelta(days=rule.shape == "month_end"), False))
        case "weekday":
            which = _beginning(moments.which, groups.get("which", ""))
            told = _weekday(groups, which, count, moments, today, names_week=moments.week in match[0])
            alone = _beginning(moments.weekdays, groups["weekday"]) if which is None else None
            return moment(told, is_assumed=which is None, weekday=alone)
        case "day_month":
            is_assumed = "year" not in groups and "years" not in groups
            return moment(_day_and_month(groups, moments, today), "day_month", is_assumed=is_assumed)
        case "day":
            is_open = "which" not in groups
            told = _day_of_month(groups, moments, today)
            names_no_month = is_open and "weekday" not in groups
            return moment(told, "day_month", is_assumed=is_open, names_no_month=names_no_month)
        case "no_day":
            return None


def _weekday(
    groups: Mapping[str, str], which: Which | None, count: int, moments: Moments, today: date, *, names_week: bool
) -> tuple[date, bool] | None:
    weekday = _beginning(moments.weekdays, groups["weekday"])
    if weekday is None:
        return None
    ahead = (weekday - today.weekday()) % 7
    coming = today + timedelta(days=ahead or 7)
    last = today - timedelta(days=7 - ahead)
    # In the second half of a week its Monday is past: "this" and "last" may both be that one.
    is_still_ahead = weekday >= today.weekday()
    match which:
        case None:
            return coming, ahead != 0
        case "this":
            day = _weekday_of_week(today, weekday, 0) if names_week else today + timedelta(days=ahead)
            return day, ahead != 0 and (names_week or is_still_ahead)
        case "week_after":
            return coming + timedelta(days=7 * count), True
        case "next_but_one":
            return coming + timedelta(days=7), False
        case "next":
            # Of the next calendar week. Where this week's is still ahead, some people mean that one.
            return _weekday_of_week(today, weekday, 1), names_week or weekday <= today.weekday()
        case "following":
            return _weekday_of_week(today, weekday, 1), names_week
        case "after_next":
            return _weekday_of_week(today, weekday, 2), True
        case "last" | "last_but_one":
            weeks = 1 if which == "last" else 2
            if names_week:
                return _weekday_of_week(today, weekday, -weeks), True
            return last - timedelta(days=7 * (weeks - 1)), is_still_ahead


def _day_and_month(groups: Mapping[str, str], moments: Moments, today: date) -> tuple[date, bool] | None:
    month = _beginning(moments.months, groups["month"]) or moments.number(groups["month"])
    day = moments.number(groups["d"])
    weekday = _beginning(moments.weekdays, groups.get("weekday", ""))
    is_certain = True
    if "year" in groups or "years" in groups:
        if "year" in groups:
            year, is_certain = _year(groups["year"], moments, today)
        else:
            year = today.year + (_beginning(moments.years, groups["years"]) or 0)
        value = _day(year, month, day)
    else:
        years = range(today.year, today.year + _YEARS_AHEAD + 1)
        coming = [value for year in years if (value := _day(year, month, day)) is not None and value >= today]
        value = coming[0] if coming else None
        past = _day(today.year, month, day) or today
        is_certain = not 0 < (today - past).days <= _JUST_PAST_DAYS
    if value is None:
        return None
    # Friday the fifth, where the fifth is a Saturday: one of the two was a slip, or was heard wrongly.
    return value, is_certain and weekday in (None, value.weekday())


def _day_of_month(groups: Mapping[str, str], moments: Moments, today: date) -> tuple[date, bool] | None:
    day = moments.number(groups["d"])
    which = _beginning(moments.which, groups.get("which", ""))
    weekday = _beginning(moments.weekdays, groups.get("weekday", ""))
    first = today.replace(day=1)
    if which is not None:
        value = day_of(_months_on(first, {"last": -1, "this": 0}.get(which, 1)), day)
        return None if value is None else (value, weekday in (None, value.weekday()))
    months = [_months_on(first, count) for count in range(_MONTHS_AHEAD)]
    coming = [value for month in months if (value := day_of(month, day)) is not None and value >= today]
    fitting = [value for value in coming if weekday is None or value.weekday() == weekday]
    if fitting and fitting[0] in coming[:2]:
        return fitting[0], True
    return (coming[0], False) if coming else None


def _year(text: str, moments: Moments, today: date) -> tuple[int, bool]:
    """The year that numbers in brackets say, and whether a century is sure: 1982, 19 82, 20 0 6, 82."""
    digits = "".join(re.findall(r"\d+", text))
    year = int(digits) if digits else moments.number(text)
    if year >= 100:
        return year, True
    # Two digits: people now alive are meant, and years to come are said in full.
    return (2000 + year if year <= today.year % 100 + 4 else 1900 + year), not 30 <= year < 40


def _weekday_of_week(today: date, weekday: int, weeks: int) -> date:
    return today + timedelta(days=weekday - today.weekday() + 7 * weeks)


def _months_on(day: date, count: int) -> date:
    """The same day `count` months later, or the last one of a shorter month."""
    years, month = divmod(day.month - 1 + count, 12)
    for shorter in range(4):
        if (value := _day(day.year + years, month + 1, day.day - shorter)) is not None:
            return value
    raise AssertionError("no month is shorter than 28 days")


def day_of(month: date, day: int) -> date | None:
    """That day of the month in which `month` lies."""
    return _day(month.year, month.month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _beginning(table: Mapping[str, Value], word: str) -> Value | None:
    fitting = [beginning for beginning in table if word.startswith(beginning)]
    return table[max(fitting, key=len)] if fitting else None
