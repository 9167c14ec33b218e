"""The form in which a language file says how times and dates sound: regular expressions over a simplified text.

In that text the tokens are separated by spaces, a number is `<25>`, an ordinal `<5.>`, a Latvian locative, the case of times,
`<3@>`, a pause a comma of its own, and what is already known to be a telephone number `#`. Korean keeps its own number
words. A blank in a pattern allows a pause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

# at: h:m · past: m minutes after h · to: m minutes before h · toward: m minutes of the hour that ends at h (pusčetros)
# span: from h to h2 · noon · midnight · in_minutes, in_hours: n from now, with `half` half an hour
TimeShape = Literal["at", "past", "to", "toward", "span", "noon", "midnight", "in_minutes", "in_hours"]
# days, weeks: n from now · weekday: with which, week · day_month: d, month, year · day: d of this or the next (which) month
DateShape = Literal["days", "weeks", "weekday", "day_month", "day"]
DayPart = Literal["morning", "afternoon", "pm", "evening", "night"]
Which = Literal["this", "next", "after_next", "week_after", "last"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern and a piece of text without which it cannot match: looking for that first saves most of the time."""

    expression: re.Pattern[str]
    needs: str

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self.expression.finditer(text) if self.needs in text else iter(())


@dataclass(frozen=True, slots=True)
class TimeRule:
    """One way to say a time; `minutes` holds where the words name none."""

    pattern: Pattern
    shape: TimeShape
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class DateRule:
    """One way to say a date; `count` holds where the words name none."""

    pattern: Pattern
    shape: DateShape
    count: int = 1


@dataclass(frozen=True, slots=True)
class Moments:
    """Times and dates in one language. An earlier rule goes before a later one.

    Keys are the beginnings of words, the longest fits; `week` begins the word that makes "next" plain. `splits` are beginnings
    that are cut from number words (pusčetros)."""

    times: tuple[TimeRule, ...]
    dates: tuple[DateRule, ...]
    parts: Mapping[str, DayPart]
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    which: Mapping[str, Which]
    week: str
    number: Callable[[str], int]
    splits: tuple[str, ...] = ()


_HOUR = r"<(?P<h>[01]?\d|2[0-4])@?>"
_MINUTE = r"(?:<(?P<m>[0-5]?\d)@?>|<0> <(?P<m0>\d)>)"
_LATE_MINUTE = r"(?:<(?P<m>0\d|[1-5]\d)@?>|<0> <(?P<m0>\d)>)"


def pattern(text: str, **words: str) -> Pattern:
    """Compile a pattern; `{H}` is an hour, `{M}` a minute, `{MM}` one that can follow an hour (oh five), `{name}` as given."""
    for _ in range(3):  # words may use words
        for name, meaning in {**words, "H": _HOUR, "MM": _LATE_MINUTE, "M": _MINUTE}.items():
            text = text.replace("{" + name + "}", meaning)
    return Pattern(re.compile(r"(?<![^ ])" + text.replace(" ", "(?: ,)? ") + r"(?![^ ])"), needed(text))


def needed(text: str) -> str:
    """The longest word, or at least the bracket of a number, that stands in a pattern outside of all choices."""
    while (without_groups := re.sub(r"\((?:[^()\\]|\\.)*\)[?*+]?", " ", text)) != text:
        text = without_groups
    if "|" in text:
        return ""
    words = re.findall(r"[^\W\d_]+", re.sub(r"\\.|\[[^]]*\]|.[?*{]", " ", text))
    return max(words, key=len) if words else "<" if "<" in text else ""


def ends(*words: str) -> str:
    """What may follow a bare number that is a time: the end, a pause, or a word with which something new begins."""
    return "(?=$| ,(?: |$)| (?:" + "|".join(word for line in words for word in line.split()) + ")(?: |$))"


def number_in_brackets(text: str) -> int:
    """The number of `25`, `<25>` or `<5.>`."""
    return int(text.strip("<>.@"))
