"""Scripts of what a caller does, for calls without a person: "key 1, wait, record message.wav, hangup".

    key 1 | keys 123#      press keys when the line waits for keys
    wait                   until the line waits for keys, a recording begins, or the call ends
    silence                press nothing the next time the line waits for keys
    record FILE            wait for the beep, speak the file, then stay silent
    record FILE then #     … then press a key; `then hangup` hangs up while it still records
    say nothing            stay silent during the recording
    pause 2s               wait; has no effect on the fast pace
    dial busy              the outcome of the next transfer: busy, no-answer, failed, answered 20s, +371…=busy
    hangup                 hang up

After the last step the caller stays silent until the call ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ivr.line.durations import InvalidDuration, seconds_of
from ivr.line.playing.callees import Callees, InvalidDialResult


class InvalidScript(ValueError):
    """A script cannot be read; the message names the step and the valid ones. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class KeysStep:
    keys: str


@dataclass(frozen=True, slots=True)
class WaitStep:
    pass


@dataclass(frozen=True, slots=True)
class SilenceStep:
    """Silent at one gather, or with `at_record` during the recording."""

    at_record: bool = False


@dataclass(frozen=True, slots=True)
class SpeakStep:
    """Speak `file` after the beep. `then`: keys to press, "hangup", or "" for silence."""

    file: Path
    then: str = ""


@dataclass(frozen=True, slots=True)
class PauseStep:
    seconds: float


@dataclass(frozen=True, slots=True)
class HangUpStep:
    pass


Step = KeysStep | WaitStep | SilenceStep | SpeakStep | PauseStep | HangUpStep


@dataclass(frozen=True, slots=True)
class Script:
    """`dial_results` are the outcomes of transfers, used in order; they are part of the dial message."""

    steps: tuple[Step, ...]
    dial_results: tuple[str, ...] = ()


def parse(text: str, folder: Path = Path()) -> Script:
    """Read a script. Commas or line ends separate steps; files are relative to `folder`. Raises InvalidScript."""
    steps: list[Step] = []
    dial_results: list[str] = []
    lines = [line.strip() for line in re.split(r"[,\n]", text)]
    for number, line in enumerate((line for line in lines if line), start=1):
        step = _step(line, number, folder)
        if isinstance(step, str):
            dial_results.append(step)
        else:
            steps.append(step)
    return Script(tuple(steps), tuple(dial_results))


def step_text(step: Step) -> str:
    """The step as text of a script."""
    match step:
        case KeysStep(keys):
            return f"key {keys}"
        case WaitStep():
            return "wait"
        case SilenceStep(at_record):
            return "say nothing" if at_record else "silence"
        case SpeakStep(file, then):
            return f"record {file}" + (f" then {then}" if then else "")
        case PauseStep(seconds):
            return f"pause {seconds:g}s"
        case HangUpStep():
            return "hangup"


def _step(line: str, number: int, folder: Path) -> Step | str:
    """Read one step; a string is the outcome of a transfer."""
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    match word, rest:
        case (("key" | "keys" | "press"), _) if re.fullmatch(r"[0-9*#A-D]{1,100}", rest):
            return KeysStep(rest)
        case "wait", "":
            return WaitStep()
        case "silence", "":
            return SilenceStep()
        case "say", "nothing":
            return SilenceStep(at_record=True)
        case (("hangup" | "hang"), ("" | "up")):
            return HangUpStep()
        case "pause", _:
            try:
                return PauseStep(seconds_of(rest))
            except InvalidDuration as error:
                raise InvalidScript(f"script step {number} {line!r}: {error}") from None
        case "dial", _:
            try:
                Callees([rest])
            except InvalidDialResult as error:
                raise InvalidScript(f"script step {number} {line!r}: {error}") from None
            return rest
        case "record", _ if rest:
            return _spoken(line, rest, number, folder)
        case _:
            raise InvalidScript(
                f"script step {number} {line!r} does not exist. Steps: key 1, keys 123#, wait, silence, record FILE, "
                "record FILE then #, say nothing, pause 2s, dial busy, hangup."
            )


def _spoken(line: str, rest: str, number: int, folder: Path) -> SpeakStep:
    name, _, then = rest.partition(" then ")
    then = "hangup" if then.strip() in ("hangup", "hang up") else then.strip()
    if then and then != "hangup" and not re.fullmatch(r"[0-9*#]+", then):
        raise InvalidScript(f"script step {number} {line!r}: `then` is followed by keys, such as #, or by hangup.")
    file = folder / name.strip()
    if not file.is_file():
        raise InvalidScript(f"script step {number} {line!r}: there is no file {file}; give the path of a WAV file.")
    return SpeakStep(file, then)
