"""Which time zones there are: the names of the IANA database that is installed."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone, such as Europe/Riga."""
    return name in _names()


@cache
def _names() -> frozenset[str]:
    # Asking walks 600 files of the database each time: it was half of what reading a flow with its scenarios took.
    return frozenset(available_timezones())
