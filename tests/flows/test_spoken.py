"""Times and numbers as people of that language say them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from flows.prompts import spoken

RIGA = ZoneInfo("Europe/Riga")
NOW = datetime(2030, 3, 4, 10, 15, tzinfo=RIGA)  # a Monday


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2030, month, day, hour, minute, tzinfo=RIGA)


@pytest.mark.parametrize(
    ("moment", "en", "lv", "ru", "ko"),
    [
        (
            at(4, 14, 30),
            "by 2:30 p.m.",
            "līdz pulksten četrpadsmitiem trīsdesmit",
            "до 14 часов 30 минут",
            "오후 2시 30분까지",
        ),
        (at(4, 12), "by noon", "līdz pulksten divpadsmitiem", "до 12 часов", "오후 12시까지"),
        (
            at(5, 10),
            "tomorrow, Tuesday, by 10 a.m.",
            "rīt, otrdien, līdz pulksten desmitiem",
            "завтра, во вторник, до 10 часов",
            "내일 화요일 오전 10시까지",
        ),
        (
            at(7, 9, 30),
            "on Thursday, 7 March, by 9:30 a.m.",
            "ceturtdien, 7. martā, līdz pulksten deviņiem trīsdesmit",
            "в четверг, 7 марта, до 9 часов 30 минут",
            "3월 7일 목요일 오전 9시 30분까지",
        ),
        (
            at(2, 11, month=10),
            "on Wednesday, 2 October, by 11 a.m.",
            "trešdien, 2. oktobrī, līdz pulksten vienpadsmitiem",
            "в среду, 2 октября, до 11 часов",
            "10월 2일 수요일 오전 11시까지",
        ),
        (at(5, 0), "by midnight", "līdz pusnaktij", "до полуночи", "자정까지"),
        (
            at(6, 0),
            "tomorrow, Tuesday, by midnight",
            "rīt, otrdien, līdz pusnaktij",
            "завтра, во вторник, до полуночи",
            "내일 화요일 자정까지",
        ),
        (
            at(10, 9),
            "on Sunday, 10 March, by 9 a.m.",
            "svētdien, 10. martā, līdz pulksten deviņiem",
            "в воскресенье, 10 марта, до 9 часов",
            "3월 10일 일요일 오전 9시까지",
        ),
    ],
)
def test_deadline_is_said_as_people_say_it(moment: datetime, en: str, lv: str, ru: str, ko: str) -> None:
    said = {language: spoken.by(moment, NOW, language) for language in ("en", "lv", "ru", "ko")}
    assert said == {"en": en, "lv": lv, "ru": ru, "ko": ko}


@pytest.mark.parametrize(
    ("moment", "language", "expected"),
    [
        (at(4, 14, 30), "en", "2:30 p.m."),
        (at(5, 10), "en", "10 a.m. tomorrow, Tuesday"),
        (at(7, 10), "en", "10 a.m. on Thursday, 7 March"),
        (at(5, 10), "lv", "pulksten desmitiem rīt, otrdien"),
        (at(7, 10), "ru", "10 часов в четверг, 7 марта"),
        (at(5, 10), "ko", "내일 화요일 오전 10시"),
        (at(4, 14, 30), "en-GB", "2:30 p.m."),
    ],
)
def test_time_stands_after_the_languages_own_word_for_by(moment: datetime, language: str, expected: str) -> None:
    assert spoken.time(moment, NOW, language) == expected


@pytest.mark.parametrize(
    ("moment", "language", "expected"),
    [
        (at(4, 14), "en", "today"),
        (at(4, 14), "lv", "šodien"),
        (at(5, 14), "ru", "завтра, во вторник"),
        (at(7, 14), "ko", "3월 7일 목요일"),
    ],
)
def test_day_answers_when(moment: datetime, language: str, expected: str) -> None:
    assert spoken.day(moment, NOW, language) == expected


def test_day_is_that_of_the_place_where_it_is_spoken() -> None:
    """23:30 in London is already tomorrow in Riga."""
    late = datetime(2030, 3, 4, 23, 30, tzinfo=ZoneInfo("Europe/London"))
    assert spoken.by(at(5, 10), late, "en") == "by 10 a.m."


@pytest.mark.parametrize(
    ("hour", "minute", "en", "en_24", "lv", "ru"),
    [
        (0, 30, "12:30 a.m.", "0:30", "pulksten nulle nulle trīsdesmit", "0 часов 30 минут"),
        (1, 0, "1 a.m.", "1:00", "pulksten vieniem", "1 часа"),
        (5, 5, "5:05 a.m.", "5:05", "pulksten pieciem nulle piecas", "5 часов 5 минут"),
        (12, 45, "12:45 p.m.", "12:45", "pulksten divpadsmitiem četrdesmit piecas", "12 часов 45 минут"),
        (13, 0, "1 p.m.", "13:00", "pulksten trīspadsmitiem", "13 часов"),
        (17, 11, "5:11 p.m.", "17:11", "pulksten septiņpadsmitiem vienpadsmit", "17 часов 11 минут"),
        (21, 21, "9:21 p.m.", "21:21", "pulksten divdesmit vieniem divdesmit viena", "21 часа 21 минуты"),
    ],
)
def test_hours_are_said_as_people_say_them(hour: int, minute: int, en: str, en_24: str, lv: str, ru: str) -> None:
    moment, midnight = at(4, hour, minute), at(4, 0)
    assert spoken.time(moment, midnight, "en") == en
    assert spoken.time(moment, midnight, "en", is_24_hour=True) == en_24
    assert (spoken.time(moment, midnight, "lv"), spoken.time(moment, midnight, "ru")) == (lv, ru)


def test_numbers_are_said_whole_or_figure_by_figure() -> None:
    assert spoken.digits("+37120000001", "en") == "3, 7, 1, 2, 0, 0, 0, 0, 0, 0, 1"
    assert spoken.number("12345", "en") == "12,345"
    assert spoken.number("no number", "en") == "no number"
