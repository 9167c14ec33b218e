"""What a caller does, in words: `key 1, silence, record 12s, hangup`. The line's scripts are written in the same words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from flows.inputs import Dialed, DialStatus, Digits, HungUp, Input, Recorded, Silence, Trouble
from flows.values.duration import read_duration

ACTS = (
    "key 1, keys 123#, silence, record 12s, record empty, record 12s then hangup, dial answered|busy|no_answer|failed, "
    "hangup, wait 2m, trouble"
)
DIAL_ENDS: dict[str, DialStatus] = {
    "answered": "completed",
    "busy": "busy",
    "no_answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
}
# How long a message is that a script of the line takes from a file.
FILE_SECONDS = 10
_RECORDING = "test-recording"
_AUDIO = re.compile(r"\S.*\.(wav|mp3|ogg|flac)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\d+\s*=\s*")


@dataclass(frozen=True, slots=True)
class Elapse:
    """Time goes by: the clock of the test moves on."""

    by: timedelta


def parse_act(written: str) -> Input | Elapse:
    """Return what the words of an act mean. Raises ValueError that lists the acts there are."""
    word, _, rest = " ".join(written.split()).partition(" ")
    act = _act(word, rest)
    if act is None:
        raise ValueError(f'event "{written}" is unknown. Events: {ACTS}.')
    return act


def _act(word: str, rest: str) -> Input | Elapse | None:
    match word:
        case "key" | "keys" | "press" | "dtmf" if re.fullmatch(r"[0-9*#]{1,20}", rest):
            return Digits(rest)
        case "silence" if not rest:
            return Silence()
        case "say" if rest == "nothing":
            return Recorded(None, 0)
        case "record":
            return _message(rest)
        case "dial":
            return _dialed(_NUMBER.sub("", rest))
        case "hangup" | "hang" if rest in ("", "up"):
            return HungUp()
        case "hangup":
            seconds = _seconds(rest)
            return None if seconds is None else HungUp(_RECORDING, seconds)
        case "wait" if not rest:  # the line waits for a question; here there is nothing to wait for
            return Elapse(timedelta(0))
        case "wait" | "pause":
            seconds = _seconds(rest)
            return None if seconds is None else Elapse(timedelta(seconds=seconds))
        case "trouble" if not rest:
            return Trouble("a test made trouble")
    return None


def _message(rest: str) -> Input | None:
    said, _, then = rest.partition(" then ")
    if said == "empty":
        return Recorded(None, 0)
    seconds = FILE_SECONDS if _AUDIO.fullmatch(said) else _seconds(said)
    if seconds is None or (then and then not in ("hangup", "hang up") and not re.fullmatch(r"[0-9*#]", then)):
        return None
    return HungUp(_RECORDING, seconds) if then.startswith("hang") else Recorded(_RECORDING, seconds)


def _dialed(rest: str) -> Dialed | None:
    end, _, length = rest.partition(" ")
    end = end.replace("-", "_")
    if end == "answered":
        seconds = _seconds(length) if length else 60
        return None if seconds is None else Dialed("completed", seconds)
    return Dialed(DIAL_ENDS[end], 0) if end in DIAL_ENDS and not length else None


def _seconds(written: str) -> int | None:
    try:
        return read_duration(written)
    except ValueError:
        return None
