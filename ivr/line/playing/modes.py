"""How the line behaves where sources about Twilio disagree. Each call chooses its modes."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Literal, Self, get_args, get_type_hints

from ivr.line.durations import InvalidDuration, seconds_of

EmptyRecording = Literal["action", "action-without-url", "next"]
EmptyDigits = Literal["absent", "empty"]
HangupInDial = Literal["action", "none"]
RecordingCallback = Literal["after", "before"]


class InvalidModes(ValueError):
    """A mode is unknown or has a wrong value; the message names the right ones. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Modes:
    """The first choice of each mode is the default. Rules: docs/twiml-rules.md."""

    empty_recording: EmptyRecording = (
        "action"  # rule 20: keep it and ask the action; ask without RecordingUrl; run the next verb
    )
    empty_digits: EmptyDigits = "absent"  # rule 13: Digits after actionOnEmptyResult
    hangup_in_dial: HangupInDial = "action"  # rule 24: whether the action is asked when the caller hangs up first
    recording_callback: RecordingCallback = "after"  # rule 21: the recording callback after or before the action
    availability_seconds: float = 0.0  # rule 21: how long the recording answers 404

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "empty-recording=next availability=2s". Raises InvalidModes that says what would be right."""
        chosen: dict[str, object] = {}
        kinds = get_type_hints(cls)
        for word in re.split(r"[\s,]+", text.strip()):
            if not word:
                continue
            name, _, value = word.partition("=")
            field = name.replace("-", "_")
            if field in ("availability", "availability_seconds"):
                try:
                    chosen["availability_seconds"] = seconds_of(value)
                except InvalidDuration as error:
                    raise InvalidModes(f"mode {name}: {error}") from None
                continue
            choices = get_args(kinds.get(field, object))
            if not choices:
                known = ", ".join(each.name.replace("_", "-").removesuffix("-seconds") for each in fields(cls))
                raise InvalidModes(f"mode {name!r} does not exist. Modes: {known}.")
            if value not in choices:
                raise InvalidModes(f"mode {name}={value!r}: must be one of {', '.join(choices)}.")
            chosen[field] = value
        return cls(**chosen)  # type: ignore[arg-type]  # each value was checked against its field above
