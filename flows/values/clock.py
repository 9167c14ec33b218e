"""Times of day and opening hours: `9-17`, `09:00–17:00`, `9am-5pm`, `9-12, 13-17`, `closed`, `24/7`."""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise

from flows.values.plain import plain

# Opens and closes; a window that closes at or before it opens ends the next day, and 0:00 to 0:00 is a whole day.
Hours = tuple[time, time]

ALL_DAY: Hours = (time(0), time(0))
FORMS = '9:00-17:00, 9-17, 9am-5pm, several as "9-12, 13-17", closed or 24h'

_CLOSED = frozenset(
    {"closed", "close", "none", "no", "off", "-", "slēgts", "brīvs", "закрыто", "выходной", "geschlossen", "zu"}
)
_ALWAYS = frozenset(
    {"24h", "24 h", "24/7", "24 hours", "24-hour", "all day", "always", "open", "round the clock", "0-24", "00-24"}
    | {"diennakti", "visu diennakti", "круглосуточно", "24 stundas", "24 часа", "24 stunden"}
)
_BETWEEN = re.compile(r"\s*(?:-|~|\bto\b|\btill?\b|\buntil\b|\blīdz\b|\bдо\b|\bbis\b)\s*")
_NEXT = re.compile(r"\s*(?:[,;&+/]|\band\b|\bun\b|\bи\b|\bund\b)\s*")
_LEADING = re.compile(r"^(?:from|no|с|von)\s+")
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:\s*[:.h]\s*(?P<minute>\d{2})(?::00)?|(?P<packed>\d{2}))?"
    r"\s*(?:h|hrs?|uhr|ч\.?)?\s*(?P<half>am|pm|a\.m\.?|p\.m\.?|a|p)?"
)


def read_time(written: str) -> time:
    """Return a time of day; 24:00 is 0:00 of the next day. Raises ValueError."""
    opens, half = _clock(plain(written).lower(), written)
    return _on_the_clock(opens, half, written)


def read_hours(written: str) -> tuple[Hours, ...]:
    """Return the windows of a day, in order; none when it is closed. Raises ValueError."""
    text = plain(written).lower().rstrip(".")
    if not text:
        raise ValueError(f"there are no hours here; write {FORMS}")
    if text in _CLOSED:
        return ()
    if text in _ALWAYS:
        return (ALL_DAY,)
    windows = tuple(_window(piece, written) for piece in _NEXT.split(text))
    ordered = sorted(windows)
    for first, second in pairwise(ordered):
        if second[0] < first[1] or first[1] <= first[0]:
            raise ValueError(f'"{written}": {shown(first)} and {shown(second)} overlap; write each stretch once')
    return tuple(ordered)


def shown(hours: Hours) -> str:
    """A window as it is written in a file: 9:00-17:00."""
    opens, closes = hours
    return f"{opens.hour}:{opens.minute:02}-{closes.hour or (0 if closes.minute else 24)}:{closes.minute:02}"


def _window(piece: str, written: str) -> Hours:
    edges = _BETWEEN.split(_LEADING.sub("", piece.strip()))
    if len(edges) != 2 or not all(edges):
        raise ValueError(f'"{written}" is not a window of hours; write {FORMS}')
    (opens, first), (closes, second) = (_clock(edge, written) for edge in edges)
    if first and not second:
        raise ValueError(f'"{written}" says {first} only once; write it at both ends, such as 9am-5pm')
    if second and not first:  # 9-5pm begins in the morning, 1-5pm in the afternoon
        start = _on_the_clock(opens, second, written) if opens[0] <= 12 else time(*opens)
        end = _on_the_clock(closes, second, written)
        return (start if start < end else _on_the_clock(opens, "am", written)), end
    return _on_the_clock(opens, first, written), _on_the_clock(closes, second, written)


def _clock(text: str, written: str) -> tuple[tuple[int, int], str]:
    """Hour and minute as written, and `am` or `pm` where that is said."""
    if text in ("noon", "midday"):
        return (12, 0), ""
    if text == "midnight":
        return (24, 0), ""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f'"{written}" is not a window of hours; write {FORMS}')
    minute = match["minute"] or match["packed"] or "0"
    half = {"a": "am", "p": "pm"}.get((match["half"] or "")[:1], "")
    return (int(match["hour"]), int(minute)), half


def _on_the_clock(clock: tuple[int, int], half: str, written: str) -> time:
    hour, minute = clock
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f'"{written}": {hour} {half} is no time of day; before am and pm stand 1 to 12')
        hour = hour % 12 + (12 if half == "pm" else 0)
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        raise ValueError(f'"{written}": {hour}:{minute:02} is no time of day; hours go from 0:00 to 24:00')
    return time(hour % 24, minute)
