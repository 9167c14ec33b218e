"""Scripts of calls, so that a telephone can be operated without hands: "key 1, wait, record message.wav, hangup".

    key 1 | keys 123#      press, once a gather listens
    wait                   until the line wants something: a gather listens, a recording begins, or the call is over
    silence                say nothing at one gather
    record FILE            stay silent until the beep, speak the file, then stay silent
    record FILE then #     … then press a key; `then hangup` hangs up while it still records
    say nothing            stay silent until the beep and through the recording
    pause 2s               do nothing for a while (nothing on the fast pace, where no clock runs)
    dial busy              the outcome of the next transfer: busy, no-answer, failed, answered 20s, +371…=busy
    hangup                 hang up

When the script is over, the caller stays silent on the line until the call ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ivr.line.playing.dialling import DialResultFault, Exchange
from ivr.line.playing.modes import ModeFault, seconds_of


class ScriptFault(ValueError):
    """A script cannot be followed; the message names the step and what would be right. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Press:
    keys: str


@dataclass(frozen=True, slots=True)
class Wait:
    pass


@dataclass(frozen=True, slots=True)
class StaySilent:
    """At one gather; or, `at_record`, through the recording."""

    at_record: bool = False


@dataclass(frozen=True, slots=True)
class Speak:
    """Speak `file` after the beep; `then` is keys to press, "hangup", or "" for silence."""

    file: Path
    then: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    seconds: float


@dataclass(frozen=True, slots=True)
class PutDown:
    pass


Step = Press | Wait | StaySilent | Speak | Rest | PutDown


@dataclass(frozen=True, slots=True)
class Script:
    """`dial_results` go with the dial message: outcomes of transfers are used in the order in which they stand."""

    steps: tuple[Step, ...]
    dial_results: tuple[str, ...] = ()


def parse(text: str, folder: Path = Path()) -> Script:
    """Read a script; steps are parted by commas or new lines, files lie in `folder`. Raises ScriptFault."""
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


def told(step: Step) -> str:
    """A step as it is written in a script."""
    match step:
        case Press(keys):
            return f"key {keys}"
        case Wait():
            return "wait"
        case StaySilent(at_record):
            return "say nothing" if at_record else "silence"
        case Speak(file, then):
            return f"record {file}" + (f" then {then}" if then else "")
        case Rest(seconds):
            return f"pause {seconds:g}s"
        case PutDown():
            return "hangup"


def _step(line: str, number: int, folder: Path) -> Step | str:
    """One step; a string is the outcome of a transfer."""
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    match word, rest:
        case (("key" | "keys" | "press"), _) if re.fullmatch(r"[0-9*#A-D]{1,100}", rest):
            return Press(rest)
        case "wait", "":
            return Wait()
        case "silence", "":
            return StaySilent()
        case "say", "nothing":
            return StaySilent(at_record=True)
        case (("hangup" | "hang"), ("" | "up")):
            return PutDown()
        case "pause", _:
            try:
                return Rest(seconds_of(rest))
            except ModeFault as error:
                raise ScriptFault(f"script step {number} {line!r}: {error}") from None
        case "dial", _:
            try:
                Exchange([rest])
            except DialResultFault as error:
                raise ScriptFault(f"script step {number} {line!r}: {error}") from None
            return rest
        case "record", _ if rest:
            return _spoken(line, rest, number, folder)
        case _:
            raise ScriptFault(
                f"script step {number} {line!r} is not one. Steps: key 1, keys 123#, wait, silence, record FILE, "
                "record FILE then #, say nothing, pause 2s, dial busy, hangup."
            )


def _spoken(line: str, rest: str, number: int, folder: Path) -> Speak:
    name, _, then = rest.partition(" then ")
    then = "hangup" if then.strip() in ("hangup", "hang up") else then.strip()
    if then and then != "hangup" and not re.fullmatch(r"[0-9*#]+", then):
        raise ScriptFault(f"script step {number} {line!r}: after `then` stand keys, such as #, or hangup.")
    file = folder / name.strip()
    if not file.is_file():
        raise ScriptFault(f"script step {number} {line!r}: there is no file {file}; give the path of a WAV file.")
    return Speak(file, then)
