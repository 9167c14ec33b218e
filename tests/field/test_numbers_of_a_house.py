"""One house with several numbers, names, hours and zones (calls 7 and 10, people D: name by location)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.session import Caller
from tests.field.telephone import Telephone, Write, words

FLOW = """\
spec: 1
flow: NAME
title: Reception
languages: [en, lv]
start: welcome
keys: {"0": mailbox}
nodes:
  welcome:
    type: greeting
    open_promise: {en: "We will call you back {open_promise.until|by}.", lv: "Atzvanīsim {open_promise.until|by}."}
    next: opening
  opening: {type: hours, exits: {open: mailbox, closed: mailbox, holiday: mailbox, override: mailbox}}
  mailbox:
    type: voicemail
    queue: QUEUE
    prompt: {en: "This is {organisation}. [We call you back {promise.until|by}.]", lv: "Šeit {organisation}."}
    exits: {saved: bye, empty: bye}
  bye: {type: end}
"""
COMPANY = """\
organisation: {en: Amber Clinics, lv: Dzintara klīnikas}
default_language: en
numbers:
  default: {flow: riga, calendar: riga}
  "+371 67 000 001": {flow: riga, organisation: {en: Amber Clinic Old Town, lv: Dzintara klīnika Vecrīgā}, calendar: riga}
  "+12025550123": {flow: america, organisation: Amber America, calendar: america}
  "1294": {flow: riga, organisation: Short Amber, calendar: riga}
  "sip:desk@pbx.example.com": {flow: america, organisation: Sip Amber, calendar: america}
calendars:
  riga: {zone: Europe/Riga, week: {weekdays: 9-17}}
  america: {zone: America/New_York, week: {weekdays: 9-17}}
queues:
  riga: {calendar: riga, targets: [{within: 2h}]}
  america: {calendar: america, targets: [{within: 2h}]}
"""
KNOWN = Caller("+12025550199", language="en")


@pytest.fixture
def house(write: Write) -> Telephone:
    flows = {name: FLOW.replace("NAME", name).replace("QUEUE", name) for name in ("riga", "america")}
    return Telephone(write(company=COMPANY, **flows), "2030-03-05 10:00 America/New_York")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("+37167000001", "Amber Clinic Old Town"),
        ("37167000001", "Amber Clinic Old Town"),
        ("sip:+37167000001@sip.example.com", "Amber Clinic Old Town"),
        ("whatsapp:+37167000001", "Amber Clinic Old Town"),
        ("67000001", "Amber Clinic Old Town"),
        ("1294", "Short Amber"),
        ("sip:desk@pbx.example.com", "Sip Amber"),
        ("SIP:Desk@pbx.example.com;transport=tls", "Sip Amber"),
        ("+12025550123", "Amber America"),
        ("+37167999999", "Amber Clinics"),
        ("", "Amber Clinics"),
    ],
)
def test_the_number_that_was_called_says_its_own_name(house: Telephone, called: str, name: str) -> None:
    heard = words(house.ring(called=called, caller=KNOWN))
    assert f"{name}, good" in heard
    assert f"This is {name}." in heard


def test_each_office_greets_by_the_hour_of_its_own_zone(house: Telephone) -> None:
    assert "good morning" in words(house.ring(called="+12025550123", caller=KNOWN))
    assert "good afternoon" in words(house.ring(called="+37167000001", caller=KNOWN))


def test_an_open_promise_is_spoken_in_the_zone_of_its_queue(house: Telephone) -> None:
    noon = datetime(2030, 3, 5, 17, tzinfo=UTC)
    waiting = Caller("+12025550199", "", "en", noon, "america")
    for called in ("+12025550123", "+37167000001"):
        assert "We will call you back by noon." in words(house.ring(called=called, caller=waiting))


def test_one_flow_keeps_the_hours_of_the_number_that_was_called(write: Write) -> None:
    flow = (
        FLOW.replace("NAME", "riga")
        .replace("QUEUE", "riga")
        .replace("{type: hours, ", "{type: hours, calendar: riga, ")
    )
    flow = flow.replace("closed: mailbox", "closed: bye")
    company = COMPANY.replace("{flow: america,", "{flow: riga,")
    house = Telephone(write(company=company, riga=flow), "2030-03-05 10:00 America/New_York")
    assert house.ring("hangup", called="+12025550123", caller=KNOWN).path()[-1] == "mailbox"
    late = Telephone(write(company=company, riga=flow), "2030-03-05 18:30 Europe/Riga")
    assert late.ring(called="+37167000001", caller=KNOWN).path()[-1] == "bye"
    assert late.ring("hangup", called="+12025550123", caller=KNOWN).path()[-1] == "mailbox"


def test_an_hours_node_that_no_calendar_is_given_for_is_refused(write: Write) -> None:
    from flows.checks.findings import check

    company = COMPANY.replace("{flow: america, organisation: Amber America, calendar: america}", "america")
    flows = {name: FLOW.replace("NAME", name).replace("QUEUE", name) for name in ("riga", "america")}
    house = Telephone(write(company=company, **flows), "2030-03-05 10:00 America/New_York")
    found = check(house.compiled.definitions.flows["america"], house.company)
    assert any('calendar is missing, and number "+12025550123" has none' in each.message for each in found)
