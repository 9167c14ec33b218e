"""Lengths of time: `20s`, `30 min`, `1h 30m`, `1.5h`, `2 days`."""

from __future__ import annotations

import re

from flows.values.plain import plain

FORMS = "20s, 30m, 2h or 1h 30m"

_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sek", "sekundes", "с", "сек", "секунд"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "minūtes", "м", "мин", "минут", "минуты"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "st", "stunda", "stundas", "ч", "час", "часа", "часов"), 3600),
    **dict.fromkeys(("std", "stunde", "stunden"), 3600),
    **dict.fromkeys(("d", "day", "days", "diena", "dienas", "д", "день", "дня", "дней", "tag", "tage"), 86_400),
}
_PART = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)\s*([^\W\d_]+)\.?")
_WHOLE = re.compile(rf"{_PART.pattern}(?:\s*(?:and|un|и|und|,)?\s*{_PART.pattern})*")


def read_duration(written: str) -> int:
    """Return whole seconds. Raises ValueError."""
    text = plain(written).lower()
    if re.fullmatch(r"\d+(?:[.,]\d+)?", text):
        raise ValueError(f'"{written}" has no unit; write {text}s, {text}m or {text}h')
    if not _WHOLE.fullmatch(text):
        raise ValueError(f'"{written}" is not a duration; write it as {FORMS}')
    seconds = 0.0
    for amount, unit in _PART.findall(text):
        if unit not in _UNITS:
            raise ValueError(f'"{written}": "{unit}" is no unit of time; write it as {FORMS}')
        seconds += float(amount.replace(",", ".")) * _UNITS[unit]
    if seconds != int(seconds):
        raise ValueError(f'"{written}" is no whole number of seconds; write it as {FORMS}')
    return int(seconds)


def in_days(written: str) -> int | None:
    """The number of a duration that is written in whole days alone (`2 days`); None for any other."""
    match = _PART.fullmatch(plain(written).lower())
    if match is None or _UNITS.get(match[2]) != 86_400 or not match[1].isdecimal():
        return None
    return int(match[1])


def spelled(seconds: int) -> str:
    """A duration as a file shows it: 90s, 10m, 2h."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
