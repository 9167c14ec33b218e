"""A call told in a sentence, for the customer's history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

_ENDINGS = {
    "hung_up": "the caller hung up",
    "failed": "the call failed",
    "voicemail": "left a message",
}


def path_of(events: Iterable[dict[str, Any]]) -> list[str]:
    """The nodes of a call in order, each with the keys pressed there: ["welcome", "language (1)", "main (silent, 3)"]."""
    steps: list[tuple[str, list[str]]] = []
    for event in events:
        node = event.get("node", "")
        match event["type"]:
            case "NodeEntered":
                steps.append((node, []))
            case "KeysPressed" if steps:
                steps[-1][1].append(event["keys"])
            case "NobodyPressed" if steps:
                steps[-1][1].append("silent")
            case "TransferEnded" if steps:
                steps[-1][1].append(event["status"].replace("_", " "))
    return [f"{node} ({', '.join(done)})" if done else node for node, done in steps]


def ending_of(events: Iterable[dict[str, Any]], outcome: str) -> str:
    """How a call ended, in words: what was left or agreed, and the outcome."""
    parts = []
    for event in events:
        match event["type"]:
            case "VoicemailLeft":
                parts.append(f"left a message of {event['seconds']} s")
            case "CallbackRequested":
                parts.append("asked to be rung back")
            case "TransferEnded" if event["status"] in ("completed", "answered"):
                parts.append(f"spoke to somebody for {event['seconds']} s")
    if outcome in ("hung_up", "failed") or not parts:
        parts.append(_ENDINGS.get(outcome, f"ended: {outcome}"))
    return ", ".join(dict.fromkeys(parts))


def summary_of(events: list[dict[str, Any]], outcome: str, length: timedelta) -> str:
    """One sentence: "Call of 48 s (welcome, language (1), complaint_box): left a message of 12 s"."""
    seconds = max(0, round(length.total_seconds()))
    lasted = f"{seconds} s" if seconds < 60 else f"{seconds // 60} min {seconds % 60} s"
    return f"Call of {lasted} ({', '.join(path_of(events))}): {ending_of(events, outcome)}"
