"""Everything in a message that an agent would otherwise listen to twice for: numbers, times and dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from voicemail.facts.corrections import corrected, restated
from voicemail.facts.dates import dates
from voicemail.facts.doubts import doubted
from voicemail.facts.fact import Fact, fact_from
from voicemail.facts.gist import Gist, gist_of, gist_of_spelling
from voicemail.facts.joining import instant_of, joined, without_nested
from voicemail.facts.moment import Moment
from voicemail.facts.moments import en, ko, lv, ru
from voicemail.facts.moments.rules import Moments
from voicemail.facts.numbers.telephone_numbers import telephone_numbers
from voicemail.facts.settling import settled
from voicemail.facts.times import times
from voicemail.facts.tokens import NUMBER_WORDS, tokens_of
from voicemail.mailbox import Transcript, Word

MOMENTS: dict[str, Moments] = {"en": en.MOMENTS, "ru": ru.MOMENTS, "lv": lv.MOMENTS, "ko": ko.MOMENTS}
LANGUAGES = tuple(MOMENTS)


def find_facts(
    words: Sequence[Word], language: str, home_country: str, recorded_at: datetime, zone: ZoneInfo
) -> tuple[Fact, ...]:
    """The facts of a message in the order of its words; none in a language that is not one of LANGUAGES.

    `home_country` (LV) is where a number without a country's prefix belongs; `recorded_at` is aware, and `zone` is the
    company's: tomorrow is the day after the one on which the message was left there. A date and a time side by side are one
    fact, a date-time.
    """
    language = language.replace("_", "-").split("-")[0].lower()
    if language not in MOMENTS or not words:
        return ()
    moments = MOMENTS[language]
    tokens = tokens_of(words, language)
    numbers = telephone_numbers(words, tokens, NUMBER_WORDS[language], home_country)
    taken = {place for fact in numbers for place in range(fact.first_word, fact.last_word + 1)}
    if language == "ko":
        gist = gist_of_spelling(words, tokens, taken)
    else:
        gist = gist_of(tokens, NUMBER_WORDS[language], moments, taken)
    local = recorded_at.astimezone(zone)
    around = moments.surroundings
    said = without_nested(dates(gist, moments, local.date()), times(gist, moments, NUMBER_WORDS[language].units, local))
    told = settled(gist, doubted(gist, restated(gist, said, moments), around), around)
    told = joined(gist, told, words, around.glue)
    found = [*numbers, *(_fact(words, gist, moment, zone) for moment in corrected(gist, told, around))]
    return tuple(sorted(found, key=lambda fact: (fact.first_word, fact.last_word)))


def facts_of(transcript: Transcript, home_country: str, recorded_at: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The facts of a transcript as they go into JSON.

    They are shown to an agent, who can listen to each, and never used by themselves: the number to ring back stays the
    caller's own until a person changes it.
    """
    found = find_facts(transcript.words, transcript.language, home_country, recorded_at, zone)
    return [asdict(fact) for fact in found]


def _fact(words: Sequence[Word], gist: Gist, moment: Moment, zone: ZoneInfo) -> Fact:
    first, last = gist.words_of(moment.start, moment.end)
    if moment.day is None:
        assert moment.minute is not None
        value = f"{moment.minute // 60:02}:{moment.minute % 60:02}"
        return fact_from(words, "time", value, first, last, moment.is_certain)
    if moment.minute is None:
        return fact_from(words, "date", moment.day.isoformat(), first, last, moment.is_certain)
    at, is_shown_once = moment.instant, True
    if at is None:
        at, is_shown_once = instant_of(moment.day, moment.minute, zone)
    is_certain = moment.is_certain and is_shown_once
    return fact_from(words, "date", at.isoformat(timespec="minutes"), first, last, is_certain)
