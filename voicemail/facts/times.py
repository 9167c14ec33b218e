"""Times said in a message, as minutes of the company's day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from voicemail.facts.gist import Gist
from voicemail.facts.lengths import length_from
from voicemail.facts.moment import Moment
from voicemail.facts.moments.patterns import matches
from voicemail.facts.moments.rules import DayPart, Moments, TimeRule

# When nobody says whether it is morning or afternoon, people mean the working day: three is 15:00, nine is 09:00.
_DAY_BEGINS, _DAY_ENDS = 8 * 60, 20 * 60
_HALF_DAY = 12 * 60
_DAY = 24 * 60


def times(gist: Gist, moments: Moments, units: tuple[str, ...], recorded_at: datetime) -> list[Moment]:
    """The times of a message; `recorded_at` is in the company's zone, for "in half an hour".

    What one of the stems `units` follows is an amount: from nineteen to twenty four roubles.
    """
    found: list[Moment] = []
    amounts = tuple(" " + unit for unit in units)
    lengths = tuple("> " + unit for unit in moments.lengths)
    taken = [False] * len(gist.text)
    for rule, match in matches(moments.times, gist.text):
        start, end = match.span()
        if any(taken[start:end]):
            continue
        is_amount = gist.text.startswith(amounts, end) or gist.text.startswith(lengths, end - 1)
        told = [] if is_amount else list(_times_of(rule, match, moments, recorded_at))
        found += told
        if told or (is_amount and rule.shape == "span"):
            taken[start:end] = [True] * (end - start)
    return found


def minutes_of_day(hour: int, minutes: int, part: DayPart | None) -> tuple[int, bool]:
    """The minute of the day that is `minutes` after (or, negative, before) `hour` o'clock, and whether that is sure."""
    if hour == 24:
        hour = 0
    if hour > 12 or hour == 0:
        return (hour * 60 + minutes) % _DAY, part in (None, "pm", "afternoon", "evening", "night") or hour == 0
    if part is not None:
        hour_of_day, is_certain = _hour_in(part, hour)
        return (hour_of_day * 60 + minutes) % _DAY, is_certain
    time = (hour * 60 + minutes) % _HALF_DAY
    return (time if _DAY_BEGINS <= time < _DAY_ENDS else time + _HALF_DAY), False


def _hour_in(part: DayPart, hour: int) -> tuple[int, bool]:
    """The hour of the day, and whether people say it so: nobody says ten in the afternoon, and twelve a.m. is both."""
    match part:
        case "am":
            return hour % 12, hour != 12
        case "morning":
            return hour, hour != 12
        case "pm":
            return hour % 12 + 12, True
        case "afternoon":  # eleven дня is before noon
            return (hour if hour >= 9 else hour + 12), hour not in (8, 9, 10)
        case "evening":  # twelve вечера is midnight
            return (hour + 12) % 24, 4 <= hour < 12
        case "night":
            return (0 if hour == 12 else hour if hour < 6 else hour + 12), hour not in (5, 6)


def _times_of(rule: TimeRule, match: re.Match[str], moments: Moments, recorded_at: datetime) -> Iterator[Moment]:
    groups = {name: text for name, text in match.groupdict().items() if text}
    start, end = match.span()
    if rule.shape == "length":
        yield from length_from(groups, moments, rule.minutes, recorded_at, start, end)
        return
    for minute, is_certain, part, first, last in _told(rule, match, groups, moments):
        sure = is_certain and not rule.is_open
        is_bare, is_of_span = rule.is_bare and "part0" not in groups, rule.shape == "span"
        yield Moment(first, last, "clock", sure, minute=minute, part=part, is_bare=is_bare, is_of_span=is_of_span)


def _told(
    rule: TimeRule, match: re.Match[str], groups: Mapping[str, str], moments: Moments
) -> Iterator[tuple[int, bool, DayPart | None, int, int]]:
    """The times of a match: the minute of the day, whether that is sure, the part of the day, and the place in the gist."""
    whole = match.span()
    part = _part(groups, ("part", "part2", "part3", "part0"), moments)
    if part == "am" and _part(groups, ("part0",), moments) == "night":  # friday night at one a.m.
        part = "night"
    match rule.shape:
        case "noon":
            yield 12 * 60, True, "afternoon", *whole
        case "midnight":
            yield 0, True, "night", *whole
        case "span":
            hour, hour2 = moments.number(groups["h"]), moments.number(groups["h2"])
            part, part2 = _part(groups, ("part", "part0"), moments), _part(groups, ("part2",), moments)
            if part is None and hour < hour2 < 12:
                part = part2
            if hour2 <= 24:
                first = minutes_of_day(hour, _minutes(groups, moments) or 0, part)
                second = minutes_of_day(hour2, int(groups.get("m2", 0)), part2)
                yield *first, part, match.start(), match.start("h2") - 1
                yield *second, part2, match.start("h2"), match.end()
        case "at" if "clock" in groups:
            hour, minute = (int(text) for text in groups["clock"].split(":"))
            if hour < 24 and minute < 60:
                is_in_full = len(groups["clock"]) == len("09:30") and part is None
                told = (hour * 60 + minute, True) if is_in_full else minutes_of_day(hour, minute, part)
                yield *told, part, *whole
        case "at" | "past" | "to" | "toward":
            hour = moments.number(groups["h"])
            minutes = rule.minutes if (said := _minutes(groups, moments)) is None else said
            if rule.shape == "to":
                minutes = -minutes
            elif rule.shape == "toward":
                minutes -= 60
            if hour <= 24 and abs(minutes) <= 60:
                yield *minutes_of_day(hour, minutes, part), part, *whole


def _minutes(groups: Mapping[str, str], moments: Moments) -> int | None:
    text = groups.get("m") or groups.get("m0")
    return None if text is None else moments.number(text)


def _part(groups: Mapping[str, str], names: Sequence[str], moments: Moments) -> DayPart | None:
    for name in names:
        if name in groups:
            beginnings = [beginning for beginning in moments.parts if groups[name].startswith(beginning)]
            return moments.parts[max(beginnings, key=len)]
    return None
