"""Days that are counted from the day of the message, on each of three weeks' days and in each language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.voicemail.facts.listener import RIGA, Listener
from voicemail.facts import find_facts

WEEKDAYS = {
    "en": "on monday|on tuesday|on wednesday|on thursday|on friday|on saturday|on sunday",
    "ru": "в понедельник|во вторник|в среду|в четверг|в пятницу|в субботу|в воскресенье",
    "lv": "pirmdien|otrdien|trešdien|ceturtdien|piektdien|sestdien|svētdien",
    "ko": "월요일에|화요일에|수요일에|목요일에|금요일에|토요일에|일요일에",
}
NEXT_WEEK = {"en": "{} next week", "ru": "{} на следующей неделе", "lv": "{} nākamnedēļ", "ko": "다음 주 {}"}
LAST_WEEK = {"en": "last week {}", "ru": "на прошлой неделе {}", "lv": "pagājušajā nedēļā {}", "ko": "지난주 {}"}
TEN_DAYS_ON = {"en": "in ten days", "ru": "через десять дней", "lv": "pēc desmit dienām", "ko": "열흘 뒤에"}
THREE_WEEKS_ON = {"en": "in three weeks", "ru": "через три недели", "lv": "pēc trim nedēļām", "ko": "삼 주 뒤에"}
DAYS = [date(2026, 12, 21) + timedelta(days=count) for count in range(21)]  # over the turn of the year


def heard(language: str, said: str, today: date) -> list[tuple[str, bool]]:
    recorded_at = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    return [
        (fact.value, fact.is_certain) for fact in find_facts(Listener().words(said), language, "LV", recorded_at, RIGA)
    ]


@pytest.mark.parametrize("language", WEEKDAYS)
def test_a_weekday_alone_is_the_first_one_that_comes(language: str) -> None:
    for today in DAYS:
        for number, said in enumerate(WEEKDAYS[language].split("|")):
            coming = today + timedelta(days=1)
            while coming.weekday() != number:
                coming += timedelta(days=1)
            assert heard(language, said, today) == [(coming.isoformat(), today.weekday() != number)]


@pytest.mark.parametrize("language", WEEKDAYS)
@pytest.mark.parametrize(("frames", "weeks"), [(NEXT_WEEK, 1), (LAST_WEEK, -1)])
def test_a_weekday_of_another_week_is_in_that_week(language: str, frames: dict[str, str], weeks: int) -> None:
    for today in DAYS:
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * weeks)
        for number, said in enumerate(WEEKDAYS[language].split("|")):
            day = monday + timedelta(days=number)
            assert heard(language, frames[language].format(said), today) == [(day.isoformat(), True)], (said, today)


@pytest.mark.parametrize("language", WEEKDAYS)
@pytest.mark.parametrize(("said", "days"), [(TEN_DAYS_ON, 10), (THREE_WEEKS_ON, 21)])
def test_days_and_weeks_are_counted_over_the_end_of_the_year(language: str, said: dict[str, str], days: int) -> None:
    for today in DAYS:
        assert heard(language, said[language], today) == [((today + timedelta(days=days)).isoformat(), True)]


@pytest.mark.parametrize(("said", "minutes"), [("in an hour and a half", 90), ("in twenty hours", 1200)])
def test_lengths_are_the_same_in_every_hour_of_the_nights_when_clocks_change(said: str, minutes: int) -> None:
    for night in (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2027, 3, 27, 12, tzinfo=UTC)):
        for quarter in range(96):
            now = night + timedelta(minutes=15 * quarter)
            then = (now + timedelta(minutes=minutes)).astimezone(RIGA)
            (fact,) = find_facts(Listener().words(said), "en", "LV", now, RIGA)
            is_same_day = then.date() == now.astimezone(RIGA).date()
            assert fact.value == (f"{then:%H:%M}" if is_same_day else then.isoformat(timespec="minutes"))
