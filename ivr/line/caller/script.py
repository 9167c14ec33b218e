"""Scripts of what a caller does, for calls without a person: "key 1, wait, record message.wav, hangup".

    key 1 | keys 123#      press keys when the line waits for keys
    wait                   until the line waits for keys, a recording begins, or the call ends
    silence                press nothing the next time the line waits for keys
    record FILE            wait for the beep, speak the file, then stay silent
    record sample          the same with a sample message in the language heard last; `record sample ru` names it
    record 12s             the same with 12 seconds of a tone, in which nobody will find words
    record FILE then #     … then press a key; `then hangup` hangs up while it still records
    record empty           stay silent during the recording
    wait 2s                wait so long; has no effect on the fast pace
    dial busy              the outcome of the next transfer: busy, no_answer, failed, answered 20s, +371…=busy
    hangup                 hang up

After the last step the caller stays silent until the call ends. Tests of flows are written in the same words
(flows/testing/acts.py); `dtmf`, `press`, `say nothing`, `pause`, `no-answer` and `hangup 5s` are understood too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ivr.line.durations import InvalidDuration, seconds_of
from ivr.line.playing.callees import Callees, InvalidDialResult
from ivr.line.sample_messages import LANGUAGES, sample_message
from ivr.line.sound import tone

# A sample in the language that the caller heard last.
HEARD = "heard"


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
    """Speak after the beep: `file`, a sample message, or a tone of `seconds`.

    `sample` is a language, or HEARD. `then`: keys to press, "hangup", or "" for silence.
    """

    file: Path | None = None
    seconds: float = 0.0
    then: str = ""
    sample: str = ""

    def sound(self, heard_language: str) -> bytes:
        """The sound file to speak. Raises OSError."""
        if self.sample:
            return sample_message(heard_language if self.sample == HEARD else self.sample).read_bytes()
        return tone(self.seconds).wav() if self.file is None else self.file.read_bytes()


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
            return "record empty" if at_record else "silence"
        case SpeakStep(file, seconds, then, sample):
            what = f"sample {sample}".removesuffix(f" {HEARD}") if sample else str(file or f"{seconds:g}s")
            return f"record {what}" + (f" then {then}" if then else "")
        case PauseStep(seconds):
            return f"wait {seconds:g}s"
        case HangUpStep():
            return "hangup"


def _step(line: str, number: int, folder: Path) -> Step | str:
    """Read one step; a string is the outcome of a transfer."""
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    match word, rest:
        case (("key" | "keys" | "press" | "dtmf"), _) if re.fullmatch(r"[0-9*#A-D]{1,100}", rest):
            return KeysStep(rest)
        case "wait", "":
            return WaitStep()
        case "silence", "":
            return SilenceStep()
        case ("say", "nothing") | ("record", "empty"):
            return SilenceStep(at_record=True)
        case (("hangup" | "hang"), ("" | "up")):
            return HangUpStep()
        case "hangup", _:
            return SpeakStep(seconds=_seconds(line, rest, number), then="hangup")
        case (("pause" | "wait"), _):
            return PauseStep(_seconds(line, rest, number))
        case "dial", _:
            result = rest.replace("no_answer", "no-answer")
            try:
                Callees([result])
            except InvalidDialResult as error:
                raise InvalidScript(f"script step {number} {line!r}: {error}") from None
            return result
        case "record", _ if rest:
            return _spoken(line, rest, number, folder)
        case _:
            raise InvalidScript(
                f"script step {number} {line!r} does not exist. Steps: key 1, keys 123#, wait, silence, record FILE, "
                "record sample, record 12s, record FILE then #, record empty, wait 2s, dial busy, hangup."
            )


def _spoken(line: str, rest: str, number: int, folder: Path) -> SpeakStep:
    name, _, then = rest.partition(" then ")
    then = "hangup" if then.strip() in ("hangup", "hang up") else then.strip()
    if then and then != "hangup" and not re.fullmatch(r"[0-9*#]+", then):
        raise InvalidScript(f"script step {number} {line!r}: `then` is followed by keys, such as #, or by hangup.")
    file = folder / Path(name.strip()).expanduser()
    if file.is_file():
        return SpeakStep(file, then=then)
    if (sample := re.fullmatch(r"sample(?: ([a-z]{2}))?", name.strip())) is not None:
        if sample[1] and sample[1] not in LANGUAGES:
            raise InvalidScript(
                f"script step {number} {line!r}: there is no sample in {sample[1]}; samples: {', '.join(LANGUAGES)}."
            )
        return SpeakStep(then=then, sample=sample[1] or HEARD)
    try:
        return SpeakStep(seconds=seconds_of(name), then=then)
    except InvalidDuration:
        raise InvalidScript(
            f"script step {number} {line!r}: there is no file {file}; give the path of a WAV file, `sample`, or a length "
            "such as 12s."
        ) from None


def _seconds(line: str, rest: str, number: int) -> float:
    try:
        return seconds_of(rest)
    except InvalidDuration as error:
        raise InvalidScript(f"script step {number} {line!r}: {error}") from None
