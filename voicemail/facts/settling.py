"""Moments that stand side by side: they say the same, go together, or contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from voicemail.facts.doubts import masked
from voicemail.facts.gist import Gist
from voicemail.facts.moment import Moment
from voicemail.facts.moments.surroundings import Surroundings


def settled(gist: Gist, told: Sequence[Moment], around: Surroundings) -> list[Moment]:
    """The moments, which come in their order, neighbouring days put together: the same day twice is one, a friday and two weeks
    are the friday then, and days that contradict each other are both uncertain."""
    text, gist_text = masked(gist, told), gist.text
    kept: list[Moment] = []
    for moment in told:
        before = kept[-1] if kept else None
        if before is not None and _is_other_choice(text, before, moment, around):
            moment = replace(moment, is_certain=False)
        if before is not None and _are_weekdays_of_a_span(text, gist_text, before, moment, around):
            kept[-1] = replace(before, is_certain=False)
            kept.append(replace(moment, is_certain=False))
            continue
        if before is None or not _are_neighbours(text, gist_text, before, moment, around):
            kept.append(moment)
            continue
        if moment.weekday is not None and before.weekday is None and _is_on(before, moment.weekday):
            kept[-1] = replace(before, end=moment.end, is_assumed=False)
        elif before.day == moment.day and before.minute == moment.minute and before.instant == moment.instant:
            is_certain = _are_both_sure(before, moment)
            kept[-1] = replace(before, end=moment.end, is_certain=is_certain, is_assumed=False)
        elif (later := _weeks_after_weekday(before, moment)) is not None:
            kept[-1] = later
        else:
            kept[-1] = replace(before, is_certain=False)
            kept.append(replace(moment, is_certain=False))
    return kept


def _are_neighbours(text: str, gist_text: str, one: Moment, other: Moment, around: Surroundings) -> bool:
    """Whether two moments of one kind stand side by side, with no word between that lists them."""
    if (one.day is None) != (other.day is None) or one.end > other.start or (one.is_of_span and other.is_of_span):
        return False
    if other.kind == "clock" and gist_text[other.start : other.end].split(maxsplit=1)[0] in around.spans:
        return False  # с 15:00 до 16:00
    between = text[one.end : other.start].replace(",", " ").split()
    return len(between) <= 1 and all(word in around.bridges for word in between)


def _is_other_choice(text: str, one: Moment, other: Moment, around: Surroundings) -> bool:
    """At two or three p.m.: the first hour is open, and so is which of them is meant."""
    if one.is_certain or one.minute is None or other.minute is None or one.is_of_span or other.is_of_span:
        return False
    between = text[one.end : other.start].replace(",", " ").split()
    return 0 < len(between) <= 2 and between[0] in around.choices - around.spans


def _are_weekdays_of_a_span(text: str, gist_text: str, one: Moment, other: Moment, around: Surroundings) -> bool:
    """From monday to friday is every week as well."""
    if one.weekday is None or other.weekday is None:
        return False
    between = text[one.end : other.start].replace(",", " ").split()
    first = gist_text[other.start : other.end].split(maxsplit=1)[0]
    return len(between) <= 2 and any(word in around.spans for word in (*between, first))


def _are_both_sure(one: Moment, other: Moment) -> bool:
    """Whether two that say the same are sure together: at the weekend, on saturday."""
    if "length" in (one.kind, other.kind):
        return False
    return (one.is_certain and (other.is_certain or other.is_rough)) or (one.is_rough and other.is_certain)


def _is_on(moment: Moment, weekday: int) -> bool:
    return moment.kind == "day" and moment.day is not None and moment.day.weekday() == weekday


def _weeks_after_weekday(one: Moment, other: Moment) -> Moment | None:
    for day, count in ((one, other), (other, one)):
        if day.weekday is not None and count.weeks is not None and day.day is not None:
            then = day.day + timedelta(days=7 * count.weeks)
            return Moment(one.start, other.end, "day", False, then)
    return None
