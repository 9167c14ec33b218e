"""company.yaml as people write it."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from flows.company.calendar_definition import Window
from flows.company.company import TargetRule
from flows.files.faults import FlowFaults
from flows.files.loader import load_company

GOOD = """\
spec: 1
organisation: {en: Amber}
default_language: en
numbers: {default: reception, "+37167000000": reception}
calendars:
  office:
    zone: Europe/Riga
    week: {weekdays: ["9:00-12:30", 13:30–17:00], saturday: 10:00-14:00}
    holidays: LV
    exceptions:
      - {date: 2030-12-24, name: Christmas Eve, windows: ["9:00-13:00"]}
      - {date: 2030-07-01, until: 2030-07-14, name: Summer}
    closure: {until: 2030-03-05 14:00, reason: snow}
  always: {zone: Asia/Seoul, week: {daily: [00:00-24:00]}}
  nights: {zone: Europe/Riga, week: {weekend: 22:00-6:00}}
queues:
  desk:
    calendar: office
    people: 2
    handling: 6m
    round_to: 15m
    targets: [{intent: complaint, within: 2h}, {language: lv, within: 90m}, {within: 4h}]
teams:
  desk: {numbers: ["+442079460101"]}
voices: {en: Polly.Amy}
words:
  en: {names: [Kowalski, O'Neil], streets: [Elizabetes Street, St. John's Road]}
  lv:
    products: [Dzintara eļļa]
"""


def test_hours_and_durations_are_read_as_people_write_them() -> None:
    company = load_company(GOOD, "company.yaml")
    office = company.calendars["office"]
    assert office.week["monday"] == (
        Window(opens=time(9), closes=time(12, 30)),
        Window(opens=time(13, 30), closes=time(17)),
    )
    assert office.week["saturday"] == (Window(opens=time(10), closes=time(14)),)
    assert "sunday" not in office.week
    assert office.exceptions[0].date == date(2030, 12, 24)
    assert office.exceptions[1].windows == ()
    assert office.closure is not None
    assert office.closure.until == datetime(2030, 3, 5, 14)  # noqa: DTZ001 - local time of the calendar
    assert company.calendars["always"].week["sunday"] == (Window(opens=time(0), closes=time(0)),)
    assert company.calendars["nights"].week["sunday"] == (Window(opens=time(22), closes=time(6)),)
    desk = company.queues["desk"]
    assert (desk.people, desk.handling_minutes, desk.round_minutes) == (2, 6, 15)
    assert desk.targets == (
        TargetRule(intent="complaint", minutes=120),
        TargetRule(language="lv", minutes=90),
        TargetRule(minutes=240),
    )


def test_own_words_are_given_by_language_with_the_name_of_the_business_among_them() -> None:
    company = load_company(GOOD, "company.yaml")
    assert company.own_words("en") == ("Kowalski", "O'Neil", "Elizabetes Street", "St. John's Road", "Amber")
    assert company.own_words("lv") == ("Dzintara eļļa",)
    assert company.own_words("ru") == ()


def test_more_own_words_than_can_be_listened_for_are_refused() -> None:
    names = ", ".join(f"N{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(501))
    with pytest.raises(FlowFaults, match=r"27:7  words\.en: 503 words are too many: at most 500"):
        load_company(GOOD.replace("Kowalski, O'Neil", names), "company.yaml")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("zone: Europe/Riga\n", "zone: Europe/Rigga\n", '7:11  calendar "office": zone: "Europe/Rigga" is not an IANA'),
        ("zone: Europe/Riga\n    week", "week", '6:3  calendar "office": zone is missing'),
        (
            "zone: Europe/Riga\n",
            "zoen: Europe/Riga\n",
            'calendar "office": "zoen" does not belong here. Did you mean "zone"?',
        ),
        ("weekdays:", "weekday:", '8:12  calendar "office": week: "weekday" is no day. Did you mean "weekdays"?'),
        ("9:00-12:30", "9 till late", 'week.weekdays: "9 till late" is not a window of hours; write 9:00-17:00, 9-17'),
        (
            "10:00-14:00",
            "10:00-25:00",
            '8:61  calendar "office": week.saturday: "10:00-25:00": 25:00 is no time of day',
        ),
        ("within: 4h", "within: soon", 'queue "desk": targets 3: within: "soon" is not a duration'),
        ("handling: 6m", "handling: 90s", 'handling "90s" is not a number of whole minutes'),
        ("round_to: 15m", "round_to: 20m", '21:15  queue "desk": round_to "20m" must be 5m, 15m or 30m'),
        (", {within: 4h}]", "]", '22:14  queue "desk": the last target must hold'),
        (
            "calendar: office\n",
            "calendar: offise\n",
            '18:15  queue "desk": calendar "offise" is unknown. Did you mean "office"?',
        ),
        (
            '"+37167000000": reception',
            '"67000000": reception',
            '"67000000" has no country code. Did you mean "+37167000000"?',
        ),
        (
            'numbers: ["+442079460101"]',
            "numbers: [desk]",
            'team "desk": numbers: "desk" is not a number in international form',
        ),
        ("default_language: en", "default_language: lv", 'organisation has no name in the default language "lv"'),
        (
            "date: 2030-12-24",
            "date: 03/04/2030",
            'date: "03/04/2030" can be 3 Apr 2030 or 4 Mar 2030; write one of these',
        ),
        ("until: 2030-07-14", "until: 2030-06-14", "until 2030-06-14 lies before 2030-07-01"),
        ("people: 2", "people: many", '19:13  queue "desk": people "many" must be a whole number from 1 to 1000'),
        ("spec: 1", "spec: 2", '1:7  spec "2" is not known to this version'),
        ("O'Neil", "Pier 7", "27:26  words.en: names: 'Pier 7' has digits in it: write the word without them"),
        ("O'Neil", "Smith & Sons", "words.en: names: 'Smith & Sons' is not a word or a few: letters"),
        (
            "O'Neil",
            "a very long name indeed",
            "words.en: names: 'a very long name indeed' is too long: at most 4 words",
        ),
        ("[Kowalski, O'Neil]", "Kowalski", "27:15  words.en: names must be a list"),
        ("streets:", "street:", 'words.en: "street" does not belong here. Did you mean "streets"?'),
        ("  lv:\n    products", "  Latvian:\n    products", '28:3  words: "Latvian" is not a language such as en'),
        ("queues:\n  desk:", "queues:\n  Desk:", '17:3  queue "Desk" is not a name'),
    ],
)
def test_each_fault_of_the_company_has_its_line(old: str, new: str, expected: str) -> None:
    assert old in GOOD
    with pytest.raises(FlowFaults) as refused:
        load_company(GOOD.replace(old, new, 1), "company.yaml")
    assert expected in str(refused.value)
    assert str(refused.value).startswith("company.yaml:")


@pytest.mark.parametrize(
    "week",
    [
        "mon-fri 9-17, sat 10-14",
        '"Mo–Fr: 9:00–17:00; Sa: 10:00–14:00"',
        "{weekdays: 9.00-17.00, saturday: 10am-2pm}",
        '{"mon, tue, wed, thu, fri": 9-5pm, sat: {opens: "10:00", closes: "14:00"}, sun: closed}',
    ],
)
def test_a_week_may_be_written_in_many_ways(week: str) -> None:
    calendar = load_company(
        GOOD.replace('{weekdays: ["9:00-12:30", 13:30–17:00], saturday: 10:00-14:00}', week), "c.yaml"
    )
    office = calendar.calendars["office"].week
    assert office["monday"] == office["friday"] == (Window(opens=time(9), closes=time(17)),)
    assert office["saturday"] == (Window(opens=time(10), closes=time(14)),)
    assert not office.get("sunday")
