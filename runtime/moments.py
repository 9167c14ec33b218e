"""Moments as SQL, Redis and ids keep them: whole milliseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment."""
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """Undo to_ms, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def span_ms(span: timedelta) -> int:
    """The length of a span in milliseconds."""
    return round(span.total_seconds() * 1000)


def whole_ms(moment: datetime) -> datetime:
    """The moment without what is smaller than a millisecond, so that it comes back from SQL as it was."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
