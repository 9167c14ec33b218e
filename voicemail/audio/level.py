"""How loud speech is in a recording, whatever stands out of it: a click, the tone of a key, the handset put down, a cough."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FRAME_SECONDS = 0.02
# What stands out takes less than this all together; of a shorter message it is a quarter that is left aside.
_ASIDE_SECONDS = 1.5
_ASIDE_SHARE = 0.25
_SILENT = 1e-4  # -80 dBFS: digital silence and its dither are no part of a message


def frame_samples(rate_hz: int) -> int:
    """How many samples are 20 ms."""
    return max(1, round(rate_hz * _FRAME_SECONDS))


class LevelMeter:
    """Takes a recording in blocks and tells its level: that of its loud frames, the very loudest left aside."""

    def __init__(self, rate_hz: int) -> None:
        self._frame = frame_samples(rate_hz)
        self._rest = np.zeros(0, np.float32)
        self._loudness: list[NDArray[np.float32]] = []

    def add(self, samples: NDArray[np.float32]) -> None:
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) // self._frame * self._frame
        frames = joined[:whole].reshape(-1, self._frame)
        self._loudness.append(np.sqrt(np.square(frames).mean(axis=1)))
        self._rest = joined[whole:]

    def level(self) -> float:
        """Root mean square, 0–1; 0 where nothing is heard."""
        loudness = np.concatenate(self._loudness) if self._loudness else np.zeros(0, np.float32)
        heard = np.sort(loudness[loudness > _SILENT])[::-1]
        if len(heard) == 0:
            return 0.0
        aside = min(int(_ASIDE_SECONDS / _FRAME_SECONDS), int(len(heard) * _ASIDE_SHARE))
        return float(heard[aside])
