"""Telephone audio: 8 kHz, 16-bit, mono. numpy and the codecs are loaded when somebody speaks."""

from __future__ import annotations

import io
import math
import wave
from array import array
from dataclasses import dataclass

RATE_HZ = 8000
BYTES_PER_SECOND = RATE_HZ * 2
_QUIET = 60  # of 32768, about -55 dBFS: below the noise of a quiet room on a telephone


class UnreadableSound(Exception):
    """The file is not readable audio. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Linear PCM of a call."""

    pcm: bytes = b""

    @property
    def seconds(self) -> float:
        return len(self.pcm) / BYTES_PER_SECOND

    def __add__(self, other: Sound) -> Sound:
        return Sound(self.pcm + other.pcm)

    def cut(self, seconds: float) -> Sound:
        """Its first `seconds`."""
        return Sound(self.pcm[: int(seconds * RATE_HZ) * 2])

    def wav(self) -> bytes:
        file = io.BytesIO()
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(RATE_HZ)
            sound.writeframes(self.pcm)
        return file.getvalue()


def silence(seconds: float) -> Sound:
    return Sound(bytes(int(seconds * RATE_HZ) * 2))


def tone(seconds: float) -> Sound:
    """A tone of 440 Hz: a sound that is surely no silence."""
    wave_form = (int(9000 * math.sin(2 * math.pi * 440 * sample / RATE_HZ)) for sample in range(int(seconds * RATE_HZ)))
    return Sound(array("h", wave_form).tobytes())


def read_sound(file: bytes) -> Sound:
    """Read a sound file of any rate, width and channels. Raises UnreadableSound."""
    import numpy
    import soundfile
    import soxr

    try:
        samples, rate_hz = soundfile.read(io.BytesIO(file), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise UnreadableSound(f"the file is not readable audio: {error}") from None
    mono = samples.mean(axis=1)
    if rate_hz != RATE_HZ:
        mono = soxr.resample(mono, rate_hz, RATE_HZ)
    return Sound((numpy.clip(mono, -1, 1) * 32767).round().astype("<i2").tobytes())


def speech_end(sound: Sound) -> float:
    """The second at which the last sound ends; 0 when all is silent."""
    loud = _loud_blocks(sound)
    return min((loud[-1] + 1) / _BLOCKS_PER_SECOND, sound.seconds) if loud else 0.0


def first_gap_end(sound: Sound, gap_seconds: float) -> float | None:
    """The second at which the first silence of `gap_seconds` is complete, or None."""
    since = 0
    for block in _loud_blocks(sound):
        if block - since >= gap_seconds * _BLOCKS_PER_SECOND:
            return since / _BLOCKS_PER_SECOND + gap_seconds
        since = block + 1
    is_quiet_at_end = sound.seconds - since / _BLOCKS_PER_SECOND >= gap_seconds
    return since / _BLOCKS_PER_SECOND + gap_seconds if is_quiet_at_end else None


_BLOCKS_PER_SECOND = 50


def _loud_blocks(sound: Sound) -> list[int]:
    """The numbers of the 20 ms blocks that are not silent."""
    if not sound.pcm.strip(b"\0"):
        return []
    import numpy

    size = RATE_HZ // _BLOCKS_PER_SECOND
    samples = numpy.frombuffer(sound.pcm, "<i2").astype("float32")
    blocks = numpy.pad(samples, (0, -len(samples) % size)).reshape(-1, size)
    found: list[int] = numpy.flatnonzero(numpy.sqrt((blocks**2).mean(axis=1)) > _QUIET).tolist()
    return found
