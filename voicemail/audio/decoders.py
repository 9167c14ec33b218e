"""Decode children from the worker's side: started when there is work, kept for the next recording, ended when they misbehave."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import structlog

from voicemail.audio.channels import MOST_TRACKS
from voicemail.audio.decoding import BYTES_A_SAMPLE, MAX_SECONDS, PEAKS, WIDE_HZ, Decoded, Flaw, Undecodable, decode

log = structlog.get_logger()

# A child that was led astray without dying would do so for ever: it is replaced after so many recordings.
RECORDINGS_A_CHILD = 100
START_SECONDS = 30.0
_LOOK_SECONDS = 0.1
_MAX_ANSWER_BYTES = 16_384
# What a Python and its libraries may need to start; nothing of ours, and no secret.
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")


class DecoderEnded(Exception):
    """The child died over a recording, twice; `is_slow` if it was ended because it took too long. A retry cannot help."""

    def __init__(self, is_slow: bool) -> None:
        super().__init__("the decoder took too long" if is_slow else "the decoder crashed")
        self.is_slow = is_slow


class DecoderUnusable(Exception):
    """No child starts on this machine; its own words are in the log. A retry helps once that was mended."""


class DecoderKilled(DecoderUnusable):
    """The child was killed from outside, twice: mostly because the machine is short of memory. A retry helps later."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use. Memory is on top of what Python and its libraries take; CPU and wall time are per recording.

    Two hours of a telephone's WAV take 4 s of CPU, the worst that is no attack (Opus, stereo, 48 kHz) about 90.
    """

    memory_bytes: int = 256 * 1024 * 1024
    cpu_seconds: int = 120
    wall_seconds: float = 600.0
    file_bytes: int = MAX_SECONDS * WIDE_HZ * BYTES_A_SAMPLE * MOST_TRACKS + 65_536


class Decoders:
    """Decodes in children, as many at a time as there are callers; one idle child is kept. Safe to share by threads."""

    def __init__(
        self, limits: Limits | None = None, program: Sequence[str] = ("-m", "voicemail.audio.decode_child")
    ) -> None:
        self._limits = limits or Limits()
        self._program = tuple(program)
        self._changing = threading.Lock()
        self._idle: list[_Child] = []
        self._told = False
        self._ends_at_exit = False

    def decode(self, source: int, target: int, tick: Callable[[], None] = lambda: None) -> Decoded:
        """Decode the file open at `source` into `target`, which is empty; `tick` is called several times a second.

        Raises Undecodable, DecoderEnded, DecoderKilled, DecoderUnusable, and OSError if `target` cannot be written.
        """
        if not _has_limits():
            self._tell()
            return decode(source, target)
        try:
            return self._by(self._take() or self._start(), source, target, tick)
        except _Died as died:
            log.warning("decoder.ended", cause=str(died), is_slow=died.is_slow)
            if died.is_slow:
                raise DecoderEnded(is_slow=True) from None
        # It may have died of the recording before, or of the machine's want of memory: once more by a new one.
        os.ftruncate(target, 0)
        os.lseek(target, 0, os.SEEK_SET)
        os.lseek(source, 0, os.SEEK_SET)
        try:
            return self._by(self._start(), source, target, tick)
        except _Died as died:
            log.warning("decoder.ended", cause=str(died), is_slow=died.is_slow)
            if str(died) == signal.SIGKILL.name:  # its own limits end it by other signals
                raise DecoderKilled("the decoder was killed") from None
            raise DecoderEnded(died.is_slow) from None

    def close(self) -> None:
        """End the child that is kept; another is started when there is work again."""
        while (child := self._take()) is not None:
            child.kill()

    def _by(self, child: _Child, source: int, target: int, tick: Callable[[], None]) -> Decoded:
        try:
            answer = child.ask(source, target, self._limits.wall_seconds, tick)
            decoded = _checked(answer, target)
        except Undecodable:
            self._keep(child)
            raise
        except BaseException:
            child.kill()
            raise
        self._keep(child)
        return decoded

    def _start(self) -> _Child:
        with self._changing:
            if not self._ends_at_exit:
                atexit.register(self.close)
                self._ends_at_exit = True
        return _Child(self._program, self._limits)

    def _take(self) -> _Child | None:
        with self._changing:
            return self._idle.pop() if self._idle else None

    def _keep(self, child: _Child) -> None:
        with self._changing:
            if not self._idle and child.served < RECORDINGS_A_CHILD:
                self._idle.append(child)
                return
        child.kill()

    def _tell(self) -> None:
        with self._changing:
            told, self._told = self._told, True
        if not told:
            log.warning(
                "decoder.without_limits", reason="this system has no limits for processes: decoding in the worker"
            )


class _Died(Exception):
    def __init__(self, cause: str, is_slow: bool = False) -> None:
        super().__init__(cause)
        self.is_slow = is_slow


class _Child:
    """One process and the socket to it. `served` is how many recordings it was given."""

    def __init__(self, program: Sequence[str], limits: Limits) -> None:
        self.served = 0
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", *program, str(theirs.fileno()), json.dumps(_told_to_child(limits))]
        with theirs:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,  # nobody writes to it: it ends when we end, and the child with it
                stdout=subprocess.DEVNULL,
                env=_environment(),
                cwd=Path(sys.executable).anchor,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._line = ours
        self._line.settimeout(_LOOK_SECONDS)
        try:
            if self._line_of_text(START_SECONDS, lambda: None) != b"ready":
                raise DecoderUnusable("the decoder started with something else than that it is ready")
        except _Died as died:
            self.kill()
            raise DecoderUnusable(f"the decoder does not start ({died}): {' '.join(command)}") from None
        except BaseException:
            self.kill()
            raise

    def ask(self, source: int, target: int, wall_seconds: float, tick: Callable[[], None]) -> bytes:
        """What the child says of a recording. Raises _Died."""
        self.served += 1
        try:
            socket.send_fds(self._line, [b"d"], [source, target])
        except OSError as error:
            raise _Died(f"it was gone ({error.strerror})") from None
        return self._line_of_text(wall_seconds, tick)

    def kill(self) -> None:
        self._line.close()
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _line_of_text(self, wall_seconds: float, tick: Callable[[], None]) -> bytes:
        give_up = time.monotonic() + wall_seconds
        text = b""
        while not text.endswith(b"\n"):
            try:
                more = self._line.recv(_MAX_ANSWER_BYTES)
            except TimeoutError:
                tick()
                if time.monotonic() > give_up:
                    raise _Died("it took too long", is_slow=True) from None
                continue
            except OSError as error:
                raise _Died(f"its line broke ({error.strerror})") from None
            text += more
            if not more or len(text) > _MAX_ANSWER_BYTES:
                raise self._post_mortem()
        return text.removesuffix(b"\n")

    def _post_mortem(self) -> _Died:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return _Died("it said nonsense")
        if code < 0:
            with suppress(ValueError):
                return _Died(signal.Signals(-code).name, is_slow=-code == signal.SIGXCPU)
        return _Died(f"exit code {code}")


def _checked(answer: bytes, target: int) -> Decoded:
    # The child read a stranger's bytes: what it says is believed as far as it can be true.
    try:
        said = json.loads(answer)
        if "flaw" in said and said["flaw"] in get_args(Flaw):
            raise Undecodable(said["flaw"])
        if "errno" in said:
            raise OSError(int(said["errno"]), os.strerror(int(said["errno"])))
        decoded = Decoded(
            sample_rate_hz=int(said["sample_rate_hz"]),
            channels=int(said["channels"]),
            frames=int(said["frames"]),
            samples=int(said["samples"]),
            peaks=tuple(int(peak) for peak in said["peaks"]),
            levels=tuple(float(level) for level in said["levels"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _Died(f"it said nonsense ({error!r})"[:200]) from None
    is_possible = (
        2_000 <= decoded.sample_rate_hz <= 384_000
        and 0 < decoded.frames <= MAX_SECONDS * decoded.sample_rate_hz
        and 1 <= len(decoded.levels) <= MOST_TRACKS
        and decoded.samples * len(decoded.levels) * BYTES_A_SAMPLE == os.fstat(target).st_size
        and len(decoded.peaks) <= PEAKS
        and all(0 <= peak <= 100 for peak in decoded.peaks)
        and all(0.0 <= level <= 1.0 for level in decoded.levels)
    )
    if not is_possible:
        raise _Died("it said what cannot be")
    return decoded


def _told_to_child(limits: Limits) -> dict[str, int]:
    return {
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
        "file_bytes": limits.file_bytes,
    }


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    # One thread for linear algebra: it multiplies nothing, and each thread of it takes memory.
    return kept | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)), "OPENBLAS_NUM_THREADS": "1"}


def _has_limits() -> bool:
    return importlib.util.find_spec("resource") is not None and hasattr(socket, "send_fds")
