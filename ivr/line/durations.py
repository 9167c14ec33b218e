"""Durations as people write them: "3s", "250ms", "2m"."""

from __future__ import annotations

import re


class InvalidDuration(ValueError):
    """The text is not a duration; the message shows one. A retry cannot help."""


def seconds_of(text: str) -> float:
    """Read "3s", "250ms", "2m" or "1.5" as seconds. Raises InvalidDuration."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m)?", text.strip())
    if found is None:
        raise InvalidDuration(f"{text!r} is not a duration such as 3s or 250ms.")
    return float(found[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}[found[2]]
