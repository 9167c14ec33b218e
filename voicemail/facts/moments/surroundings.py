"""What may stand beside a time or a date and change its meaning: each language fills in the same fields.

A rule matches the part that it knows. What stands next to it and belongs to it ("in an hour" — "and a half", "a week from" —
"friday") would be lost without a trace, so a match with such a neighbour is never certain (doubts.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PAUSE = "(?: ,)?"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Patterns over the gist before a match (they end where it begins) and behind it (they begin where it ends).

    before, behind: words of time, order or length that change a moment · number_before, number_behind: a number directly
    beside it · minutes_behind: a number of minutes · ordinal_before, ordinal_behind: an ordinal (the first monday) ·
    choice_before, choice_behind: "or", "to" and then a number or such a word · joined_behind: "and" and then one ·
    before_length, behind_length: what a length may be counted from (two hours after) · birth: words of a date of birth ·
    past_before, past: words of what has been · money: beginnings of words of prices, where fourteen thirty is no hour · asks:
    words with which something else begins, so that what stands beyond them does not count · corrections, hesitations: what
    takes back what was said (no, sorry), and what may go with it · correcting: what a correction of a moment names · glue: what
    may stand between a day and its hour · bridges: between two days that are one or contradict each other · spans: between two
    weekdays from the one to the other · choices: "or", "to" · end: what may follow a bare number that is an hour · bare_day:
    how a day of the month is said alone.
    """

    before: re.Pattern[str]
    behind: re.Pattern[str]
    number_before: re.Pattern[str]
    number_behind: re.Pattern[str]
    minutes_behind: re.Pattern[str]
    ordinal_before: re.Pattern[str]
    ordinal_behind: re.Pattern[str]
    choice_before: re.Pattern[str]
    choice_behind: re.Pattern[str]
    joined_behind: re.Pattern[str]
    before_length: re.Pattern[str]
    behind_length: re.Pattern[str]
    opens_with_number: re.Pattern[str]
    birth: re.Pattern[str]
    past_before: re.Pattern[str]
    past: re.Pattern[str]
    money: re.Pattern[str]
    asks: re.Pattern[str]
    correcting: re.Pattern[str]
    corrections: frozenset[str]
    hesitations: frozenset[str]
    glue: frozenset[str]
    bridges: frozenset[str]
    spans: frozenset[str]
    choices: frozenset[str]
    end: re.Pattern[str]
    bare_day: re.Pattern[str]


_NOTHING = "(?!)"


def surroundings(
    *,
    before: str,
    behind: str,
    between_before: str,
    between_behind: str,
    choices: str,
    joins: str,
    behind_length: str,
    birth: str,
    past: str,
    money: str,
    asks: str,
    minutes: str,
    correcting: str,
    corrections: Iterable[str],
    hesitations: Iterable[str],
    glue: str,
    bridges: str,
    spans: str,
    end: str,
    number: str = r"<\d+[.@]?>",
    ordinal: str = r"<\d+\.>",
    number_behind: str | None = None,
    exposed: str = _NOTHING,
    attached: str = "",
    bare_day: str = r"<(?P<d>\d\d?)\.>(?![^ ])",
    before_length: str = _NOTHING,
    past_before: str | None = None,
) -> Surroundings:
    """Each argument is a choice of words as a regular expression (week|month).

    `between_…` are the small words that may stand between such a word and the match, `attached` what a language joins to the
    match itself, `exposed` a first word that a number before it would change (ten after); `glue`, `bridges` and `spans` are
    lines of words.
    """
    small_before, small_behind = f"(?:{_PAUSE} (?:{between_before}))*", f"(?:{_PAUSE} (?:{between_behind}))*"
    start, word = "(?<![^ ])", "(?![^ ])"
    changing = f"{small_behind}{_PAUSE} ?(?:{number}|{behind}){word}"

    def compiled(text: str) -> re.Pattern[str]:
        return re.compile(text)

    return Surroundings(
        before=compiled(f"{start}(?:{before}){small_before}{_PAUSE} ?$"),
        behind=compiled(f"{small_behind}{_PAUSE} ?(?:{behind}){word}"),
        number_before=compiled(f"{start}(?:{number}){_PAUSE} ?$"),
        number_behind=compiled(f"{small_behind}{_PAUSE} (?:{number_behind or number}){word}"),
        minutes_behind=compiled(f"{small_behind}{_PAUSE} (?:{number}){_PAUSE} ?(?:{minutes}){word}"),
        ordinal_before=compiled(f"{start}(?:{ordinal}){small_before}{_PAUSE} ?$"),
        ordinal_behind=compiled(f"{attached}{small_behind}{_PAUSE} (?:{ordinal}){word}"),
        choice_before=compiled(f"{start}(?:{number}|{behind}){_PAUSE} (?:{choices}){small_before}{_PAUSE} $"),
        choice_behind=compiled(f"{_PAUSE} ?(?:{choices}){changing}"),
        joined_behind=compiled(f"{_PAUSE} (?:{joins}){changing}"),
        before_length=compiled(f"{start}(?:{before_length}){_PAUSE} $"),
        behind_length=compiled(f"{_PAUSE} (?:{behind_length}){word}"),
        opens_with_number=compiled(f"(?!{ordinal})(?:{number}|{exposed})"),
        birth=compiled(f"{start}(?:{birth}){word}"),
        past_before=compiled(f"{start}(?:{past if past_before is None else past_before}){word}"),
        past=compiled(f"{start}(?:{past}){word}"),
        money=compiled(f"{start}(?:{money})"),
        asks=compiled(f"{start}(?:{asks}){word}"),
        correcting=compiled(f"(?: (?:{between_before}))* (?:{number}|{correcting}){word}"),
        corrections=frozenset(corrections),
        hesitations=frozenset(hesitations) | frozenset(between_before.split("|")),
        glue=frozenset(glue.split()),
        bridges=frozenset(glue.split() + bridges.split()),
        spans=frozenset(spans.split()),
        choices=frozenset(choices.split("|")),
        end=compiled(end),
        bare_day=compiled(bare_day),
    )
