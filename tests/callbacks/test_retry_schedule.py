"""When a customer who was not reached is rung again."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from callbacks.callback import Outcome
from callbacks.schedule.calendar import Calendar, NoOpenHours
from callbacks.schedule.retry_schedule import Again, GiveUp, Hours, NeedsNumber, Next, Tried, next_try
from flows.company.company import Company

RIGA = ZoneInfo("Europe/Riga")


def riga(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=RIGA)


def tried(text: str) -> list[Tried]:
    attempts = [line.split() for line in text.split(",") if line.strip()]
    return [Tried(riga(when), outcome) for when, outcome in attempts]  # type: ignore[arg-type]  # a table of words


# calendar, earlier attempts, outcome now → when again
LADDER = {
    "busy: ten minutes": ("office", "", "03-10T10:00", "busy", "03-10T10:10"),
    "busy twice: half an hour": ("office", "03-10T10:00 busy", "03-10T10:12", "busy", "03-10T10:42"),
    "busy at closing: in the morning": ("office", "", "03-10T16:55", "busy", "03-11T09:00"),
    "no answer: 45 minutes": ("office", "", "03-10T10:00", "no_answer", "03-10T10:45"),
    "no answer twice in the morning: in the afternoon": (
        "office",
        "03-10T10:00 no_answer",
        "03-10T10:50",
        "no_answer",
        "03-10T12:00",
    ),
    "no answer twice in the afternoon: next morning": (
        "office",
        "03-10T13:00 no_answer",
        "03-10T14:00",
        "no_answer",
        "03-11T09:00",
    ),
    "no answer in two parts of the day: next day in the third": (
        "always",
        "03-10T10:00 no_answer, 03-10T10:50 no_answer",
        "03-10T13:00",
        "no_answer",
        "03-11T17:00",
    ),
    "no third part at the office: next business day": (
        "office",
        "03-13T10:00 no_answer, 03-13T10:50 no_answer",
        "03-13T13:00",
        "no_answer",
        "03-16T09:00",
    ),
    "voicemail: three hours": ("office", "", "03-10T10:00", "voicemail_reached", "03-10T13:00"),
    "voicemail again: next day": (
        "office",
        "03-10T10:00 voicemail_reached",
        "03-10T13:05",
        "voicemail_reached",
        "03-11T09:00",
    ),
    "by night nobody is rung before eight": ("always", "", "03-10T22:00", "busy", "03-11T08:00"),
    "the last call ends before nine in the evening": ("always", "", "03-10T20:30", "no_answer", "03-11T08:00"),
    "carrier: five minutes": ("office", "", "03-10T10:00", "carrier_failure", "03-10T10:05"),
    "a carrier's fault does not shorten the customer's retries": (
        "office",
        "03-10T10:00 carrier_failure",
        "03-10T10:10",
        "busy",
        "03-10T10:20",
    ),
}


def after(company: Company, calendar: str, earlier: str, now: str, outcome: Outcome, *zones: str) -> Next:
    hours = Hours(
        Calendar.from_definition(company.calendars[calendar]), tuple(map(ZoneInfo, zones or ("Europe/Riga",)))
    )
    return next_try(outcome, tried(earlier), riga(now), hours)


@pytest.mark.parametrize(("calendar", "earlier", "now", "outcome", "again"), LADDER.values(), ids=LADDER)
def test_the_next_try_after_each_outcome(
    company: Company, calendar: str, earlier: str, now: str, outcome: Outcome, again: str
) -> None:
    assert after(company, calendar, earlier, now, outcome) == Again(riga(again))


@pytest.mark.parametrize("outcome", ["wrong_person", "invalid_number"])
def test_a_number_that_leads_elsewhere_is_not_dialled_blindly(company: Company, outcome: Outcome) -> None:
    assert after(company, "office", "", "03-10T10:00", outcome) == NeedsNumber()


def test_a_carrier_that_fails_twice_is_an_alert(company: Company) -> None:
    found = after(company, "office", "03-10T10:00 carrier_failure", "03-10T10:06", "carrier_failure")
    assert isinstance(found, Again)
    assert "failed 2 times" in found.alert


THREE = "03-09T10:00 no_answer, 03-10T10:00 no_answer, 03-10T13:00 busy"
GIVE_UP = {
    "four attempts, three days, both parts that the office has": ("office", THREE, "03-11T10:00", True),
    "four attempts on two days": ("office", THREE, "03-10T14:00", False),
    "three attempts": ("office", "03-09T10:00 busy, 03-10T13:00 busy", "03-11T10:00", False),
    "four attempts in mornings only": (
        "office",
        "03-09T10:00 busy, 03-10T10:00 busy, 03-10T10:30 busy",
        "03-11T10:00",
        False,
    ),
    "round the clock, the evening is still to be tried": ("always", THREE, "03-11T10:00", False),
    "round the clock, the evening was the fourth": ("always", THREE, "03-11T18:00", True),
}


@pytest.mark.parametrize(("calendar", "earlier", "now", "given_up"), GIVE_UP.values(), ids=GIVE_UP)
def test_four_attempts_on_three_days_in_three_parts_of_the_day_are_enough(
    company: Company, calendar: str, earlier: str, now: str, given_up: bool
) -> None:
    assert (after(company, calendar, earlier, now, "no_answer") == GiveUp()) == given_up


def test_a_caller_abroad_is_rung_when_both_are_awake(company: Company) -> None:
    # New York sleeps until 14:00 in Riga in these weeks (13:00 after 29 March).
    zones = ("America/New_York", "Europe/Riga")
    assert after(company, "office", "", "03-10T10:00", "busy", *zones) == Again(riga("03-10T14:00"))


def test_hours_that_never_meet_are_an_error_with_a_remedy(company: Company) -> None:
    with pytest.raises(NoOpenHours, match="leave no time to ring"):
        after(company, "never", "", "03-10T10:00", "busy")
