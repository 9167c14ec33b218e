"""Lengths counted from the moment of the message: "in an hour and a half"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from voicemail.facts.moment import Moment
from voicemail.facts.moments.rules import Moments

_LONGEST_MINUTES = 100 * 60


def length_from(
    groups: Mapping[str, str], moments: Moments, minutes: int, recorded_at: datetime, start: int, end: int
) -> Iterator[Moment]:
    """The moment that is `n` hours, `m` minutes and `minutes` more after the message; nothing for more than four days.

    Clocks are changed at night and lengths are not, so they are added in UTC. What crosses midnight needs its day.
    """
    if "n" in groups:
        minutes += moments.number(groups["n"]) * 60
    if "m" in groups:
        minutes += moments.number(groups["m"])
    if not 0 < minutes <= _LONGEST_MINUTES:
        return
    then = (recorded_at.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(recorded_at.tzinfo)
    minute = then.hour * 60 + then.minute
    day = None if then.date() == recorded_at.date() else then.date()
    yield Moment(start, end, "length", "about" not in groups, day, minute, then, is_assumed=True)
