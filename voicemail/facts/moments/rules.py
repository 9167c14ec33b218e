"""The form in which a language file says how times and dates sound: regular expressions over a simplified text.

In that text the tokens are separated by spaces, a number is `<25>`, an ordinal `<5.>`, a Latvian locative, the case of times,
`<3@>`, a pause a comma of its own, and what is already known to be a telephone number `#`. Korean keeps its own number
words. A blank in a pattern allows a pause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from voicemail.facts.moments.patterns import Pattern, compiled
from voicemail.facts.moments.surroundings import Surroundings

# at: h:m · past: m minutes after h · to: m minutes before h · toward: m minutes of the hour that ends at h (pusčetros)
# span: from h to h2 · noon · midnight · length: n hours and m minutes from now
TimeShape = Literal["at", "past", "to", "toward", "span", "noon", "midnight", "length"]
# today: `count` days from today · days, weeks, months: n from now · weekday: with which, week, n
# day_month: d, month, year, weekday · day: d of this or another (which) month
# week, weekend, week_end, month, month_end: n weeks or months on, roughly · no_day: a month and its year
DateShape = Literal[
    "today", "days", "weeks", "months", "weekday", "day_month", "day",
    "week", "weekend", "week_end", "month", "month_end", "no_day",
]  # fmt: skip
DayPart = Literal["am", "morning", "afternoon", "pm", "evening", "night"]
# week_after: n weeks after the coming one · next_but_one: the Friday after next, of which nobody knows which it is
Which = Literal["this", "next", "following", "after_next", "next_but_one", "week_after", "last", "last_but_one"]


@dataclass(frozen=True, slots=True)
class TimeRule:
    """One way to say a time. `minutes` holds where the words name none, and is added to a length.

    `is_open`: the words have another reading, so the time is never certain. `is_bare`: they may also be a price or a count,
    so it is certain only beside a day.
    """

    pattern: Pattern
    shape: TimeShape
    minutes: int = 0
    is_open: bool = False
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class DateRule:
    """One way to say a date; `count` holds where the words name none. `is_open`: there is another reading."""

    pattern: Pattern
    shape: DateShape
    count: int = 1
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Moments:
    """Times and dates in one language. An earlier rule goes before a later one.

    Keys are the beginnings of words, the longest fits. `week` begins the word that makes "next" plain; `years` are the words
    for a year that count from this one. A number before one of the stems `lengths` is no hour. `splits` are beginnings that
    are cut from number words (pusčetros).
    """

    times: tuple[TimeRule, ...]
    dates: tuple[DateRule, ...]
    parts: Mapping[str, DayPart]
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    which: Mapping[str, Which]
    years: Mapping[str, int]
    week: str
    lengths: tuple[str, ...]
    number: Callable[[str], int]
    surroundings: Surroundings
    splits: tuple[str, ...] = ()


_HOUR = r"<(?P<h>[01]?\d|2[0-4])@?>"
_MINUTE = r"(?:<(?P<m>[0-5]?\d)@?>|<0> <(?P<m0>\d)>)"
_LATE_MINUTE = r"(?:<(?P<m>0\d|[1-5]\d)@?>|<0> <(?P<m0>\d)>)"


def pattern(text: str, **words: str) -> Pattern:
    """Compile a pattern; `{H}` is an hour, `{M}` a minute, `{MM}` one that can follow an hour (oh five), `{name}` as given."""
    for _ in range(3):  # words may use words
        for name, meaning in {**words, "H": _HOUR, "MM": _LATE_MINUTE, "M": _MINUTE}.items():
            text = text.replace("{" + name + "}", meaning)
    return compiled("(?<![^ ])(?:" + text.replace(" ", "(?: ,)? ") + ")(?![^ ])")


def ends(*words: str) -> str:
    """What may follow a bare number that is a time: the end, a pause, or a word with which something new begins."""
    return "(?=$| ,(?: |$)| (?:" + "|".join(word for line in words for word in line.split()) + ")(?: |$))"


def number_in_brackets(text: str) -> int:
    """The number of `25`, `<25>` or `<5.>`."""
    return int(text.strip("<>.@"))
