"""How the line behaves where sources about Twilio disagree, chosen for each call."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Literal, Self, get_args, get_type_hints

EmptyRecording = Literal["action", "action-without-url", "next"]
EmptyDigits = Literal["absent", "empty"]
HangupInDial = Literal["action", "none"]
RecordingCallback = Literal["after", "before"]


class ModeFault(ValueError):
    """A mode is misspelt; the message names those that exist. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Modes:
    """Rules are those of docs/twiml-rules.md; the first choice is the default."""

    empty_recording: EmptyRecording = "action"  # rule 20: kept and told; told without a RecordingUrl; next verb runs
    empty_digits: EmptyDigits = "absent"  # rule 13: Digits of an actionOnEmptyResult
    hangup_in_dial: HangupInDial = "action"  # rule 24: is the Dial action asked when the caller hangs up first?
    recording_callback: RecordingCallback = "after"  # rule 21: which comes first, action or recording callback
    availability_seconds: float = 0.0  # rule 21: the recording answers 404 for so long

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "empty-recording=next availability=2s". Raises ModeFault that says what would be right."""
        chosen: dict[str, object] = {}
        kinds = get_type_hints(cls)
        for word in re.split(r"[\s,]+", text.strip()):
            if not word:
                continue
            name, _, value = word.partition("=")
            field = name.replace("-", "_")
            if field in ("availability", "availability_seconds"):
                chosen["availability_seconds"] = seconds_of(value)
                continue
            choices = get_args(kinds.get(field, object))
            if not choices:
                known = ", ".join(each.name.replace("_", "-").removesuffix("-seconds") for each in fields(cls))
                raise ModeFault(f"mode {name!r} is not one. Modes: {known}.")
            if value not in choices:
                raise ModeFault(f"mode {name}={value!r}: must be one of {', '.join(choices)}.")
            chosen[field] = value
        return cls(**chosen)  # type: ignore[arg-type]  # each value was checked against its field above


def seconds_of(text: str) -> float:
    """Read "3s", "250ms", "2m" or "1.5" as seconds. Raises ModeFault."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m)?", text.strip())
    if found is None:
        raise ModeFault(f"{text!r} is not a time such as 3s or 250ms.")
    return float(found[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}[found[2]]
