"""The guard: a moment beside which stand words of time, order, number or length that its rule did not use is not certain.

Also a date whose neighbour is another date, and one of which it is only assumed that it is still to come where somebody
tells what has been.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

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
    """The moments in the order of their words, those with a neighbour that changes them no longer certain, and those that say
    one day twice (tomorrow, tuesday) made one."""
    text = masked(gist, found)
    told = sorted(found, key=lambda moment: (moment.start, moment.end))
    for place, moment in enumerate(told):
        beside = told[max(place - 1, 0) : place] + told[place + 1 : place + 2]
        told[place] = _of_the_month_beside(text, moment, beside)
        if moment.is_certain and _is_doubtful(text, gist.text, moment, around):
            told[place] = replace(told[place], is_certain=False)
    return list(_settled(text, gist.text, told, around))


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
    if around.before.search(before) or around.behind.match(behind):
        return True
    names_its_month = moment.kind == "day_month" and not moment.names_no_month
    if not names_its_month and (around.choice_before.search(before) or around.choice_behind.match(behind)):
        return True
    if not names_its_month and around.ordinal_before.search(before):
        return True
    if around.ordinal_behind.match(behind):
        return True
    if _is_taken_back(behind, around):
        return True
    minds_numbers = moment.kind != "day"
    opens_with_number = around.opens_with_number.match(gist_text, moment.start)
    said = gist_text[moment.start : moment.end]
    ends_with_number = moment.part is None or said[-1] == ">" or ">" not in said
    number_behind = around.number_behind if ends_with_number else around.minutes_behind
    if minds_numbers and number_behind.match(behind):
        return True
    if minds_numbers and opens_with_number and around.number_before.search(before):
        return True
    counts_on = moment.kind == "length" or moment.names_no_month
    if counts_on and around.joined_behind.match(behind):
        return True
    if (
        moment.kind == "clock"
        and moment.part is None
        and around.money.search(" ".join(before.split()[-_WORDS_BEFORE:]))
    ):
        return True
    if moment.kind == "day_month" and moment.is_assumed and _YEAR_BEFORE.search(before):
        return True
    if moment.kind == "length" and (around.behind_length.match(behind) or around.before_length.search(before)):
        return True
    return moment.is_assumed and _is_told_of_the_past(before, behind, moment, around)


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


def _settled(text: str, gist_text: str, told: Sequence[Moment], around: Surroundings) -> Iterator[Moment]:
    """The moments, neighbouring days put together: the same day twice is one, a friday and two weeks are the friday then,
    and days that contradict each other are both uncertain."""
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
    yield from kept


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
