"""A time or a date as it was said, before it is a fact: its place in the gist, its value, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from voicemail.facts.moments.rules import DayPart

# day: a day that is named or counted · day_month: a day of a month · clock: an hour · length: counted from now
MomentKind = Literal["day", "day_month", "clock", "length"]


@dataclass(frozen=True, slots=True)
class Moment:
    """Text `start` to `end` of the gist says a `day`, a `minute` of the day, or both; a length has its `instant` as well.

    `part`: of the day, as it was said. `is_assumed`: that it is still to come is taken for granted. `is_bare`: it is certain
    only beside a day. `is_of_span`: it is one end of a span. `weekday` is set where a weekday alone names the day, and `weeks`
    where a number of weeks from now does. `names_no_month`: a day of the month is named without it. `is_rough`: the
    words say no more than about when.
    """

    start: int
    end: int
    kind: MomentKind
    is_certain: bool
    day: date | None = None
    minute: int | None = None
    instant: datetime | None = None
    part: DayPart | None = None
    is_assumed: bool = False
    is_bare: bool = False
    is_of_span: bool = False
    weekday: int | None = None
    weeks: int | None = None
    names_no_month: bool = False
    is_rough: bool = False
