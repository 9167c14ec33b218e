"""Decoding: a file of whatever form becomes plain samples. The one place that parses a stranger's bytes.

It runs in a process of its own (`decode_child.py`), so it knows nothing of the product and imports as little as can be.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from voicemail.audio.channels import study, tracks_of
from voicemail.audio.level import LevelMeter, frame_samples
from voicemail.audio.true_sizes import CorrectedFile, corrections

MAX_SECONDS = 2 * 3600
PEAKS = 800
BLOCK_FRAMES = 8_192  # what one damaged place in a compressed file costs at most
_MENDED_BLOCK_FRAMES = 1_024  # a file whose length is not known ends with a fault
# Telephone audio is worked on at its true rate. Brought to 16 kHz with a clean filter the band above 4 kHz is empty, which the
# models never heard: without a front end that fills it, character errors rise from 0.35 to 0.51 (small Korean model).
NARROW_HZ = 8_000
WIDE_HZ = 16_000
BYTES_A_SAMPLE = 2
_ALONE = np.ones(1, np.float32)

Flaw = Literal["form", "header", "silent", "memory", "size"]


class Undecodable(Exception):
    """No samples can be had: the form is unknown, the header makes no sense, there are none, or they take too much room."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw: Flaw = flaw


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a recording is. `frames` are those of the file, `samples` those of each track at the working rate.

    The tracks lie one behind the other in the target. `levels` are theirs (level.py); `peaks` are at most 800 integers 0–100.
    """

    sample_rate_hz: int
    channels: int
    frames: int
    samples: int
    peaks: tuple[int, ...]
    levels: tuple[float, ...]


def working_rate_hz(sample_rate_hz: int) -> int:
    """The rate at which a recording is listened to: 8 kHz for telephone audio, else 16 kHz."""
    return NARROW_HZ if sample_rate_hz < WIDE_HZ else WIDE_HZ


def decode(source: int, target: int) -> Decoded:
    """Decode the file open at `source` to `target`: 16 bits at its working rate, a track after the other; both stay open.

    Channels that are the same sound are one track; people who speak on channels of their own are a track each (channels.py).
    A file that ends early is read as far as it goes, one of more than two hours for two hours. Raises Undecodable, and
    OSError if `target` cannot be written.
    """
    with _opened(source) as file:
        rate, channels = file.samplerate, file.channels
        # Header fields are a stranger's: a rate or a number of channels out of all reason would cost memory.
        if not (2_000 <= rate <= 384_000 and 1 <= channels <= 16):
            raise Undecodable("header")
        tracks = [_ALONE] if channels == 1 else tracks_of(study(_blocks(file), channels, frame_samples(rate)))
    window = rate // 400
    heights: list[NDArray[np.float32]] = []
    frames = samples = 0
    levels: list[float] = []
    for weights in tracks:
        writer, meter = _Writer(target, rate), LevelMeter(rate)
        frames = 0
        with _opened(source) as file:
            for block in _blocks(file):
                if not levels:
                    loudest = np.abs(block).max(axis=1)
                    heights.append(np.pad(loudest, (0, -len(loudest) % window)).reshape(-1, window).max(axis=1))
                mono = block @ weights
                frames += len(mono)
                meter.add(mono)
                writer.write(mono)
        if frames == 0:
            raise Undecodable("silent")
        samples = writer.finish()
        levels.append(meter.level())
    return Decoded(rate, channels, frames, samples, _peaks(np.concatenate(heights)), tuple(levels))


def _opened(source: int) -> soundfile.SoundFile:
    os.lseek(source, 0, os.SEEK_SET)
    mended = corrections(source)
    try:
        return soundfile.SoundFile(CorrectedFile(source, mended) if mended else source, closefd=False)
    except soundfile.LibsndfileError:
        raise Undecodable("form") from None


class _Writer:
    def __init__(self, target: int, rate_hz: int) -> None:
        self._target = target
        self._samples = 0
        working_hz = working_rate_hz(rate_hz)
        self._stream = soxr.ResampleStream(rate_hz, working_hz, 1, dtype="float32") if rate_hz != working_hz else None

    def write(self, block: NDArray[np.float32]) -> None:
        self._put(self._stream.resample_chunk(block) if self._stream else block)

    def finish(self) -> int:
        if self._stream:
            self._put(self._stream.resample_chunk(np.zeros(0, np.float32), last=True))
        return self._samples

    def _put(self, samples: NDArray[np.float32]) -> None:
        rest = memoryview(np.clip(np.round(samples * 32_768.0), -32_768, 32_767).astype("<i2").tobytes())
        self._samples += len(samples)
        while rest:
            rest = rest[os.write(self._target, rest) :]


def _blocks(file: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    """A row a frame and a column a channel, in pieces of whole windows of the picture."""
    window = file.samplerate // 400
    is_mended = not isinstance(file.name, int)
    frames = window * max(1, (_MENDED_BLOCK_FRAMES if is_mended else BLOCK_FRAMES) // window)
    left = MAX_SECONDS * file.samplerate
    while left > 0:
        try:
            block = file.read(min(frames, left), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            return  # damaged from here on; what was read before stands
        if len(block) == 0:
            return
        left -= len(block)
        # Files of floats may hold anything.
        yield np.clip(np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0).astype(np.float32, copy=False)


def _peaks(height: NDArray[np.float32]) -> tuple[int, ...]:
    count = min(PEAKS, len(height))
    starts = np.arange(count) * len(height) // count
    return tuple(int(peak) for peak in np.round(np.maximum.reduceat(height, starts) * 100))
