"""Dates said in a message, reckoned from the day on which it was recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from voicemail.facts.fact import Fact, fact_from
from voicemail.facts.gist import Gist
from voicemail.facts.moments.rules import DateRule, Moments
from voicemail.mailbox import Word

_WRITTEN = re.compile(r"(?<![^ ])(?:(\d{4})-(\d\d)-(\d\d)|(\d{1,2})\.(\d{1,2})\.(\d{4}))(?![^ ])")
_MONTHS_AHEAD = 4
_YEARS_AHEAD = 8  # the longest that a 29 February can be away

Value = TypeVar("Value")


def dates(words: Sequence[Word], gist: Gist, moments: Moments, recorded_at: datetime) -> list[Fact]:
    """The dates of a message; `recorded_at` is in the company's zone. A day and month that are past are those of next year."""
    found: list[Fact] = []
    taken = [False] * len(gist.text)
    for match in _WRITTEN.finditer(gist.text):
        year, month, day = match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)
        written = _day(int(year), int(month), int(day))
        if written is not None:
            found.append(fact_from(words, "date", written.isoformat(), *gist.words_of(*match.span())))
    for rule in moments.dates:
        for match in rule.pattern.finditer(gist.text):
            if any(taken[match.start() : match.end()]):
                continue
            told = _date_of(rule, match, moments, recorded_at.date())
            if told is not None:
                value, is_certain = told
                first, last = gist.words_of(*match.span())
                found.append(fact_from(words, "date", value.isoformat(), first, last, is_certain))
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    return found


def _date_of(rule: DateRule, match: re.Match[str], moments: Moments, today: date) -> tuple[date, bool] | None:
    groups = {name: text for name, text in match.groupdict().items() if text}
    match rule.shape:
        case "days" | "weeks":
            count = moments.number(groups["n"]) if "n" in groups else rule.count
            days = count * (7 if rule.shape == "weeks" else 1)
            return (today + timedelta(days=days), True) if days <= 3660 else None
        case "weekday":
            return _weekday(groups, moments, today, names_week=moments.week in match[0])
        case "day_month":
            month = _beginning(moments.months, groups["month"]) or moments.number(groups["month"])
            day = moments.number(groups["d"])
            if "year" in groups:
                fixed = _day(_year(groups["year"], moments, today), month, day)
                return None if fixed is None else (fixed, True)
            years = range(today.year, today.year + _YEARS_AHEAD + 1)
            coming = [value for year in years if (value := _day(year, month, day)) is not None and value >= today]
            return (coming[0], True) if coming else None
        case "day":
            return _day_of_month(groups, moments, today)


def _weekday(groups: Mapping[str, str], moments: Moments, today: date, *, names_week: bool) -> tuple[date, bool] | None:
    weekday = _beginning(moments.weekdays, groups["weekday"])
    if weekday is None:
        return None
    which = _beginning(moments.which, groups.get("which", ""))
    monday = today - timedelta(days=today.weekday())
    ahead = (weekday - today.weekday()) % 7
    match which:
        case None:
            return today + timedelta(days=ahead or 7), ahead != 0
        case "this":
            return today + timedelta(days=ahead), ahead != 0
        case "week_after":
            return today + timedelta(days=(ahead or 7) + 7), True
        case "next":
            # Of the next calendar week. Where this week's is still ahead, some people mean that one.
            return monday + timedelta(days=7 + weekday), names_week or weekday <= today.weekday()
        case "after_next":
            return monday + timedelta(days=14 + weekday), True
        case "last" if names_week:
            return monday + timedelta(days=weekday - 7), True
        case "last":
            return today - timedelta(days=7 - ahead), True


def _day_of_month(groups: Mapping[str, str], moments: Moments, today: date) -> tuple[date, bool] | None:
    day = moments.number(groups["d"])
    which = _beginning(moments.which, groups.get("which", ""))
    weekday = _beginning(moments.weekdays, groups.get("weekday", ""))
    coming = []
    month = date(today.year, today.month, 1)
    for _ in range(_MONTHS_AHEAD):
        value = _day(month.year, month.month, day)
        is_meant = month.month != today.month if which == "next" else True
        if value is not None and value >= today and is_meant:
            coming.append(value)
        month = (month + timedelta(days=31)).replace(day=1)
    fitting = [value for value in coming if weekday is None or value.weekday() == weekday]
    if fitting and fitting[0] in coming[:2]:
        return fitting[0], True
    # Friday the fourth, where the fourth is a Thursday: one of the two was a slip, or was heard wrongly.
    return (coming[0], False) if coming else None


def _year(text: str, moments: Moments, today: date) -> int:
    if text == "내년":
        return today.year + 1
    parts = re.findall(r"\d+", text)
    if len(parts) == 2:  # twenty, twenty seven
        return int("".join(parts))
    return int(parts[0]) if parts else moments.number(text)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _beginning(table: Mapping[str, Value], word: str) -> Value | None:
    fitting = [beginning for beginning in table if word.startswith(beginning)]
    return table[max(fitting, key=len)] if fitting else None
