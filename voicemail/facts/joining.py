"""A day and an hour side by side are one moment, and a moment of both is an instant of the company's zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from sys import maxsize
from zoneinfo import ZoneInfo

from voicemail.facts.gist import Gist
from voicemail.facts.moment import Moment
from voicemail.mailbox import Word

_MOST_WORDS_BETWEEN = 2
# At night people disagree about which day an hour belongs to: "tomorrow at midnight", "friday at one at night".
_NIGHT_ENDS = 5 * 60


def joined(gist: Gist, found: Sequence[Moment], words: Sequence[Word], glue: Container[str]) -> list[Moment]:
    """The moments, which come in their order, with days and hours that stand side by side made one."""
    told: list[Moment] = []
    used: set[int] = set()
    for place, day in enumerate(found):
        if day.day is None or day.minute is not None:
            continue
        # What follows the day goes before what precedes it.
        for beside in (place + 1, place - 1):
            if not 0 <= beside < len(found) or beside in used or found[beside].day is not None:
                continue
            hour = found[beside]
            if _are_beside(gist, day, hour, words, glue):
                used |= {place, beside}
                told += _put_together(day, hour)
                break
    for place, moment in enumerate(found):
        if place not in used:
            told.append(replace(moment, is_certain=moment.is_certain and not moment.is_bare))
    return sorted(told, key=lambda moment: (moment.start, moment.end))


def without_nested(days: Sequence[Moment], hours: Sequence[Moment]) -> list[Moment]:
    """The moments of which the words are not part of a longer one's."""
    kept = _not_within(days, hours)
    return [*kept, *_not_within(hours, kept)]


def _not_within(moments: Sequence[Moment], others: Sequence[Moment]) -> list[Moment]:
    spans = sorted((other.start, other.end) for other in others)
    kept = []
    for moment in moments:
        place = bisect_right(spans, (moment.start, maxsize)) - 1
        if place < 0 or spans[place][1] < moment.end:
            kept.append(moment)
    return kept


def instant_of(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The instant, and whether the clocks show it once. One that they skip is moved on."""
    told = datetime.combine(day, time(*divmod(minute, 60)), tzinfo=zone)
    shown = told.astimezone(UTC).astimezone(zone)
    is_repeated = told.utcoffset() != told.replace(fold=1).utcoffset()
    return shown, shown.replace(tzinfo=None) == told.replace(tzinfo=None) and not is_repeated


def _put_together(day: Moment, hour: Moment) -> list[Moment]:
    if hour.instant is not None and hour.instant.date() != day.day:
        return [replace(day, is_certain=False), replace(hour, is_certain=False)]
    is_of_the_night = hour.minute is not None and hour.minute < _NIGHT_ENDS and hour.part not in ("am", "morning")
    is_certain = day.is_certain and hour.is_certain and not is_of_the_night
    start, end = min(day.start, hour.start), max(day.end, hour.end)
    return [replace(hour, start=start, end=end, day=day.day, is_certain=is_certain, instant=None)]


def _are_beside(gist: Gist, day: Moment, hour: Moment, words: Sequence[Word], glue: Container[str]) -> bool:
    first, second = sorted((day, hour), key=lambda moment: moment.start)
    _, last_word = gist.words_of(first.start, first.end)
    next_word, _ = gist.words_of(second.start, second.end)
    between = words[last_word + 1 : next_word]
    return len(between) <= _MOST_WORDS_BETWEEN and all(word.word.lower().strip(".,") in glue for word in between)
