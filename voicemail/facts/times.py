"""Times said in a message, as HH:MM of the company's clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from voicemail.facts.fact import Fact, fact_from
from voicemail.facts.gist import Gist
from voicemail.facts.moments.rules import DayPart, Moments, TimeRule
from voicemail.mailbox import Word

# When nobody says whether it is morning or afternoon, people mean the working day: three is 15:00, nine is 09:00.
_DAY_BEGINS, _DAY_ENDS = 8 * 60, 20 * 60
_HALF_DAY = 12 * 60
_DAY = 24 * 60


def times(
    words: Sequence[Word], gist: Gist, moments: Moments, units: tuple[str, ...], recorded_at: datetime
) -> list[Fact]:
    """The times of a message; `recorded_at` is in the company's zone, for "in half an hour".

    What one of the stems `units` follows is an amount: from nineteen to twenty four roubles.
    """
    found: list[Fact] = []
    amounts = tuple(" " + unit for unit in units)
    taken = [False] * len(gist.text)
    for rule in moments.times:
        for match in rule.pattern.finditer(gist.text):
            if any(taken[match.start() : match.end()]) or gist.text[match.end() :].startswith(amounts):
                continue
            told = list(_times_of(rule, match, moments, recorded_at))
            for minutes, is_certain, start, end in told:
                first, last = gist.words_of(start, end)
                value = f"{minutes // 60:02}:{minutes % 60:02}"
                found.append(fact_from(words, "time", value, first, last, is_certain))
            if told:
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    return found


def minutes_of_day(hour: int, minutes: int, part: DayPart | None) -> tuple[int, bool]:
    """The minute of the day that is `minutes` after (or, negative, before) `hour` o'clock, and whether that is sure."""
    if hour == 24:
        hour = 0
    if hour > 12 or hour == 0:
        return (hour * 60 + minutes) % _DAY, True
    if part is not None:
        return (_hour_in(part, hour) * 60 + minutes) % _DAY, True
    time = (hour * 60 + minutes) % _HALF_DAY
    return (time if _DAY_BEGINS <= time < _DAY_ENDS else time + _HALF_DAY), False


def _hour_in(part: DayPart, hour: int) -> int:
    match part:
        case "morning":
            return hour % 12
        case "pm":
            return hour % 12 + 12
        case "afternoon":  # eleven дня is before noon
            return hour if hour >= 9 else hour + 12
        case "evening":  # twelve вечера is midnight
            return (hour + 12) % 24
        case "night":
            return 0 if hour == 12 else hour if hour < 6 else hour + 12


def _times_of(
    rule: TimeRule, match: re.Match[str], moments: Moments, recorded_at: datetime
) -> Iterator[tuple[int, bool, int, int]]:
    groups = {name: text for name, text in match.groupdict().items() if text}
    whole = match.span()
    part = _part(groups, ("part", "part0") if rule.shape == "span" else ("part", "part2", "part0"), moments)
    match rule.shape:
        case "noon":
            yield 12 * 60, True, *whole
        case "midnight":
            yield 0, True, *whole
        case "in_minutes" | "in_hours":
            count = moments.number(groups["n"]) if "n" in groups else rule.minutes or 1
            then = recorded_at + timedelta(minutes=count * (60 if rule.shape == "in_hours" else 1))
            yield then.hour * 60 + then.minute, True, *whole
        case "span":
            hour, hour2 = moments.number(groups["h"]), moments.number(groups["h2"])
            part2 = _part(groups, ("part2",), moments)
            if part is None and hour < hour2:
                part = part2
            if hour2 <= 24:
                first, first_is_certain = minutes_of_day(hour, _minutes(groups, moments) or 0, part)
                second, second_is_certain = minutes_of_day(hour2, int(groups.get("m2", 0)), part2)
                yield first, first_is_certain, match.start(), match.start("h2") - 1
                yield second, second_is_certain, match.start("h2"), match.end()
        case "at" if "clock" in groups:
            hour_text, minute_text = groups["clock"].split(":")
            if int(hour_text) < 24 and int(minute_text) < 60:
                minutes, is_certain = minutes_of_day(int(hour_text), int(minute_text), part)
                if len(hour_text) == 2 and part is None:
                    minutes = int(hour_text) * 60 + int(minute_text)
                yield minutes, is_certain or len(hour_text) == 2, *whole
        case "at" | "past" | "to" | "toward":
            hour = moments.number(groups["h"])
            minutes = rule.minutes if (told := _minutes(groups, moments)) is None else told
            if hour > 24 or minutes > 59:
                return
            if rule.shape == "to":
                minutes = -minutes
            elif rule.shape == "toward":
                minutes -= 60
            yield *minutes_of_day(hour, minutes, part), *whole


def _minutes(groups: Mapping[str, str], moments: Moments) -> int | None:
    text = groups.get("m") or groups.get("m0")
    return None if text is None else moments.number(text)


def _part(groups: Mapping[str, str], names: Sequence[str], moments: Moments) -> DayPart | None:
    for name in names:
        if name in groups:
            beginnings = [beginning for beginning in moments.parts if groups[name].startswith(beginning)]
            return moments.parts[max(beginnings, key=len)]
    return None
