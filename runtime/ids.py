"""Names for rows. Derived ones make a repeated event meet the row that it already made.

Names that begin with their time stand side by side in an index: a batch of them writes one page, and not one each.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import datetime


def new_id(prefix: str) -> str:
    """A fresh name such as `cu_019d…`: milliseconds since 1970 in 12 hex digits, then 20 by chance."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def derived_id(prefix: str, *parts: str | int) -> str:
    """The name that belongs to these parts, always the same: `vm_…` of a call and its turn."""
    return f"{prefix}_{_digest(parts)[:32]}"


def dated_id(prefix: str, at: datetime, *parts: str | int) -> str:
    """As `derived_id`, for what has the same moment however often it is told: the moment comes first, as in `new_id`."""
    return f"{prefix}_{round(at.timestamp() * 1000):012x}{_digest(parts)[:20]}"


def _digest(parts: tuple[str | int, ...]) -> str:
    return hashlib.sha256("\x1f".join([str(part) for part in parts]).encode()).hexdigest()
