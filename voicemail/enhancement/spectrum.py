"""Short-time Fourier analysis and synthesis, and the 40 mel bands that are the features of Vosk's models.

Frames are 32 ms long at 16 kHz, one every 16 ms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voicemail.audio.recording_audio import WIDE_HZ, Samples

FRAME = 512
HOP = 256
BANDS = 40
_LOWEST_HZ, _HIGHEST_HZ = 20.0, 7_600.0  # mfcc.conf of the official models

Frames = NDArray[np.complex64]  # frames × 257 bins
Bands = NDArray[np.float32]  # frames × 40 bands

_WINDOW = np.sqrt(np.hanning(FRAME + 1)[:-1]).astype(np.float32)
_BIN_HZ = WIDE_HZ / FRAME


def _mel(hz: NDArray[np.floating]) -> NDArray[np.float64]:
    mel: NDArray[np.float64] = 1127.0 * np.log1p(hz / 700.0)
    return mel


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    hz: NDArray[np.float64] = 700.0 * np.expm1(mel / 1127.0)
    return hz


_LIMITS = _mel(np.array([_LOWEST_HZ, _HIGHEST_HZ]))
_EDGES = np.linspace(_LIMITS[0], _LIMITS[1], BANDS + 2)
CENTRES_HZ = _hz(_EDGES[1:-1])
_BINS_MEL = _mel(np.arange(FRAME // 2 + 1) * _BIN_HZ)


def _into_bands() -> NDArray[np.float32]:
    rising = (_BINS_MEL[:, None] - _EDGES[:-2]) / (_EDGES[1:-1] - _EDGES[:-2])
    falling = (_EDGES[2:] - _BINS_MEL[:, None]) / (_EDGES[2:] - _EDGES[1:-1])
    triangles: NDArray[np.float32] = np.maximum(np.minimum(rising, falling), 0.0).astype(np.float32)
    return triangles


def _over_bins() -> NDArray[np.float32]:
    # Interpolates a value for each bin linearly between the bands' centres.
    centres = np.eye(BANDS)
    return np.stack([np.interp(_BINS_MEL, _EDGES[1:-1], row) for row in centres]).astype(np.float32)


_INTO_BANDS = _into_bands()
_OVER_BINS = _over_bins()
_FAINTEST = 1e-9  # 60 dB below the dither of 16 bits, so that digital silence has a logarithm too


def band_levels(frames: Frames) -> Bands:
    """The natural logarithm of the power in each band of each frame."""
    power = frames.real**2 + frames.imag**2
    levels: Bands = np.log(power @ _INTO_BANDS + np.float32(_FAINTEST))
    return levels


def raised(frames: Frames, by: Bands) -> Frames:
    """Frames with the bands amplified by so many nats of power."""
    gain = np.exp((by * np.float32(0.5)) @ _OVER_BINS)
    louder: Frames = frames * gain
    return louder


def bin_of(hz: float) -> int:
    """The bin nearest to a frequency."""
    return round(hz / _BIN_HZ)


class Analyser:
    """Splits a stream of samples (16 kHz) into frames; the rest of a block waits for the next one."""

    def __init__(self) -> None:
        self._rest: Samples = np.zeros(FRAME - HOP, np.float32)

    def process(self, block: Samples) -> Frames:
        """The frames that are complete after this block."""
        samples = np.concatenate([self._rest, block])
        count = max(0, (len(samples) - FRAME) // HOP + 1)
        self._rest = samples[count * HOP :]
        if count == 0:
            return np.zeros((0, FRAME // 2 + 1), np.complex64)
        cut = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[: (count - 1) * HOP + 1 : HOP]
        frames: Frames = np.fft.rfft(cut * _WINDOW, axis=1).astype(np.complex64, copy=False)
        return frames

    def flush(self) -> Frames:
        """The last frames, padded with silence."""
        return self.process(np.zeros(FRAME, np.float32))


class Synthesiser:
    """Adds overlapping frames up to samples; unchanged frames give the samples that the analyser got."""

    def __init__(self) -> None:
        self._tail: Samples = np.zeros(FRAME - HOP, np.float32)
        self._to_drop = FRAME - HOP  # the silence with which the analyser begins

    def process(self, frames: Frames) -> Samples:
        """The samples that are complete after these frames."""
        if len(frames) == 0:
            return np.zeros(0, np.float32)
        pieces = np.fft.irfft(frames, FRAME, axis=1).astype(np.float32, copy=False) * _WINDOW
        samples = np.zeros(len(frames) * HOP + FRAME - HOP, np.float32)
        samples[: len(self._tail)] = self._tail
        for part in range(FRAME // HOP):
            samples[part * HOP : part * HOP + len(frames) * HOP] += pieces[:, part * HOP : (part + 1) * HOP].ravel()
        whole, self._tail = samples[: len(frames) * HOP], samples[len(frames) * HOP :]
        dropped = min(self._to_drop, len(whole))
        self._to_drop -= dropped
        return whole[dropped:]
