"""Audio: a recording opened whatever its form, checked, drawn, and handed on in blocks; never hours of it at once.

Only the worker imports this file: the libraries behind it are large. The recording itself is decoded in another process.
"""

from __future__ import annotations

import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from voicemail.audio import decoding
from voicemail.audio.decoders import DecoderEnded, Decoders
from voicemail.audio.decoding import BYTES_A_SAMPLE, MAX_SECONDS, Flaw, Undecodable, working_rate_hz
from voicemail.audio.forms import HEAD_BYTES, form_of

Samples = NDArray[np.float32]  # mono, -1…1
NARROW_HZ = decoding.NARROW_HZ
WIDE_HZ = decoding.WIDE_HZ
Tick = Callable[[], None]  # called again and again while work goes on, so that its lease can be renewed

_WANTED_LEVEL = 0.09  # what speech has whose loudest sample is half of full scale (median of the clips)
_PEAKS_OF_SPEECH = 10  # over its level; 4 to 8 in the clips
# 50 dB under full scale speech is found in 0.53 of its windows instead of 0.78, and Vosk's own dither drowns its words.
MAX_GAIN = 30.0
_BLOCK_SAMPLES = 16_384
_PLACEHOLDERS = 0x7FFF_0000
_TOO_SLOW = "The recording takes too long to read and was set aside."
_CRASHES = "The recording is damaged: reading it makes the decoder crash."

# The decode children of this process. They start with the first recording.
decoders = Decoders()


class AudioUnreadable(Exception):
    """A recording from which no sound can be had; the message is a sentence for an agent. A retry cannot help.

    `is_empty` says that its form is right and that it holds no sound.
    """

    def __init__(self, sentence: str, is_empty: bool = False) -> None:
        super().__init__(sentence)
        self.is_empty = is_empty


class Tape:
    """The samples of a recording on disk: mono, 16 bits, in a file without a name that is gone with this object."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._reading = threading.Lock()
        # Not by `__del__`: in a cycle, such as that of a traceback, the file would be collected first, unclosed.
        weakref.finalize(self, file.close)

    def read(self, start: int, count: int) -> NDArray[np.int16]:
        """At most `count` samples from `start` on."""
        with self._reading:
            self._file.seek(start * BYTES_A_SAMPLE)
            content = self._file.read(count * BYTES_A_SAMPLE)
        return np.frombuffer(content, "<i2", len(content) // BYTES_A_SAMPLE)


@dataclass(frozen=True, slots=True)
class Sound:
    """What a recording is, or one track of it. `peaks` are about 800 integers 0–100; `fault` says what is wrong with it, or "".

    `samples` are those of a track; `levels` are 0–1 (level.py), one a track. Several tracks are people on channels of their own.
    """

    tape: Tape
    first_sample: int
    samples: int
    sample_rate_hz: int
    channels: int
    seconds: float
    peaks: tuple[int, ...]
    levels: tuple[float, ...]
    fault: str

    @property
    def working_rate_hz(self) -> int:
        """The rate at which it is listened to: 8 kHz for telephone audio, else 16 kHz."""
        return working_rate_hz(self.sample_rate_hz)

    @property
    def tracks(self) -> tuple[Sound, ...]:
        """Each track as a sound of its own, the loudest first."""
        return tuple(
            replace(self, first_sample=self.first_sample + number * self.samples, levels=(level,))
            for number, level in enumerate(self.levels)
        )

    @property
    def gain(self) -> np.float32:
        """By how much a quiet (first) track is raised, at most 30 dB: by its level, not by what stands out of it."""
        return np.float32(min(MAX_GAIN, max(1.0, _WANTED_LEVEL / max(self.levels[0], 1e-9))))


def examine(path: Path, tick: Tick = lambda: None, scratch: Path | None = None) -> Sound:
    """Decode a recording, once. Its samples lie in a nameless file in the folder `scratch` (2 bytes a sample).

    A recording that ends early is read as far as it goes, and one of more than two hours for two hours; `fault` says so.
    Raises AudioUnreadable if there is no sound in it, DecoderUnusable, and OSError if `scratch` is full.
    """
    with path.open("rb") as source:
        file = tempfile.TemporaryFile(dir=scratch, buffering=0)  # noqa: SIM115  # the tape closes it
        tape = Tape(file)
        try:
            decoded = decoders.decode(source.fileno(), file.fileno(), tick)
        except Undecodable as undecodable:
            raise AudioUnreadable(_sentence(undecodable.flaw, path), undecodable.flaw == "silent") from None
        except DecoderEnded as ended:
            raise AudioUnreadable(_TOO_SLOW if ended.is_slow else _CRASHES) from None
    fault = ""
    if decoded.frames >= MAX_SECONDS * decoded.sample_rate_hz:
        fault = "The recording is longer than two hours; only the first two were listened to."
    elif _is_cut_off(path):
        fault = "The end of the recording is missing; what arrived can be heard."
    return Sound(
        tape,
        0,
        decoded.samples,
        decoded.sample_rate_hz,
        decoded.channels,
        decoded.frames / decoded.sample_rate_hz,
        decoded.peaks,
        decoded.levels,
        fault,
    )


def blocks(sound: Sound) -> Iterator[Samples]:
    """The (first) track of a recording at its working rate, raised if it is quiet, some seconds at a time."""
    scale = sound.gain / np.float32(32_768.0)
    # What stands out of a quiet recording is no louder afterwards than speech can be, or it would drown the words beside it.
    most = min(1.0, _PEAKS_OF_SPEECH * sound.levels[0] * float(sound.gain)) if sound.gain > 1 else 1.0
    place, end = sound.first_sample, sound.first_sample + sound.samples
    while len(samples := sound.tape.read(place, min(_BLOCK_SAMPLES, end - place))):
        place += len(samples)
        yield np.clip(samples * scale, -most, most)


def mixed(sound: Sound) -> NDArray[np.int16]:
    """The whole of a short recording as a person hears it: all tracks together, at its working rate."""
    together = sum(
        (track.tape.read(track.first_sample, track.samples).astype(np.int32) for track in sound.tracks),
        np.zeros(sound.samples, np.int32),
    )
    return np.clip(together, -32_768, 32_767).astype(np.int16)


def _sentence(flaw: Flaw, path: Path) -> str:
    match flaw:
        case "form":
            return _why_unknown(path)
        case "header":
            return "The recording is damaged: its header makes no sense."
        case "silent":
            return "The recording has no sound in it: it is only the beginning of a file."
        case "memory" | "size":
            return "The recording is damaged: reading it takes more room than it may."


def _why_unknown(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        return "The recording is an empty file."
    if (form := form_of(head)) is not None:
        if form.is_readable:
            return "The recording is damaged and cannot be played."
        return f"The recording is in a form ({form.name}) that cannot be written down here; listen to it."
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"{")):
        return "The recording is a page of text, not audio."
    return "The recording is not audio."


def _is_cut_off(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] != b"RIFF":
        return False
    claimed = int.from_bytes(head[4:8], "little")
    # A header written before the length was known says 0 or a number near 2 or 4 GB; that is common and no fault.
    return 0 < claimed < _PLACEHOLDERS and claimed + 8 > path.stat().st_size + 1
