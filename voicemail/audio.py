"""Audio: a recording opened whatever its form, checked, drawn, and handed on in blocks; never hours of it at once.

Only the worker imports this file: the libraries behind it are large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from voicemail.recordings import sniff

Samples = NDArray[np.float32]  # mono, -1…1
Tick = Callable[[], None]  # called again and again while work goes on, so that its lease can be renewed

MAX_SECONDS = 2 * 3600
PEAKS = 800
# 50 dB under full scale speech is found in 0.53 of its windows instead of 0.78, and Vosk's own dither drowns its words.
MAX_GAIN = 30.0
BLOCK_FRAMES = 8_192  # what one damaged place in a compressed file costs at most
# Telephone audio is worked on at its true rate. Brought to 16 kHz with a clean filter the band above 4 kHz is empty, which the
# models never heard: without a front end that fills it, character errors rise from 0.35 to 0.51 (small Korean model).
NARROW_HZ = 8_000
WIDE_HZ = 16_000


class AudioUnreadable(Exception):
    """A recording from which no sound can be had; the message is a sentence for an agent. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What a recording is. `peaks` are about 800 integers 0–100; `loudest` is 0–1; `fault` says what is wrong with it, or ""."""

    path: Path
    sample_rate_hz: int
    channels: int
    seconds: float
    peaks: tuple[int, ...]
    loudest: float
    fault: str

    @property
    def working_rate_hz(self) -> int:
        """The rate at which it is listened to: 8 kHz for telephone audio, else 16 kHz."""
        return NARROW_HZ if self.sample_rate_hz < WIDE_HZ else WIDE_HZ

    @property
    def gain(self) -> np.float32:
        """By how much a quiet recording is raised: at most 30 dB, to half of full scale."""
        return np.float32(min(MAX_GAIN, max(1.0, 0.5 / max(self.loudest, 1e-9))))


def examine(path: Path, tick: Tick = lambda: None) -> Sound:
    """Read a recording through once. Raises AudioUnreadable if there is no sound in it.

    A recording that ends early is read as far as it goes, and one of more than two hours for two hours; `fault` says so.
    """
    with _open(path) as file:
        rate, channels = file.samplerate, file.channels
        window = max(1, rate // 400)
        heights: list[NDArray[np.float32]] = []
        frames = 0
        for block in _mono_blocks(file, window * 400):
            frames += len(block)
            tail = -len(block) % window
            heights.append(np.abs(np.pad(block, (0, tail))).reshape(-1, window).max(axis=1))
            tick()
    if frames == 0:
        raise AudioUnreadable("The recording has no sound in it: it is only the beginning of a file.")
    height = np.concatenate(heights)
    fault = ""
    if frames >= MAX_SECONDS * rate:
        fault = "The recording is longer than two hours; only the first two were listened to."
    elif _is_cut_off(path):
        fault = "The end of the recording is missing; what arrived can be heard."
    return Sound(path, rate, channels, frames / rate, _peaks(height), float(height.max()), fault)


def blocks(sound: Sound) -> Iterator[Samples]:
    """The recording in mono at its working rate, raised if it is quiet, some seconds at a time."""
    with _open(sound.path) as file:
        stream = None
        if sound.sample_rate_hz != sound.working_rate_hz:
            stream = soxr.ResampleStream(sound.sample_rate_hz, sound.working_rate_hz, 1, dtype="float32")
        for block in _mono_blocks(file, BLOCK_FRAMES):
            raised = block * sound.gain
            yield stream.resample_chunk(raised) if stream else raised
        if stream:
            yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _open(path: Path) -> soundfile.SoundFile:
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError:
        raise AudioUnreadable(_why_unreadable(path)) from None
    # Header fields are a stranger's: a rate or a number of channels out of all reason would cost memory.
    if not (2_000 <= file.samplerate <= 384_000 and 1 <= file.channels <= 16):
        file.close()
        raise AudioUnreadable("The recording is damaged: its header makes no sense.")
    return file


def _why_unreadable(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        return "The recording is an empty file."
    if sniff(head) != "application/octet-stream":
        return "The recording is damaged and cannot be played."
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"{")):
        return "The recording is a page of text, not audio."
    return "The recording is not audio."


def _mono_blocks(file: soundfile.SoundFile, frames: int) -> Iterator[Samples]:
    left = MAX_SECONDS * file.samplerate
    while left > 0:
        try:
            block = file.read(min(frames, left), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError:
            return  # damaged from here on; what was read before stands
        if len(block) == 0:
            return
        left -= len(block)
        mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)
        # Files of floats may hold anything.
        yield np.clip(np.nan_to_num(mono, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0).astype(np.float32, copy=False)


def _peaks(height: NDArray[np.float32]) -> tuple[int, ...]:
    count = min(PEAKS, len(height))
    starts = np.arange(count) * len(height) // count
    return tuple(int(peak) for peak in np.round(np.maximum.reduceat(height, starts) * 100))


def _is_cut_off(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] != b"RIFF":
        return False
    claimed = int.from_bytes(head[4:8], "little")
    # A header written before the length was known says 0 or the greatest number; that is common and no fault.
    return 0 < claimed < 0xFFFF_FF00 and claimed + 8 > path.stat().st_size + 1
