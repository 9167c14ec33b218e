"""What is promised to a caller."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.schedule.calendar import Calendar
from callbacks.schedule.promise_quote import perform_effect, quote
from callbacks.schedule.targets import Target, target_for
from flows.company.company import Company, TargetRule
from flows.events import QuotePromise, ReadHours
from flows.inputs import HoursRead, PromiseQuoted

RIGA = ZoneInfo("Europe/Riga")


def riga(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=RIGA)


# queue, intent, backlog, asked at → promised until (None: not possible)
PROMISES = {
    "the target, rounded up to the half hour": ("desk", "repair", 0, "2026-03-10T10:02", "2026-03-10T11:30"),
    "a round moment stays": ("desk", "repair", 0, "2026-03-10T10:00", "2026-03-10T11:00"),
    "an emergency has a nearer target": ("desk", "emergency", 0, "2026-03-10T10:02", "2026-03-10T10:30"),
    "20 ahead at 6 minutes for two people still fit": ("desk", "repair", 20, "2026-03-10T10:02", "2026-03-10T11:30"),
    "40 ahead need two hours": ("desk", "repair", 40, "2026-03-10T10:02", "2026-03-10T12:30"),
    "a backlog runs over into the next morning": ("desk", "repair", 80, "2026-03-10T14:00", "2026-03-11T10:00"),
    "the moment of closing may be promised": ("desk", "repair", 0, "2026-03-10T15:45", "2026-03-10T17:00"),
    "what is left after closing counts in the morning": ("desk", "repair", 0, "2026-03-10T16:30", "2026-03-11T09:30"),
    "asked on Friday night, promised on Monday": ("desk", "repair", 0, "2026-03-13T23:00", "2026-03-16T10:00"),
    "the Latvian holiday on Monday is passed over": ("desk", "repair", 0, "2026-04-30T16:45", "2026-05-05T10:00"),
    "a queue that never opens promises nothing": ("nobody", "repair", 0, "2026-03-10T10:00", None),
    "a backlog of eleven days promises nothing": ("desk", "repair", 1700, "2026-03-10T10:00", None),
    "five-minute steps by night": ("nights", "repair", 0, "2026-03-10T23:51", "2026-03-11T00:25"),
}


@pytest.mark.parametrize(("queue", "intent", "backlog", "asked", "until"), PROMISES.values(), ids=PROMISES)
def test_a_promise_is_one_that_can_be_kept(
    company: Company, queue: str, intent: str, backlog: int, asked: str, until: str | None
) -> None:
    quoted = perform_effect(QuotePromise(queue, intent), company, riga(asked), backlog)
    expected = None if until is None else riga(until).astimezone(UTC)
    assert quoted == PromiseQuoted(expected, "Europe/Riga")


def test_rounding_past_the_close_goes_on_to_a_round_minute_of_the_next_day(company: Company) -> None:
    desk = company.queues["desk"]
    office = company.calendars["office"]
    early = office.model_copy(update={"week": json.loads("{}")}).model_validate(
        office.model_dump() | {"week": {day: [{"opens": "09:10", "closes": "16:40"}] for day in office.week}}
    )
    shorter = company.model_copy(update={"calendars": {**company.calendars, "office": early}})
    assert desk.round_minutes == 30
    assert quote(shorter, "desk", "repair", "en", riga("2026-03-10T15:35"), 0).until == riga("2026-03-11T09:30")


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-12-01"), timezones=st.just(RIGA)),
    st.integers(0, 300),
    st.sampled_from(["repair", "emergency"]),
)
def test_every_promise_is_after_its_target_round_and_in_open_hours(
    company: Company, now: datetime, backlog: int, intent: str
) -> None:
    quoted = quote(company, "desk", intent, "en", now, backlog)
    assert quoted.until is not None
    assert quoted.due_at is not None
    assert quoted.until >= quoted.due_at > now
    local = quoted.until.astimezone(RIGA)
    assert (local.minute % 30, local.second, local.microsecond) == (0, 0, 0)
    assert "09:00" < f"{local:%H:%M}" <= "17:00"
    office = Calendar.from_definition(company.calendars["office"])
    # Whole open time: nothing is promised that the backlog does not leave time for.
    assert office.elapsed(now, quoted.until).total_seconds() >= backlog * 6 * 60 / 2
    json.dumps(quoted.ledger)


def test_the_ledger_answers_why(company: Company) -> None:
    ledger = quote(company, "desk", "repair", "lv", riga("2026-03-10T16:30"), 2).ledger
    assert ledger["target"] == {"rule": 2, "minutes": 45}
    assert ledger["backlog"] == 2
    assert ledger["calendar"]["name"] == "office"
    assert ledger["due_at"] == "2026-03-11T09:15:00+02:00"
    assert ledger["until"] == "2026-03-11T09:30:00+02:00"
    assert [(window["since"], window["open_minutes"]) for window in ledger["windows"]] == [
        ("2026-03-10T16:30:00+02:00", 30),
        ("2026-03-11T09:00:00+02:00", 15),
    ]


def test_the_first_rule_whose_conditions_all_hold_decides() -> None:
    rules = (
        TargetRule(intent="repair", language="lv", minutes=10),
        TargetRule(intent="repair", minutes=20),
        TargetRule(language="lv", minutes=30),
        TargetRule(minutes=40),
    )
    found = {
        (intent, language): target_for(rules, intent, language)
        for intent in ("repair", "bill")
        for language in ("lv", "en")
    }
    assert found == {
        ("repair", "lv"): Target(1, 10),
        ("repair", "en"): Target(2, 20),
        ("bill", "lv"): Target(3, 30),
        ("bill", "en"): Target(4, 40),
    }


def test_hours_are_read_from_the_companys_calendar(company: Company) -> None:
    for name, moment in (("office", "2026-03-10T10:00"), ("always", "2026-03-10T03:00")):
        read = perform_effect(ReadHours(name), company, riga(moment))
        assert isinstance(read, HoursRead)
        assert read.state == "open"


def test_an_unknown_queue_names_the_known_ones(company: Company) -> None:
    with pytest.raises(LookupError, match='no queue "sales"; queues here: desk, nights, nobody'):
        perform_effect(QuotePromise("sales", ""), company, riga("2026-03-10T10:00"))
    with pytest.raises(LookupError, match='no calendar "shop"'):
        perform_effect(ReadHours("shop"), company, riga("2026-03-10T10:00"))


def test_a_caller_does_not_wait_for_the_quote(company: Company) -> None:
    for queue in ("desk", "nights"):
        perform_effect(QuotePromise(queue, "repair"), company, riga("2026-03-13T16:58"), 30)
        took = []
        for _ in range(20):
            began = time.perf_counter()
            perform_effect(QuotePromise(queue, "repair"), company, riga("2026-03-13T16:58"), 30)
            took.append(time.perf_counter() - began)
        assert sorted(took)[10] < 0.002
