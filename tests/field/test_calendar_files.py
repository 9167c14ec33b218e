"""Days that another calendar keeps: a file beside company.yaml, or several countries (calls 34)."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.compiled import Unusable
from flows.files.loader import load_company
from flows.session import Caller
from ivr.published_flows import PublishedFlows
from ivr.publishing import publish_folder
from runtime.sql.database import open_database
from runtime.sql.migrate import upgrade
from tests.field.telephone import Telephone, Write, words

FLOW = """\
spec: 1
flow: shop
title: Shop
languages: [en]
start: welcome
keys: {"0": box}
nodes:
  welcome: {type: greeting, next: opening}
  opening: {type: hours, calendar: office, exits: {open: open, closed: box, holiday: closed, override: box}}
  open: {type: prompt, prompt: {en: "We are open."}, next: box}
  closed: {type: prompt, prompt: {en: "Closed for {hours.reason}."}, next: box}
  box: {type: voicemail, queue: desk, prompt: {en: "Leave a message."}, exits: {saved: bye, empty: bye}}
  bye: {type: end}
"""
COMPANY = """\
organisation: Amber
default_language: en
numbers: {default: shop}
calendars: {office: {zone: Europe/Riga, week: {daily: 9-17}, holidays: HOLIDAYS}}
queues: {desk: {calendar: office, targets: [{within: 2h}]}}
"""
ICS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20300704
DTEND;VALUE=DATE:20300706
SUMMARY:Company outing
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20290506
RRULE:FREQ=YEARLY
SUMMARY:Founder's day\\, always
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART;VALUE=DATE:20300107
RRULE:FREQ=MONTHLY;BYDAY=1MO;COUNT=4
EXDATE;VALUE=DATE:20300204
SUMMARY:Stocktaking
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTART:20300308T100000Z
DTEND:20300308T110000Z
SUMMARY:A meeting
END:VEVENT
BEGIN:VEVENT
UID:5
STATUS:CANCELLED
DTSTART;VALUE=DATE:20300311
SUMMARY:Called off
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
CALLER = Caller("+37120000001", language="en")


def folder(write: Write, holidays: str, ics: str | None = ICS) -> Path:
    made = write(company=COMPANY.replace("HOLIDAYS", holidays), shop=FLOW)
    if ics is not None:
        (made / "closed-days.ics").write_bytes(ics.encode())
    return made


HEARD = {
    "the first day": ("2030-07-04 10:00", "Closed for Company outing."),
    "its last day": ("2030-07-05 10:00", "Closed for Company outing."),
    "the day after": ("2030-07-06 10:00", "We are open."),
    "a day of each year": ("2031-05-06 10:00", "Closed for Founder's day, always."),
    "a repeated day": ("2030-03-04 10:00", "Closed for Stocktaking."),
    "a day taken out": ("2030-02-04 10:00", "We are open."),
    "a meeting is no closed day": ("2030-03-08 10:00", "We are open."),
    "a day called off": ("2030-03-11 10:00", "We are open."),
}


@pytest.mark.parametrize("holidays", ["closed-days.ics", "{file: closed-days.ics}"])
@pytest.mark.parametrize(("at", "expected"), HEARD.values(), ids=HEARD)
def test_the_days_of_a_calendar_file_are_kept(write: Write, holidays: str, at: str, expected: str) -> None:
    house = Telephone(folder(write, holidays), f"{at} Europe/Riga")
    assert expected in words(house.ring(caller=CALLER))


def test_a_house_keeps_the_holidays_of_two_countries_and_a_file(write: Write) -> None:
    made = folder(write, "{countries: [LV, EE], file: closed-days.ics}")
    for at in ("2030-11-18", "2030-02-24", "2030-07-04"):  # Latvia's, Estonia's, the file's
        assert "Closed for" in words(Telephone(made, f"{at} 10:00 Europe/Riga").ring(caller=CALLER))


def test_the_days_are_published_with_the_company(write: Write, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ringback.sqlite3'}"
    upgrade(url)
    engine = open_database(url)
    made = folder(write, "closed-days.ics")
    publish_folder(engine, made, "", "test")
    (made / "closed-days.ics").unlink()
    live = PublishedFlows(engine)
    live.refresh()
    engine.dispose()
    also = live.company.calendars["office"].holidays.also
    assert {day.name[""] for day in also} == {"Company outing", "Founder's day, always", "Stocktaking"}


def test_a_published_company_is_read_again_without_its_file(write: Write) -> None:
    house = Telephone(folder(write, "closed-days.ics"), "2030-07-04 10:00 Europe/Riga")
    exported = house.compiled.definitions.sources["company.yaml"]
    again = load_company(exported, "company.yaml")
    assert again.calendars == house.company.calendars


@pytest.mark.parametrize(
    ("holidays", "ics", "expected"),
    [
        ("closed-day.ics", ICS, '"closed-day.ics" is not in the folder. Did you mean "closed-days.ics"?'),
        ("closed-days.ics", None, '"closed-days.ics" is not in the folder. There is no such file here.'),
        ("closed-days.ics", "not a calendar", '"closed-days.ics": it'),
        ("closed-days.ics", ICS[:300], '"closed-days.ics": it'),
        ("closed-days.ics", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "it has no events of whole days"),
        ("https://example.com/x.ics", ICS, "is an address; save the calendar as a file beside company.yaml"),
    ],
)
def test_a_calendar_file_that_cannot_be_used_is_named(
    write: Write, holidays: str, ics: str | None, expected: str
) -> None:
    with pytest.raises(Unusable) as refused:
        Telephone(folder(write, holidays, ics), "2030-07-04 10:00 Europe/Riga")
    assert "company.yaml:4:" in str(refused.value)
    assert expected in str(refused.value)
