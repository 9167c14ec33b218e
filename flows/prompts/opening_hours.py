"""Opening hours as they are said: "Monday to Friday from 9 a.m. to 5 p.m., and Saturday from 10 a.m. to 2 p.m."."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time

from flows.company.calendar_definition import WEEKDAYS, Week
from flows.prompts.spoken import clock

# A stretch of hours: opens, closes.
Stretch = tuple[time, time]
_WHOLE_DAY: Stretch = (time(0), time(0))


@dataclass(frozen=True, slots=True)
class _Words:
    """How one language says days and stretches of hours; days are counted from Monday, 0."""

    run: Callable[[int, int], str]
    pair: Callable[[int, int], str]
    one: Callable[[int], str]
    every_day: str
    around_the_clock: str
    stretch: Callable[[Stretch, bool], str]
    and_: str
    last: str
    holiday: str


def week(week: Week, language: str, is_24_hour: bool = False) -> str:
    """Return a week of opening hours; nothing when it is never open."""
    words = _words(language)
    runs: list[tuple[int, int, tuple[Stretch, ...]]] = []
    for index, day in enumerate(WEEKDAYS):
        hours = tuple((window.opens, window.closes) for window in week.get(day, ()))
        if not hours:
            continue
        if runs and runs[-1][1] == index - 1 and runs[-1][2] == hours:
            runs[-1] = (runs[-1][0], index, hours)
        else:
            runs.append((index, index, hours))
    if runs == [(0, 6, (_WHOLE_DAY,))]:
        return words.around_the_clock
    said = [f"{_days(words, first, last)} {today(hours, language, is_24_hour)}" for first, last, hours in runs]
    return words.last.join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def today(hours: Sequence[Stretch], language: str, is_24_hour: bool = False) -> str:
    """Return the hours of one day; nothing when there are none."""
    words = _words(language)
    if tuple(hours) == (_WHOLE_DAY,):
        return words.around_the_clock
    return words.and_.join(words.stretch(each, is_24_hour) for each in hours)


def holiday(language: str) -> str:
    """What a public holiday is called whose name is not known in a language."""
    return _words(language).holiday


def _days(words: _Words, first: int, last: int) -> str:
    if (first, last) == (0, 6):
        return words.every_day
    if first == last:
        return words.one(first)
    return words.pair(first, last) if last == first + 1 else words.run(first, last)


_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LV_FROM = ("pirmdienas", "otrdienas", "trešdienas", "ceturtdienas", "piektdienas", "sestdienas", "svētdienas")
_LV_TO = ("pirmdienai", "otrdienai", "trešdienai", "ceturtdienai", "piektdienai", "sestdienai", "svētdienai")
_LV_ON = ("pirmdien", "otrdien", "trešdien", "ceturtdien", "piektdien", "sestdien", "svētdien")
_RU_FROM = ("понедельника", "вторника", "среды", "четверга", "пятницы", "субботы", "воскресенья")
_RU_TO = ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье")
_KO = ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일")


def _en_stretch(hours: Stretch, is_24_hour: bool) -> str:
    return f"from {clock(hours[0], 'en', is_24_hour)} to {clock(hours[1], 'en', is_24_hour, ends=True)}"


def _lv_stretch(hours: Stretch, is_24_hour: bool) -> str:
    return f"no {clock(hours[0], 'lv', is_24_hour)} līdz {clock(hours[1], 'lv', is_24_hour, ends=True)}"


def _ru_stretch(hours: Stretch, is_24_hour: bool) -> str:
    opens, closes = hours
    # The word for hours is said once where both are whole: с 9 до 17 часов.
    begin = (
        str(opens.hour) if not opens.minute and not closes.minute and closes.hour else clock(opens, "ru", is_24_hour)
    )
    return f"с {begin} до {clock(closes, 'ru', is_24_hour, ends=True)}"


def _ko_stretch(hours: Stretch, is_24_hour: bool) -> str:
    return f"{clock(hours[0], 'ko', is_24_hour)}부터 {clock(hours[1], 'ko', is_24_hour, ends=True)}까지"


def _ru_on(day: int) -> str:
    return f"{'во' if day == 1 else 'в'} {_RU_TO[day]}"


_BY_LANGUAGE: dict[str, _Words] = {
    "en": _Words(
        run=lambda first, last: f"{_EN[first]} to {_EN[last]}",
        pair=lambda first, last: f"{_EN[first]} and {_EN[last]}",
        one=lambda day: _EN[day],
        every_day="every day",
        around_the_clock="around the clock",
        stretch=_en_stretch,
        and_=" and ",
        last=", and ",
        holiday="a public holiday",
    ),
    "lv": _Words(
        run=lambda first, last: f"no {_LV_FROM[first]} līdz {_LV_TO[last]}",
        pair=lambda first, last: f"{_LV_ON[first]} un {_LV_ON[last]}",
        one=lambda day: _LV_ON[day],
        every_day="katru dienu",
        around_the_clock="visu diennakti",
        stretch=_lv_stretch,
        and_=" un ",
        last=" un ",
        holiday="svētku diena",
    ),
    "ru": _Words(
        run=lambda first, last: f"{'со' if first == 1 else 'с'} {_RU_FROM[first]} по {_RU_TO[last]}",
        pair=lambda first, last: f"{_ru_on(first)} и {_RU_TO[last]}",
        one=_ru_on,
        every_day="ежедневно",
        around_the_clock="круглосуточно",
        stretch=_ru_stretch,
        and_=" и ",
        last=", ",
        holiday="праздничный день",
    ),
    "ko": _Words(
        run=lambda first, last: f"{_KO[first]}부터 {_KO[last]}까지",
        pair=lambda first, last: f"{_KO[first]}과 {_KO[last]}",
        one=lambda day: _KO[day],
        every_day="매일",
        around_the_clock="24시간",
        stretch=_ko_stretch,
        and_=", ",
        last=", ",
        holiday="공휴일",
    ),
}


def _words(language: str) -> _Words:
    return _BY_LANGUAGE.get(language.split("-", 1)[0], _BY_LANGUAGE["en"])
