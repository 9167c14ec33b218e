"""Keys that work in the whole flow (calls 5; people B28, B29, B31)."""

from __future__ import annotations

import pytest

from callbacks.schedule.promise_quote import perform_effect
from flows.checks.findings import check
from flows.events import VoicemailLeft
from flows.testing.scenarios import run
from tests.field.telephone import Telephone, Write, words

COMPANY = """\
organisation: Amber
default_language: en
numbers: {default: shop}
calendars: {office: {zone: Europe/Riga, week: 24/7}}
queues: {desk: {calendar: office, quiet: none, targets: [{within: 2h}]}}
"""
FLOW = """\
spec: 1
flow: shop
title: Shop
languages: [en]
start: welcome
keys: {"0": box, "*": back, "9": {next: box, intent: emergency}}
nodes:
  welcome: {type: greeting, next: main}
  main:
    type: menu
    prompt: {en: "For service, press 1. For help, press 0."}
    options: {service: {key: "1", next: service}}
    exits: {max_attempts: box}
  service:
    type: menu
    prompt: {en: "For manuals, press 1. For repairs, press 2."}
    options: {manuals: {key: "1", next: manuals}, repairs: {key: "2", next: box}}
    exits: {max_attempts: box}
  manuals: {type: prompt, prompt: {en: "Manuals are on our page."}, next: service}
  box:
    type: voicemail
    queue: desk
    prompt: {en: "Leave a message.[ We call you back {promise.until|by}.]"}
    exits: {saved: bye, empty: bye}
  bye: {type: end, prompt: {en: "Goodbye."}}
"""
TWO_DIGITS = (
    FLOW.replace('"*": back', '"#": repeat')
    .replace('{key: "1", next: service}', '{key: "11", next: service}')
    .replace("For service, press 1.", "For service, press 11.")
)
AT = "2030-03-05 10:15 Europe/Riga"


def house(write: Write, flow: str = FLOW, company: str = COMPANY) -> Telephone:
    return Telephone(write(company=company, shop=flow), AT)


def test_hash_of_the_whole_flow_beside_keys_of_two_digits_is_refused(write: Write) -> None:
    found = house(write, TWO_DIGITS)
    errors = [
        each for each in check(found.compiled.definitions.flows["shop"], found.company) if each.severity == "error"
    ]
    assert [each.code for each in errors] == ["KEY_CLASH"]
    assert "so key # of the whole flow does nothing" in errors[0].message


@pytest.mark.parametrize(
    ("flow", "event", "expected"),
    [
        (TWO_DIGITS, '"dtmf #"', '"dtmf #" cannot be sent: # ends an entry of several keys here and is never sent'),
        (
            FLOW,
            "dtmf 12",
            '"dtmf 12" cannot be sent: one key counts at once here; write each key as an event of its own',
        ),
    ],
)
def test_a_test_cannot_press_what_a_telephone_does_not_send(write: Write, flow: str, event: str, expected: str) -> None:
    tests = f'tests:\n  - {{name: t, at: "{AT}", events: [{event}], expect: {{path: [welcome, main]}}}}\n'
    found = house(write, flow + tests)
    (result,) = run(found.compiled.definitions.flows["shop"], found.company, perform_effect)
    assert result.problems == (expected,)


def test_back_after_an_announcement_leads_to_the_menu_before(write: Write) -> None:
    call = house(write).ring("dtmf 1", "dtmf 1", "dtmf *", "hangup")
    assert call.path() == ("welcome", "main", "service", "manuals", "service", "main")


def test_a_key_of_the_whole_flow_says_what_the_caller_wants(write: Write) -> None:
    call = house(write).ring("dtmf 9", "record 9s")
    (left,) = [event for event in call.events if isinstance(event, VoicemailLeft)]
    assert left.intent == "emergency"


def test_a_wrong_key_at_the_choice_of_language_is_answered(write: Write) -> None:
    language = (
        'language: {type: language, options: {en: "1", lv: "2"}, exits: {known: box, chosen: box, max_attempts: box}}'
    )
    flow = FLOW.replace(
        "welcome: {type: greeting, next: main}", f"welcome: {{type: greeting, next: language}}\n  {language}"
    )
    flow = flow.replace("languages: [en]", "languages: [en, lv]")
    found = house(write, flow)
    call = found.ring("dtmf 7", "hangup")
    assert "Sorry, that option isn't available. Atvainojiet, šādas izvēles nav. For English, press 1." in words(call)


@pytest.mark.parametrize(
    ("quiet", "until"),
    [("", "by 10 a.m."), ("quiet: 22:00-7:00, ", "by 9 a.m."), ("quiet: none, ", "by 5 a.m.")],
)
def test_an_outage_line_promises_no_call_in_the_quiet_hours_of_its_queue(write: Write, quiet: str, until: str) -> None:
    company = COMPANY.replace("quiet: none, ", quiet)
    night = Telephone(write(company=company, shop=FLOW), "2030-03-05 03:00 Europe/Riga")
    assert f"We call you back {until}" in words(night.ring("dtmf 0", "hangup"))
