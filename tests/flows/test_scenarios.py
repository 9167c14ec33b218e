"""Tests that stand in a flow file: they pass when the call went so, and say why when it did not."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.checks.findings import untested
from flows.company.company import Company
from flows.events import Effect, QuotePromise
from flows.files.loader import load_flow
from flows.inputs import HoursRead, PromiseQuoted, Result
from flows.model import Flow
from flows.testing.scenarios import ScenarioResult, coverage, run

from .conftest import HERE, UNTIL

GOOD = """\
  - name: t
    at: "2030-03-05 10:15 Europe/Riga"
    caller: {language: en}
    mock: {opening: open, complaints: "2030-03-05 14:30"}
    events: [dtmf 2, record 12s]
    expect:
      path: [welcome, language, opening, main, complaints, goodbye]
      said: [good morning., Q1 Press, We ring by 14:30.]
      not_said: [Our mistake]
      outcome: done
      language: en
      callback: {queue: complaints, intent: complaint, by: "2030-03-05 14:30"}
      voicemail: {queue: complaints, seconds: 12}
      seconds_to_choice: 20
"""


def played(company: Company, test: str) -> ScenarioResult:
    text = (HERE / "every_node.yaml").read_text() + "tests:\n" + test
    [result] = run(load_flow(text, "x.yaml"), company)
    return result


def test_everything_an_author_may_expect_can_be_expected(company: Company) -> None:
    result = played(company, GOOD)
    assert result.problems == ()
    assert result.passed
    assert ("main", "complaint") in result.exits


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "main, complaints, goodbye]",
            "main, goodbye]",
            "path: expected welcome → language → opening → main → goodbye, found",
        ),
        ("[good morning., Q1 Press", "[Q1 Press, good morning.", 'not heard in this order: "good morning."'),
        ("by 14:30.]", "by 15:00.]", 'not heard: "We ring by 15:00."'),
        ("Our mistake", "Q1 Press", 'heard, but should not be: "Q1 Press"'),
        ("outcome: done", "outcome: lost", "outcome: expected lost, found done"),
        ("language: en\n      call", "language: lv\n      call", "language: expected lv, found en"),
        ("intent: complaint", "intent: orders", "callback: expected intent orders, found complaint"),
        ('by: "2030-03-05 14:30"', 'by: "2030-03-05 15:00"', "callback: expected by 2030-03-05 15:00:00+02:00, found"),
        ("callback: {queue: complaints", "callback: {queue: desk", "callback: expected queue desk, found complaints"),
        ("seconds: 12}", "seconds: 13}", "voicemail: expected seconds 13, found 12"),
        (
            "voicemail: {queue: complaints, seconds: 12}",
            "voicemail: none",
            "voicemail: expected none, found one for complaints",
        ),
        ("seconds_to_choice: 20", "seconds_to_choice: 2", "seconds_to_choice: expected 2 at most, found"),
        ("record 12s]", "record empty]", "callback: expected one, found none"),
        ("record 12s]", "record 12s, dtmf 1]", 'the call was over before "dtmf 1"'),
        (
            "dtmf 2, record",
            "record 5s, dtmf 2, record",
            '"record 5s" fits nothing: Recorded came while the call waits for',
        ),
        ("mock: {opening: open, ", "mock: {", 'node "opening" asks for hours; write mock: {opening: …} into the test'),
        ('complaints: "2030', 'mailbox: "2030', 'node "complaints" asks for a promise; write mock: {complaints:'),
        ("mock: {opening: open", "mock: {mailbox: none, opening: open", 'mock for "mailbox" was not used'),
        ("opening: open", "opening: none", 'mock for "opening" must be open, closed, holiday or override'),
    ],
)
def test_failing_test_says_what_was_otherwise(company: Company, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    result = played(company, GOOD.replace(old, new, 1))
    assert any(each.startswith(problem) for each in result.problems), result.problems


def test_what_no_test_mocks_is_asked_of_whoever_can_answer(flow: Flow, company: Company) -> None:
    asked: list[tuple[Effect, datetime]] = []

    def perform(effect: Effect, company: Company, now: datetime) -> Result:
        asked.append((effect, now))
        return PromiseQuoted(UNTIL, "Europe/Riga") if isinstance(effect, QuotePromise) else HoursRead("closed")

    text = (HERE / "every_node.yaml").read_text() + (
        'tests:\n  - {name: t, at: "2030-03-05 10:15 Europe/Riga", caller: {language: en}, '
        "events: [wait 30m, record 5s], expect: {path: [welcome, language, opening, shut, mailbox, goodbye]}}\n"
    )
    [result] = run(load_flow(text, "x.yaml"), company, perform)
    assert result.problems == ()
    assert len(asked) == 2


def test_time_goes_by_only_where_the_test_says_so(company: Company) -> None:
    late = GOOD.replace("[dtmf 2, record 12s]", "[wait 31m, dtmf 2, record 12s]")
    problems = played(company, late).problems
    assert any(problem.startswith("path:") and "last_resort" in problem for problem in problems), problems


def test_exits_that_no_test_takes_are_named(company: Company) -> None:
    text = (HERE / "every_node.yaml").read_text() + "tests:\n" + GOOD
    flow = load_flow(text, "x.yaml")
    results = run(flow, company)
    missing = coverage(flow, results)
    assert ("main", "complaint") not in missing
    assert ("main", "orders") in missing
    assert ("language", "known") not in missing
    assert not any(exit == "error" for _, exit in missing)
    finding = untested(flow, results)[0]
    assert (finding.code, finding.severity) == ("UNTESTED_EXIT", "warning")
    assert 'no test reaches exit "chosen"' in finding.message
