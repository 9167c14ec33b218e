"""One reader for each kind of value: the forms that people write, and what is said of the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

import pytest

from flows.values.clock import ALL_DAY, read_hours
from flows.values.dates import YearlyDate, read_day, read_moment
from flows.values.duration import read_duration
from flows.values.language import read_language, unknown_language
from flows.values.places import read_country, read_zone
from flows.values.telephone import address_forms, read_address, read_number
from flows.values.weekdays import DAYS, read_days

NINE_TO_FIVE = ((time(9), time(17)),)
SPLIT = ((time(9), time(12)), (time(13), time(17)))
CHRISTMAS_EVE = date(2030, 12, 24)

ACCEPTED: list[tuple[Callable[[str], object], object, tuple[str, ...]]] = [
    (
        read_hours,
        NINE_TO_FIVE,
        (
            *("9-17", "09:00–17:00", "9:00 - 17:00", "9.00-17.00", "9am-5pm", "9-5pm", "9 a.m. – 5 p.m.", "0900-1700"),
            *(
                "9:00 to 17:00",
                "9 bis 17 Uhr",
                "с 9 до 17",
                "no 9 līdz 17",
                "9h-17h",
                "9:00:00-17:00:00",
                "9\u00a0-\u00a017",
            ),
        ),
    ),
    (read_hours, SPLIT, ("9-12, 13-17", "9-12; 13-17", "9:00–12:00 / 13:00–17:00", "9-12 and 1-5pm", "13-17, 9-12")),
    (read_hours, (), ("closed", "Closed", "none", "-", "slēgts", "закрыто")),
    (read_hours, (ALL_DAY,), ("24h", "24/7", "24 hours", "all day", "0:00-24:00", "0-24")),
    (read_hours, ((time(22), time(6)),), ("22-6", "22:00–06:00", "10pm-6am")),
    (read_hours, ((time(12), time(20)),), ("noon-8pm", "12-20")),
    (
        read_days,
        DAYS[:5],
        ("mon-fri", "Mo–Fr", "Mo.-Fr.", "monday to friday", "weekdays", "pirmdiena-piektdiena", "пн-пт"),
    ),
    (read_days, ("monday", "wednesday", "friday"), ("Mon, Wed, Fri", "mon wed fri", "mon & wed and fri", "Mo, Mi, Fr")),
    (read_days, ("friday", "saturday", "sunday", "monday"), ("fri-mon",)),
    (read_days, DAYS, ("daily", "every day", "mon-sun")),
    (read_duration, 5_400, ("90m", "1h 30m", "1.5h", "1,5 h", "1 hour and 30 minutes", "90 min")),
    (read_duration, 172_800, ("2 days", "48h", "2d")),
    (read_duration, 20, ("20s", "20 sec", "20 seconds")),
    (
        read_day,
        CHRISTMAS_EVE,
        (
            "2030-12-24",
            "24.12.2030",
            "24. 12. 2030",
            "24 Dec 2030",
            "Dec 24, 2030",
            "24/12/2030",
            "2030. gada 24. decembris",
        ),
    ),
    (
        read_day,
        YearlyDate(12, 24),
        ("24 Dec", "24.12.", "12-24", "--12-24", "every 24 Dec", "24. decembris", "24 декабря"),
    ),
    (read_day, YearlyDate(5, 6), ("--05-06", "6 May")),
    (
        read_moment,
        datetime(2030, 3, 5, 14),  # noqa: DTZ001 - local time of whoever asks
        ("2030-03-05 14:00", "5.3.2030 14:00", "5 Mar 2030, 2pm", "2030-03-05T14:00", "5 March 2030 at 14.00"),
    ),
    (
        read_number,
        "+37167000001",
        (
            "+371 67 000 001",
            "+371-67-000-001",
            "00371 67000001",
            "(+371) 67000001",
            "tel:+37167000001",
            "+371 67\u2011000001",
        ),
    ),
    (read_number, "+442079460123", ("+44 (0)20 7946 0123", "+44 20 7946 0123")),
    (read_address, "1294", ("1294",)),
    (read_address, "sip:desk@pbx.example.com", ("sip:desk@pbx.example.com", "SIP:Desk@pbx.example.com")),
    (read_zone, "Europe/Riga", ("Europe/Riga", "europe/riga", " Europe/Riga ")),
    (read_zone, "America/New_York", ("America/New York",)),
    (read_country, "LV", ("LV", "lv")),
    (read_language, "en-GB", ("en-GB", "en_gb", "EN-gb")),
]

REFUSED: list[tuple[Callable[[str], object], str, str]] = [
    (read_hours, "9:00-25:00", "25:00 is no time of day; hours go from 0:00 to 24:00"),
    (read_hours, "9:60-17", "9:60 is no time of day"),
    (read_hours, "9am-5", "says am only once; write it at both ends"),
    (read_hours, "13pm-5pm", "before am and pm stand 1 to 12"),
    (read_hours, "9", "is not a window of hours; write 9:00-17:00, 9-17"),
    (read_hours, "9-13, 12-17", "9:00-13:00 and 12:00-17:00 overlap"),
    (read_days, "weekday", 'is no day. Did you mean "weekdays"?'),
    (read_days, "mondy", 'Did you mean "monday"?'),
    (read_days, "mon-wed-fri", "is not a range of days; write mon-fri, or a list"),
    (read_duration, "90", "has no unit; write 90s, 90m or 90h"),
    (read_duration, "soon", "is not a duration; write it as 20s, 30m, 2h or 1h 30m"),
    (read_duration, "30 mni", '"mni" is no unit of time'),
    (read_day, "03/04/2030", "can be 3 Apr 2030 or 4 Mar 2030; write one of these"),
    (read_day, "3-4", "can be 3 Apr or 4 Mar"),
    (read_day, "31.02.2030", "is no day of the calendar"),
    (read_day, "24.12.30", "write the year with four figures"),
    (read_moment, "2030-03-05", "has no time of day; write 2030-03-05 14:00"),
    (read_moment, "tomorrow", "is not a date and time"),
    (lambda text: read_number(text, "LV"), "67000001", 'has no country code. Did you mean "+37167000001"?'),
    (read_number, "desk", "is not a number in international form, such as +37167000000"),
    (read_number, "+371", "it has 3 figures; a number has 6 to 15"),
    (read_zone, "Riga", 'Did you mean "Europe/Riga"?'),
    (read_zone, "Europe/Rigga", 'Did you mean "Europe/Riga"?'),
    (read_zone, "UTC+2", "is not an IANA time zone, such as Europe/Riga."),
    (read_country, "Lativa", "Did you mean LV (Latvia)?"),
    (read_language, "latviešu", 'Did you mean "lv"?'),
]


@pytest.mark.parametrize(("read", "stored", "forms"), ACCEPTED, ids=[forms[0] for _, _, forms in ACCEPTED])
def test_a_value_is_stored_in_one_form_however_it_is_written(
    read: Callable[[str], object], stored: object, forms: tuple[str, ...]
) -> None:
    assert {form: read(form) for form in forms} == dict.fromkeys(forms, stored)


@pytest.mark.parametrize(("read", "written", "expected"), REFUSED, ids=[written for _, written, _ in REFUSED])
def test_a_value_that_cannot_be_read_says_what_would_be_right(
    read: Callable[[str], object], written: str, expected: str
) -> None:
    with pytest.raises(ValueError) as refused:
        read(written)
    assert f'"{written}"' in str(refused.value)
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    "called",
    ["+37167000001", "37167000001", "sip:+37167000001@x.example", "whatsapp:+37167000001", "67000001", "0037167000001"],
)
def test_an_address_is_found_in_whatever_form_the_carrier_names_it(called: str) -> None:
    assert "+37167000001" in address_forms(called, "LV")


def test_a_language_that_there_is_none_of_is_named() -> None:
    assert [unknown_language(tag) for tag in ("en", "lv", "pt-BR")] == ["", "", ""]
    assert unknown_language("lc") == '"lc" is no language. Did you mean "lv"?'
