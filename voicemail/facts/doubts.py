"""The guard: a moment beside which stand words of time, order, number or length that its rule did not use is not certain.

So is one of which it is only assumed that it is still to come, where somebody tells what has been.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from voicemail.facts.dates import day_of
from voicemail.facts.gist import Gist
from voicemail.facts.moment import Moment
from voicemail.facts.moments.surroundings import Surroundings

# How far a neighbour can stand away, in letters of the gist, and a word of the past or of birth, in words.
_REACH = 90
_WORDS_BEFORE, _WORDS_BEHIND = 8, 5
_WORDS_TO_THE_MONTH = 4
_YEAR_BEFORE = re.compile(r"<(?:1[89]|20)(?:\d\d\.?>|> <\d\d?>(?: <\d>)?)(?: \w+)?(?: ,)? $")
_MOST_WORDS_BETWEEN = 2


def doubted(gist: Gist, found: Sequence[Moment], around: Surroundings) -> list[Moment]:
    """The moments in the order of their words, those with a neighbour that changes them no longer certain."""
    text = masked(gist, found)
    told = sorted(found, key=lambda moment: (moment.start, moment.end))
    for place, moment in enumerate(told):
        beside = told[max(place - 1, 0) : place] + told[place + 1 : place + 2]
        told[place] = _of_the_month_beside(text, moment, beside)
        if moment.is_certain and _is_doubtful(text, gist.text, moment, around):
            told[place] = replace(told[place], is_certain=False)
    return told


def masked(gist: Gist, found: Sequence[Moment]) -> str:
    """The gist with the words of all moments struck out: what they used is nobody's neighbour."""
    text = gist.text
    for moment in found:
        struck = re.sub("[^ ]", "~", text[moment.start : moment.end])
        text = text[: moment.start] + struck + text[moment.end :]
    return text


def _is_doubtful(text: str, gist_text: str, moment: Moment, around: Surroundings) -> bool:
    before = text[max(moment.start - _REACH, 0) : moment.start]
    behind = text[moment.end : moment.end + _REACH]
    return (
        around.before.search(before) is not None
        or around.behind.match(behind) is not None
        or _is_one_of_several(before, behind, moment, around)
        or _has_a_number_beside(before, behind, gist_text, moment, around)
        or _is_counted_from_elsewhere(before, behind, moment, around)
        or _is_taken_back(behind, around)
        or _is_a_price(before, moment, around)
        or (moment.is_assumed and _is_told_of_the_past(before, behind, moment, around))
    )


def _is_one_of_several(before: str, behind: str, moment: Moment, around: Surroundings) -> bool:
    """At three or four, the first friday, friday the thirteenth. A day with its month is what it is, also in a list."""
    if around.ordinal_behind.match(behind):
        return True
    if moment.kind == "day_month" and not moment.names_no_month:
        return False
    return bool(
        around.choice_before.search(before)
        or around.choice_behind.match(behind)
        or around.ordinal_before.search(before)
        or (moment.names_no_month and around.joined_behind.match(behind))
    )


def _has_a_number_beside(before: str, behind: str, gist_text: str, moment: Moment, around: Surroundings) -> bool:
    """Minutes or a year that no rule used. Behind "three p.m." only minutes that are called so belong to it."""
    if moment.kind == "day":
        return False
    said = gist_text[moment.start : moment.end]
    ends_with_number = moment.part is None or said[-1] == ">" or ">" not in said
    if (around.number_behind if ends_with_number else around.minutes_behind).match(behind):
        return True
    if around.opens_with_number.match(gist_text, moment.start) and around.number_before.search(before):
        return True
    return moment.kind == "day_month" and moment.is_assumed and _YEAR_BEFORE.search(before) is not None


def _is_counted_from_elsewhere(before: str, behind: str, moment: Moment, around: Surroundings) -> bool:
    """Two hours after lunch, and two hours and a bit."""
    return moment.kind == "length" and bool(
        around.joined_behind.match(behind) or around.behind_length.match(behind) or around.before_length.search(before)
    )


def _is_a_price(before: str, moment: Moment, around: Surroundings) -> bool:
    said_before = " ".join(before.split()[-_WORDS_BEFORE:])
    return moment.kind == "clock" and moment.part is None and around.money.search(said_before) is not None


def _of_the_month_beside(text: str, moment: Moment, beside: Iterable[Moment]) -> Moment:
    """A day that names no month has that of a day nearby, it seems: "on the first or second of march"."""
    if not moment.names_no_month or moment.day is None:
        return moment
    for other in beside:
        if other.kind == "day_month" and other.day is not None:
            between = text[min(moment.end, other.end) : max(moment.start, other.start)]
            if len(between.split()) <= _WORDS_TO_THE_MONTH:
                day = day_of(other.day, moment.day.day) or moment.day
                return replace(moment, day=day, is_certain=False)
    return moment


def _is_taken_back(behind: str, around: Surroundings) -> bool:
    """Whether a correction follows that names a number or a word of time: "at three, no, thirty"."""
    words = behind.replace(",", " ").split()
    for place, word in enumerate(words[:4]):
        if word in around.corrections:
            rest = " " + " ".join(words[place + 1 : place + 5])
            is_last = all(word in around.corrections or word in around.hesitations for word in words[place:])
            return is_last or bool(around.correcting.match(rest))
        if word not in around.hesitations:
            break
    return False


def _is_told_of_the_past(before: str, behind: str, moment: Moment, around: Surroundings) -> bool:
    said_before, said_behind = (
        _of_this_moment(before.split()[-_WORDS_BEFORE:]),
        " ".join(behind.split()[:_WORDS_BEHIND]),
    )
    if moment.kind != "length" and (around.birth.search(said_before) or around.birth.search(said_behind)):
        return True
    if asks := list(around.asks.finditer(said_before)):
        said_before = said_before[asks[-1].end() :]
    if ask := around.asks.search(said_behind):
        said_behind = said_behind[: ask.start()]
    return bool(around.past_before.search(said_before) or around.past.search(said_behind))


def _of_this_moment(words: Sequence[str]) -> str:
    """The words before a moment, but for what belongs to another one before it."""
    others = [place for place, word in enumerate(words) if word.startswith("~")]
    if others and (len(words) - others[-1] > _MOST_WORDS_BETWEEN or words[others[-1]].strip("~")):
        words = words[others[-1] + 1 :]
    return " ".join(words)
