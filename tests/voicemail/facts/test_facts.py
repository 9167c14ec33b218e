"""What a fact carries: its place in the recording, how sure it is, and what it means on the day of the message."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from voicemail.facts import facts_of, find_facts
from voicemail.mailbox import Transcript, Word

HERE = Path(__file__).parent
RIGA = ZoneInfo("Europe/Riga")
MONDAY_AT_ELEVEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# About two milliseconds for 100 words (bench/facts.py).
MOST_CALLS_A_WORD = 120


def test_a_fact_knows_where_it_can_be_listened_to(listener: Any) -> None:
    line = "hello — call two nine one two three four five six thanks"
    words = listener.words(line)
    (fact,) = listener.facts(line, "en", "LV")
    assert (fact.first_word, fact.last_word) == (2, 9)
    assert (fact.start, fact.end) == (words[2].start, words[9].end)
    assert fact.said == "two nine one two three four five six"


def test_a_fact_is_as_sure_as_all_of_its_words_together() -> None:
    words = [
        Word(word, n * 0.35, n * 0.35 + 0.3, 0.9 if n < 4 else 0.5)
        for n, word in enumerate(["at", "half", "past", "two"])
    ]
    (fact,) = find_facts(words, "en", "GB", MONDAY_AT_ELEVEN, RIGA)
    assert fact.confidence == pytest.approx(0.9**4, abs=1e-4)
    unsure = [*words[:3], Word("two", 1.05, 1.35, 0.5)]
    (fact,) = find_facts(unsure, "en", "GB", MONDAY_AT_ELEVEN, RIGA)
    assert fact.confidence == pytest.approx(0.9**3 * 0.5, abs=1e-4)


def test_a_number_said_twice_is_one_fact_and_surer_than_once(listener: Any) -> None:
    once = "two nine one two three four five six"
    (alone,) = listener.facts(once, "en", "LV")
    (twice,) = listener.facts(f"{once} — I repeat — {once}", "en", "LV")
    assert twice.value == alone.value
    assert twice.confidence > alone.confidence


def test_a_number_said_twice_but_heard_differently_is_shown_both_ways(listener: Any) -> None:
    line = "two nine one two three four five six again two nine one two three four five seven"
    assert listener.told(line, "en", "LV") == "number +37129123456; number +37129123457"


def test_an_hour_of_the_working_day_is_assumed_and_marked(listener: Any) -> None:
    expected = {"seven": "19:00?", "eight": "08:00?", "eleven": "11:00?", "twelve": "12:00?", "one": "13:00?"}
    for hour, value in expected.items():
        assert listener.told(f"at {hour} please", "en", "GB") == f"time {value}"
    assert listener.told("at seven in the morning", "en", "GB") == "time 07:00"


@pytest.mark.parametrize(
    ("recorded_at", "said", "day"),
    [
        # 23:30 in London is already tomorrow in Riga.
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "tomorrow", "2026-11-25"),
        (datetime(2026, 11, 23, 9, tzinfo=UTC), "on the twenty second of november", "2027-11-22"),
        (datetime(2026, 11, 23, 9, tzinfo=UTC), "on the twenty third of november", "2026-11-23"),
        (datetime(2026, 11, 23, 9, tzinfo=UTC), "on the twenty ninth of february", "2028-02-29"),
        (datetime(2026, 12, 31, 9, tzinfo=UTC), "on the first of january", "2027-01-01"),
        (datetime(2026, 12, 30, 9, tzinfo=UTC), "in three days", "2027-01-02"),
        (datetime(2027, 1, 30, 9, tzinfo=UTC), "by the thirtieth please", "2027-01-30"),
        (datetime(2027, 1, 31, 9, tzinfo=UTC), "by the thirtieth please", "2027-03-30"),
    ],
)
def test_a_date_is_reckoned_from_the_day_of_the_message_where_the_company_is(
    recorded_at: datetime, said: str, day: str, listener: Any
) -> None:
    (fact,) = find_facts(listener.words(said), "en", "GB", recorded_at, RIGA)
    assert fact.value == day


def test_a_day_that_does_not_exist_is_no_fact(listener: Any) -> None:
    assert listener.told("on the thirty first of june", "en", "GB") == ""


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("on friday the fourth at ten", "date 2026-12-04T10:00+02:00?"),
        # The fourth is a Friday; one of the two words is wrong.
        ("on thursday the fourth", "date 2026-12-04?"),
    ],
)
def test_a_weekday_and_a_day_of_the_month_must_agree_to_be_certain(said: str, facts: str, listener: Any) -> None:
    assert listener.told(said, "en", "GB") == facts


def test_facts_go_into_json_as_they_are_shown(listener: Any) -> None:
    words = tuple(listener.words("call me tomorrow on two nine one two three four five six"))
    facts = facts_of(Transcript("", "en-GB", 0.95, words, "m"), "LV", MONDAY_AT_ELEVEN, RIGA)
    assert [fact["kind"] for fact in json.loads(json.dumps(facts))] == ["date", "number"]
    assert {"kind", "value", "start", "end", "confidence", "said"} <= facts[0].keys()


@pytest.mark.parametrize("language", ["de", "", "xx-YY"])
def test_a_language_without_number_words_has_no_facts(language: str, listener: Any) -> None:
    assert listener.told("two nine one two three four five six", language, "LV") == ""


def test_nothing_said_has_no_facts() -> None:
    assert find_facts([], "en", "LV", MONDAY_AT_ELEVEN, RIGA) == ()


def test_a_run_of_digits_that_never_ends_is_neither_a_number_nor_slow(listener: Any) -> None:
    begun = time.process_time()
    assert listener.told("twenty nine one double two " * 200, "en", "LV") == ""
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(("language", "home_country"), [("en", "GB"), ("ru", "RU"), ("lv", "LV"), ("ko", "KR")])
def test_reading_a_message_is_little_work_a_word_however_long_it_is(
    language: str, home_country: str, listener: Any
) -> None:
    """Calls are counted, which every machine does alike; bench/facts.py takes the time."""
    sentences = (HERE / f"no_number_{language}.txt").read_text(encoding="utf-8").splitlines()
    words = [word for sentence in sentences for word in listener.words(sentence)]

    def calls_a_word(words: list[Word]) -> float:
        count = 0

        def seen(_frame: object, event: str, _what: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(seen)
        try:
            find_facts(words, language, home_country, MONDAY_AT_ELEVEN, RIGA)
        finally:
            sys.setprofile(None)
        return count / len(words)

    calls_a_word(words)  # what is made once
    short, long = calls_a_word(words[:100]), calls_a_word(words)
    print(f"\n{language}: {short:.0f} and {long:.0f} calls a word")
    assert max(short, long) < MOST_CALLS_A_WORD
    assert long < short * 1.3
