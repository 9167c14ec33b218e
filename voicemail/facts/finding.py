"""Everything in a message that an agent would otherwise listen to twice for: numbers, times and dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from voicemail.facts.dates import dates
from voicemail.facts.fact import Fact, fact_from
from voicemail.facts.gist import gist_of, gist_of_spelling
from voicemail.facts.moments import en, ko, lv, ru
from voicemail.facts.moments.rules import Moments
from voicemail.facts.numerals.numeral import words as words_of_line
from voicemail.facts.telephone_numbers import telephone_numbers
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
    days = dates(words, gist, moments, local)
    found = [*numbers, *_joined(days, times(words, gist, moments, NUMBER_WORDS[language].units, local), words, zone)]
    return tuple(sorted(found, key=lambda fact: (fact.first_word, fact.last_word)))


def facts_of(transcript: Transcript, home_country: str, recorded_at: datetime, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The facts of a transcript as they go into JSON.

    They are shown to an agent, who can listen to each, and never used by themselves: the number to ring back stays the
    caller's own until a person changes it.
    """
    found = find_facts(transcript.words, transcript.language, home_country, recorded_at, zone)
    return [asdict(fact) for fact in found]


# What may stand between a day and its hour: tomorrow sometime at three.
_GLUE = words_of_line(
    "sometime then maybe perhaps где то где-то примерно около ориентировочно kaut kad apmeram aptuveni 그 때 쯤 에 혹은"
)


def _joined(days: Sequence[Fact], hours: Sequence[Fact], words: Sequence[Word], zone: ZoneInfo) -> list[Fact]:
    """Days and hours, with those side by side made one."""
    found: list[Fact] = []
    free = list(hours)
    for day in days:
        if any(hour.first_word <= day.first_word and day.last_word <= hour.last_word for hour in free):
            continue
        free = [hour for hour in free if not (day.first_word <= hour.first_word and hour.last_word <= day.last_word)]
        beside = [hour for hour in free if _is_beside(day, hour, words)]
        if not beside:
            found.append(day)
            continue
        hour = min(beside, key=lambda fact: fact.first_word < day.first_word)
        free.remove(hour)
        at = datetime.combine(date.fromisoformat(day.value), time.fromisoformat(hour.value), tzinfo=zone)
        first, last = min(day.first_word, hour.first_word), max(day.last_word, hour.last_word)
        is_certain = day.is_certain and hour.is_certain
        found.append(fact_from(words, "date", at.isoformat(timespec="minutes"), first, last, is_certain))
    return found + free


def _is_beside(day: Fact, hour: Fact, words: Sequence[Word]) -> bool:
    first, second = sorted((day, hour), key=lambda fact: fact.first_word)
    between = words[first.last_word + 1 : second.first_word]
    return len(between) <= 2 and all(word.word.lower().strip(".,") in _GLUE for word in between)
