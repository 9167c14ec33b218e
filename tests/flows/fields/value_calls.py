"""Calls that hear the values that a text may speak, in each of their formats."""

from __future__ import annotations

import sqlalchemy as sa

from customers.tables import customers
from runtime.sql.database import writing
from tests.flows.fields.calendar_calls import INDEPENDENCE_DAY, office
from tests.flows.fields.stage import COMPANY, MAILBOX, Stage, flow, hears

WORDS = '  words: {{type: prompt, prompt: {{en: "{}"}}, next: bye}}\n'


def said(stage: Stage, text: str, company: str = COMPANY, at: str = "") -> str:
    """What is heard where a prompt holds the text."""
    return stage.play(flow(WORDS.format(text)), company=company, at=at).words[1]


@hears("value.organisation")
def the_organisation_is_named(stage: Stage) -> None:
    assert said(stage, "This is {organisation}.") == "This is Amber Workshop."


@hears("value.caller.name")
def a_known_caller_is_named(stage: Stage) -> None:
    stage.publish(flow(MAILBOX))
    stage.ring("record 5s")
    number = stage.caller
    [person] = stage.api("/api/customers", number=number)["items"]
    with writing(stage.house.parts.console_database) as connection:
        connection.execute(sa.update(customers).where(customers.c.id == person["id"]).values(name="Anna"))
    stage.publish(flow(WORDS.format("[Is that you, {caller.name}?]And here we are.")))
    assert stage.ring(from_number=number).words[1] == "Is that you, Anna?And here we are."
    assert stage.ring().words[1] == "And here we are."


@hears("value.caller.number", "value.caller.number|digits", "value.caller.number|number")
def the_number_of_the_caller_is_said(stage: Stage) -> None:
    digits = said(stage, "From {caller.number|digits}.")
    assert digits.replace(",", "").startswith("From 3 7 1 2"), digits
    assert said(stage, "From {caller.number}.").replace(",", "").startswith("From 3 7 1 2")
    assert said(stage, "From {caller.number|number}.") != said(stage, "From {caller.number|digits}.")


def promised(stage: Stage, format: str) -> str:
    box = MAILBOX.replace("Speak.[ Call back {promise.until|by}.]", f"Speak.[ {{promise.until{format}}}.]")
    return stage.play(flow(box.replace("queue: desk", "queue: roomy")), "record 5s", company=ROOMY).words[1]


ROOMY = COMPANY.replace("  other:", "  roomy: {calendar: always, people: 1000, targets: [{within: 4h}]}\n  other:")


@hears("value.promise.until", "value.promise.until|time", "value.promise.until|by", "value.promise.until|date")
def the_moment_of_a_promise_is_said(stage: Stage) -> None:
    assert promised(stage, "") == promised(stage, "|time") == "Speak. 2:30 p.m."
    assert promised(stage, "|by") == "Speak. by 2:30 p.m."
    assert promised(stage, "|date") == "Speak. today."


@hears(
    "value.open_promise.until",
    "value.open_promise.until|time",
    "value.open_promise.until|by",
    "value.open_promise.until|date",
)
def the_moment_of_an_open_promise_is_said(stage: Stage) -> None:
    formats = ("", "|time", "|by", "|date")
    text = " ".join(f"{{open_promise.until{each}}};" for each in formats)
    greeting = flow(MAILBOX.replace("queue: desk", "queue: roomy"))
    greeting = greeting.replace("prompt: {en: Hello.}", f'prompt: {{en: Hello.}}, open_promise: {{en: "{text}"}}')
    stage.publish(greeting, ROOMY)
    stage.ring("record 5s")
    again = stage.ring("record empty", from_number=stage.caller)
    assert again.words[1] == "2:30 p.m.; 2:30 p.m.; by 2:30 p.m.; today;"


OPENING = """\
  opening: {{type: hours, calendar: office, exits: {{open: words, closed: words, holiday: words, override: words}}}}
  words: {{type: prompt, prompt: {{en: "{}"}}, next: bye}}
"""


def after_hours(stage: Stage, text: str, company: str = COMPANY, at: str = "") -> str:
    return stage.play(flow(OPENING.format(text)), company=company, at=at).words[1]


@hears("value.hours.week", "value.hours.today")
def opening_hours_are_said(stage: Stage) -> None:
    assert after_hours(stage, "[Open {hours.week}.]!") == "Open Monday to Friday from 9 a.m. to 5 p.m.!"
    assert after_hours(stage, "[Open {hours.today}.]!") == "Open from 9 a.m. to 5 p.m.!"


@hears("value.hours.opens", "value.hours.opens|at", "value.hours.opens|by", "value.hours.opens|date")
def the_next_opening_is_said(stage: Stage) -> None:
    at_night = "2030-03-05 20:00"
    for format in ("", "|at", "|by"):
        heard = after_hours(stage, f"[We open {{hours.opens{format}}}]!", at=at_night)
        assert heard == "We open tomorrow, Wednesday, at 9 a.m.!", format
    assert after_hours(stage, "[We open {hours.opens|date}]!", at=at_night) == "We open tomorrow, Wednesday!"


@hears("value.hours.reason")
def the_reason_is_said(stage: Stage) -> None:
    heard = after_hours(stage, "[Closed: {hours.reason}]!", company=office(holidays="LV"), at=INDEPENDENCE_DAY)
    assert heard.startswith("Closed: ") and "Proclamation" in heard
