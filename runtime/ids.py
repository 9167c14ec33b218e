"""Ids of rows. A derived id gives a repeated event the row that it already has.

Ids that begin with their time are neighbours in an index, so a batch of them writes one page instead of one each.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import datetime

from runtime.moments import to_ms


def new_id(prefix: str) -> str:
    """A new id such as `cu_019d…`: milliseconds since 1970 in 12 hexadecimal digits, then 20 random ones."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def derived_id(prefix: str, *parts: str | int) -> str:
    """The id that always belongs to these parts, such as `vm_…` of a call and a turn."""
    return f"{prefix}_{_digest(parts)[:32]}"


def dated_id(prefix: str, at: datetime, *parts: str | int) -> str:
    """As `derived_id`, but beginning with the time, for events that always have the same time."""
    return f"{prefix}_{to_ms(at):012x}{_digest(parts)[:20]}"


def arrival_id(prefix: str, at: datetime) -> str:
    """A fresh name that begins with a moment, then says when it was given: such names stand in the order of arrival."""
    return f"{prefix}_{to_ms(at):012x}{time.time_ns():016x}{secrets.token_hex(2)}"


def _digest(parts: tuple[str | int, ...]) -> str:
    return hashlib.sha256("\x1f".join([str(part) for part in parts]).encode()).hexdigest()
