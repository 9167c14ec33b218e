"""Moments, dates and numbers as a person of that language says them, for speech: no abbreviations, no leading zeros.

Every phrase is made for `now` in the zone in which it is spoken: today has no date, tomorrow is named as such. Midnight
is the end of a day, not the beginning of the next: "by midnight" of Tuesday is Wednesday 00:00.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time

# In Latvian both the day and the date answer "when?" in the locative, which no locale table offers.
_LV_WEEKDAYS = ("pirmdien", "otrdien", "trešdien", "ceturtdien", "piektdien", "sestdien", "svētdien")
_LV_MONTHS = (
    *("janvārī", "februārī", "martā", "aprīlī", "maijā", "jūnijā"),
    *("jūlijā", "augustā", "septembrī", "oktobrī", "novembrī", "decembrī"),
)
# Accusative with its preposition, as "when?" is answered in Russian.
_RU_WEEKDAYS = (*("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"),)
# Hours as they follow "līdz pulksten"; few voices find this case in figures.
_LV_HOURS = (
    *(
        "nulle nulle",
        "vieniem",
        "diviem",
        "trijiem",
        "četriem",
        "pieciem",
        "sešiem",
        "septiņiem",
        "astoņiem",
        "deviņiem",
    ),
    *("desmitiem", "vienpadsmitiem", "divpadsmitiem", "trīspadsmitiem", "četrpadsmitiem", "piecpadsmitiem"),
    *("sešpadsmitiem", "septiņpadsmitiem", "astoņpadsmitiem", "deviņpadsmitiem", "divdesmitiem", "divdesmit vieniem"),
    *("divdesmit diviem", "divdesmit trijiem"),
)
_LV_ONES = ("", "viena", "divas", "trīs", "četras", "piecas", "sešas", "septiņas", "astoņas", "deviņas")
_LV_TEENS = (
    *("desmit", "vienpadsmit", "divpadsmit", "trīspadsmit", "četrpadsmit", "piecpadsmit", "sešpadsmit"),
    *("septiņpadsmit", "astoņpadsmit", "deviņpadsmit"),
)
_LV_TENS = ("nulle", "", "divdesmit", "trīsdesmit", "četrdesmit", "piecdesmit")


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment split as it is said: how far away its day is, that day, and the time in it (24:00 is midnight)."""

    days: int
    day: date
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class _Phrases:
    """How one language says the clock, the day, and the two together.

    `time` is the form that follows the language's own word for "by" (by …, līdz …, до …, …까지).
    """

    clock: Callable[[_Moment], str]
    day: Callable[[_Moment], str]
    time: Callable[[str, str], str]  # clock, day ("" today)
    by: Callable[[str, str], str]
    at: Callable[[_Moment, str], str]  # the moment, day: "at 9 a.m.", "tomorrow, Tuesday, at 9 a.m."


def by(moment: datetime, now: datetime, language: str, is_24_hour: bool = False) -> str:
    """Return the whole phrase of a deadline: "by 2:30 p.m.", "tomorrow, Tuesday, by 10 a.m.".

    `is_24_hour` is for English alone ("by 14:30"); the other languages have one way.
    """
    phrases, split = _phrases(language, is_24_hour), _split(moment, now)
    return phrases.by(phrases.clock(split), phrases.day(split) if split.days else "")


def time(moment: datetime, now: datetime, language: str, is_24_hour: bool = False) -> str:
    """Return a moment to stand after "by" (līdz, до, before 까지): "2:30 p.m.", "10 a.m. tomorrow, Tuesday"."""
    phrases, split = _phrases(language, is_24_hour), _split(moment, now)
    return phrases.time(phrases.clock(split), phrases.day(split) if split.days else "")


def at(moment: datetime, now: datetime, language: str, is_24_hour: bool = False) -> str:
    """Return the phrase of a moment at which something begins: "at 9 a.m.", "tomorrow, Tuesday, at 9 a.m."."""
    phrases, split = _phrases(language, is_24_hour), _split(moment, now)
    if phrases.clock is _en_clock_24:
        clock = f"at {phrases.clock(split)}"
        return f"{phrases.day(split)}, {clock}" if split.days else clock
    return phrases.at(split, phrases.day(split) if split.days else "")


def clock(at: clock_time, language: str, is_24_hour: bool = False, ends: bool = False) -> str:
    """Return a time of day as it follows "from" and "to" (no, līdz; с, до); 0:00 is midnight, at its end where `ends`."""
    hour = 24 if at == clock_time(0) and (ends or _base(language) == "en") else at.hour
    return _phrases(language, is_24_hour).clock(_Moment(0, date(2030, 1, 1), hour, at.minute))


def day(moment: datetime, now: datetime, language: str) -> str:
    """Return the day alone, as the answer to "when?": "today", "tomorrow, Tuesday", "on Thursday, 5 March"."""
    return _phrases(language).day(_split(moment, now))


def digits(text: str, language: str) -> str:
    """Return a number to be said figure by figure; the plus of an international number is not said."""
    del language  # figures need no words; the voice says them in its own language
    return ", ".join(character for character in text if character.isdigit())


def number(text: str, language: str) -> str:
    """Return a whole number grouped as the language writes it; anything else is returned as it is."""
    from babel.numbers import format_decimal

    return format_decimal(int(text), locale=_locale(language)) if text.lstrip("-").isdecimal() else text


def has_phrases(language: str) -> bool:
    """Whether deadlines can be spoken in a language."""
    return _base(language) in _BY_LANGUAGE


def _split(moment: datetime, now: datetime) -> _Moment:
    local_now = now.astimezone(moment.tzinfo)
    on = moment.date()
    hour = moment.hour
    if moment.hour == 0 and moment.minute == 0 and on > local_now.date():
        on, hour = on - timedelta(days=1), 24
    return _Moment((on - local_now.date()).days, on, hour, moment.minute)


def _en_day(moment: _Moment) -> str:
    weekday = _named(moment.day, "EEEE", "en_GB")
    match moment.days:
        case 0:
            return "today"
        case 1:
            return f"tomorrow, {weekday}"
    return f"on {weekday}, {_named(moment.day, 'd MMMM', 'en_GB')}"


def _lv_day(moment: _Moment) -> str:
    weekday = _LV_WEEKDAYS[moment.day.weekday()]
    match moment.days:
        case 0:
            return "šodien"
        case 1:
            return f"rīt, {weekday}"
    return f"{weekday}, {moment.day.day}. {_LV_MONTHS[moment.day.month - 1]}"


def _ru_day(moment: _Moment) -> str:
    weekday = _RU_WEEKDAYS[moment.day.weekday()]
    match moment.days:
        case 0:
            return "сегодня"
        case 1:
            return f"завтра, {weekday}"
    return f"{weekday}, {_named(moment.day, 'd MMMM', 'ru')}"


def _ko_day(moment: _Moment) -> str:
    weekday = _named(moment.day, "EEEE", "ko")
    match moment.days:
        case 0:
            return "오늘"
        case 1:
            return f"내일 {weekday}"
    return f"{moment.day.month}월 {moment.day.day}일 {weekday}"


def _en_clock(moment: _Moment) -> str:
    """Twelve hours, as English speakers say them: "1 p.m.", "2:30 p.m.", "noon"."""
    if moment.hour == 24:
        return "midnight"
    if moment.hour == 12 and not moment.minute:
        return "noon"
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes} {'a.m.' if moment.hour < 12 else 'p.m.'}"


def _en_clock_24(moment: _Moment) -> str:
    return "midnight" if moment.hour == 24 else f"{moment.hour}:{moment.minute:02}"


def _lv_clock(moment: _Moment) -> str:
    if moment.hour == 24:
        return "pusnaktij"
    tens, ones = divmod(moment.minute, 10)
    minutes = _LV_TEENS[ones] if tens == 1 else f"{_LV_TENS[tens]} {_LV_ONES[ones]}"
    return f"pulksten {_LV_HOURS[moment.hour]} {minutes if moment.minute else ''}".strip()


def _ru_clock(moment: _Moment) -> str:
    """The genitive after "до": "14 часов 30 минут", "21 часа"."""
    if moment.hour == 24:
        return "полуночи"
    hours = f"{moment.hour} {'часа' if moment.hour in (1, 21) else 'часов'}"
    if not moment.minute:
        return hours
    is_one = moment.minute % 10 == 1 and moment.minute != 11
    return f"{hours} {moment.minute} {'минуты' if is_one else 'минут'}"


def _en_at(moment: _Moment, day: str) -> str:
    clock = f"at {_en_clock(moment)}"
    return f"{day}, {clock}" if day else clock


def _lv_at(moment: _Moment, day: str) -> str:
    """The locative: "pulksten deviņos"."""
    clock = "pusnaktī" if moment.hour == 24 else _lv_clock(moment).replace("iem", "os")
    return f"{day}, {clock}" if day else clock


def _ru_at(moment: _Moment, day: str) -> str:
    """The accusative after "в": "в 9 часов", "в 21 час", "в 2 часа 30 минут"."""
    if moment.hour == 24:
        clock = "в полночь"
    else:
        clock = f"в {_ru_counted(moment.hour, 'час', 'часа', 'часов')}"
        if moment.minute:
            clock += f" {_ru_counted(moment.minute, 'минуту', 'минуты', 'минут')}"
    return f"{day}, {clock}" if day else clock


def _ru_counted(count: int, one: str, few: str, many: str) -> str:
    last, is_teen = count % 10, 11 <= count % 100 <= 14
    word = many if is_teen or last == 0 or last > 4 else one if last == 1 else few
    return f"{count} {word}"


def _ko_at(moment: _Moment, day: str) -> str:
    return f"{day} {_ko_clock(moment)}에".strip()


def _ko_clock(moment: _Moment) -> str:
    if moment.hour == 24:
        return "자정"
    half = "오전" if moment.hour < 12 else "오후"
    minutes = f" {moment.minute}분" if moment.minute else ""
    return f"{half} {moment.hour % 12 or 12}시{minutes}"


_BY_LANGUAGE: dict[str, _Phrases] = {
    "en": _Phrases(
        clock=_en_clock,
        day=_en_day,
        time=lambda clock, day: f"{clock} {day}" if day else clock,
        by=lambda clock, day: f"{day}, by {clock}" if day else f"by {clock}",
        at=_en_at,
    ),
    "lv": _Phrases(
        clock=_lv_clock,
        day=_lv_day,
        time=lambda clock, day: f"{clock} {day}" if day else clock,
        by=lambda clock, day: f"{day}, līdz {clock}" if day else f"līdz {clock}",
        at=_lv_at,
    ),
    "ru": _Phrases(
        clock=_ru_clock,
        day=_ru_day,
        time=lambda clock, day: f"{clock} {day}" if day else clock,
        by=lambda clock, day: f"{day}, до {clock}" if day else f"до {clock}",
        at=_ru_at,
    ),
    "ko": _Phrases(
        clock=_ko_clock,
        day=_ko_day,
        time=lambda clock, day: f"{day} {clock}" if day else clock,
        by=lambda clock, day: f"{day} {clock}까지" if day else f"{clock}까지",
        at=_ko_at,
    ),
}


def _phrases(language: str, is_24_hour: bool = False) -> _Phrases:
    """Phrases of a language; those of English where there are none (the checks refuse such a text)."""
    phrases = _BY_LANGUAGE.get(_base(language), _BY_LANGUAGE["en"])
    return replace(phrases, clock=_en_clock_24) if is_24_hour and phrases.clock is _en_clock else phrases


def _base(language: str) -> str:
    return language.split("-", 1)[0]


def _locale(language: str) -> str:
    return language.replace("-", "_")


def _named(on: date, pattern: str, locale: str) -> str:
    from babel.dates import format_date  # 60 ms: only calls that speak a day pay for it

    return format_date(on, pattern, locale=locale)
