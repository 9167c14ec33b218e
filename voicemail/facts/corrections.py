"""Moments that were taken back: "on tuesday, no, sorry, wednesday" is wednesday, "at three, no, wait, four" is four."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from voicemail.facts.dates import day_of
from voicemail.facts.doubts import masked
from voicemail.facts.gist import Gist
from voicemail.facts.moment import Moment
from voicemail.facts.moments.rules import Moments
from voicemail.facts.moments.surroundings import Surroundings
from voicemail.facts.times import minutes_of_day

_WORD = re.compile("[^ ]+")
_HOUR = re.compile(r"<(\d\d?)@?>(?:(?: ,)? <([0-5]\d)@?>)?(?![^ ])")


def restated(gist: Gist, found: Sequence[Moment], moments: Moments) -> list[Moment]:
    """The moments, and beside them those that a correction names by a number alone: it takes the rest from the moment before."""
    text = masked(gist, found)
    return [*found, *(later for moment in found for later in _restatement(text, moment, moments))]


def corrected(gist: Gist, found: Sequence[Moment], around: Surroundings) -> list[Moment]:
    """The moments, in order, without those that were taken back; what is left of such a pair says the words of both."""
    kept: list[Moment] = []
    for moment in found:
        before = kept[-1] if kept else None
        if before is not None and _is_correction(gist.text[before.end : moment.start], around):
            kept[-1] = _corrected(before, moment)
        else:
            kept.append(moment)
    return kept


def _restatement(text: str, moment: Moment, moments: Moments) -> Iterator[Moment]:
    around = moments.surroundings
    is_correction = False
    for word in _WORD.finditer(text, moment.end):
        if word[0] in around.corrections:
            is_correction = True
        elif word[0] != "," and word[0] not in around.hesitations:
            break
    else:
        return
    if not is_correction:
        return
    start = word.start()
    if moment.minute is not None and (hour := _HOUR.match(text, start)) and around.end.match(text, hour.end()):
        if int(hour[1]) <= 24:
            minute, is_certain = minutes_of_day(int(hour[1]), int(hour[2] or 0), moment.part)
            yield Moment(start, hour.end(), "clock", is_certain, minute=minute, part=moment.part)
    elif moment.kind == "day_month" and moment.day and (ordinal := around.bare_day.match(text, start)):
        day = day_of(moment.day, moments.number(ordinal["d"]))
        if day is not None:
            yield replace(moment, start=start, end=ordinal.end(), day=day)


def _is_correction(between: str, around: Surroundings) -> bool:
    words = between.replace(",", " ").split()
    return any(word in around.corrections for word in words) and all(
        word in around.corrections or word in around.hesitations or word in around.glue for word in words
    )


def _corrected(before: Moment, later: Moment) -> Moment:
    """What holds after the correction: a new hour leaves the day as it was; whether a new day leaves the hour is open."""
    if later.day is None and before.day is not None and later.minute is not None:
        is_certain = before.is_certain and later.is_certain
        return replace(later, start=before.start, day=before.day, is_certain=is_certain)
    if later.minute is None and before.minute is not None and later.day is not None and before.instant is None:
        minute, part = before.minute, before.part
        return replace(later, start=before.start, minute=minute, part=part, is_certain=False)
    return replace(later, start=before.start)
