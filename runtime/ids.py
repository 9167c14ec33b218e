"""Names for rows. Derived ones make a repeated event meet the row that it already made."""

from __future__ import annotations

import hashlib
import uuid


def new_id(prefix: str) -> str:
    """A fresh name such as `cu_9f0c…` (32 hex digits after the prefix)."""
    return f"{prefix}_{uuid.uuid4().hex}"


def derived_id(prefix: str, *parts: str | int) -> str:
    """The name that belongs to these parts, always the same: `vm_…` of a call and its turn."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
    return f"{prefix}_{digest[:32]}"
