"""The front end: restores the bands that a telephone line removed, before a message is recognised.

It reads a message twice. The first pass measures it: which bands it has, their mean levels, its noise. The second pass reduces
the noise, brings the present bands to the long-term spectrum of speech, and fills each frame's missing bands with their
conditional mean, given the present ones. A message with all bands is not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np

from voicemail.audio.recording_audio import WIDE_HZ, Samples
from voicemail.enhancement.profile import (
    MIDDLE,
    MessageProfile,
    at_16_khz,
    lacking_levels,
    profile_message,
    without_noise,
)
from voicemail.enhancement.spectrum import CENTRES_HZ, Analyser, Frames, Synthesiser, band_levels, bin_of, raised
from voicemail.enhancement.speech_statistics import SpeechStatistics, shipped_statistics

# Levels are in nats of power: 1 is 4.3 dB. docs/words.md says how the figures were chosen.
_VOICES_DIFFER = 1.2  # a deviation of this size is corrected by half, a larger one almost wholly
_DOUBT = 0.3
_SHARE_FILLED = 0.8  # of the predicted deviations: the covariance of other voices predicts too much
_FOLD_HZ = 3_800.0
_MOST_GAIN, _MOST_LOSS = 12.0, -8.0
_BLOCK = 16_384


class FrontEnd(Protocol):
    """Improves the speech of a message before it is recognised."""

    def __call__(self, pieces: Callable[[], Iterable[Samples]], rate_hz: int) -> tuple[Iterator[Samples], int]:
        """Returns the restored message in pieces, and their sample rate. Each call of `pieces` starts the message anew."""


def restore(pieces: Callable[[], Iterable[Samples]], rate_hz: int) -> tuple[Iterator[Samples], int]:
    """The front end that Ringback uses: returns a message with all bands unchanged, any other restored at 16 kHz."""
    profile = profile_message(pieces(), rate_hz)
    if profile is None:
        return iter(pieces()), rate_hz
    return restored(pieces(), profile), WIDE_HZ


def restored(
    pieces: Iterable[Samples], profile: MessageProfile, statistics: SpeechStatistics | None = None
) -> Iterator[Samples]:
    """The message at 16 kHz with all bands; its length does not change."""
    restorer = Restorer(profile, statistics or shipped_statistics())
    for piece in at_16_khz(pieces, profile.rate_hz):
        for start in range(0, len(piece), _BLOCK):
            yield restorer.process(piece[start : start + _BLOCK])
    yield restorer.flush()


class Restorer:
    """Restores a stream of samples at 16 kHz, block by block."""

    def __init__(self, profile: MessageProfile, statistics: SpeechStatistics) -> None:
        self._profile = profile
        self._statistics = statistics
        self._analyser = Analyser()
        self._synthesiser = Synthesiser()
        self._taken = self._given = 0
        present, missing = np.flatnonzero(profile.present), np.flatnonzero(~profile.present)
        self._present, self._missing = present, missing
        self._filling = np.float32(_SHARE_FILLED) * statistics.filling(present, missing, _DOUBT)
        lacking = lacking_levels(statistics, profile.mean)
        # The more a band lacks, the likelier it is that the line removed it, and not that the voice has little of it.
        self._colour = (lacking**3 / (lacking**2 + _VOICES_DIFFER**2)).astype(np.float32)
        self._level = np.float32((statistics.mean - profile.mean)[MIDDLE].mean())
        has_top = bool(profile.present[-1])
        self._fold_hz = WIDE_HZ / 2 if has_top else min(_FOLD_HZ, float(CENTRES_HZ[present[-1] + 1]))

    def process(self, block: Samples) -> Samples:
        """The samples that are complete after this block; they lag by a frame."""
        self._taken += len(block)
        return self._given_out(self._analyser.process(block))

    def flush(self) -> Samples:
        """The last samples, so that the output is as long as the input."""
        samples = self._given_out(self._analyser.flush())
        return samples[: len(samples) - max(0, self._given - self._taken)]

    def _given_out(self, frames: Frames) -> Samples:
        samples = np.clip(self._synthesiser.process(self._restored(frames)), -1.0, 1.0).astype(np.float32, copy=False)
        self._given += len(samples)
        return samples

    def _restored(self, frames: Frames) -> Frames:
        if len(frames) == 0:
            return frames
        frames = self._folded(frames * np.float32(self._profile.scale))
        heard = band_levels(frames)
        clean = without_noise(heard, self._profile.noise, self._profile.noise_floor)
        wanted = clean + self._colour
        deviations = clean[:, self._present] - self._profile.mean[self._present]
        wanted[:, self._missing] = (self._statistics.mean - self._level)[self._missing] + deviations @ self._filling
        frames = raised(frames, np.clip(wanted - heard, _MOST_LOSS, _MOST_GAIN))
        # Bands overlap and gains are smoothed over the bins, so the filled bands are corrected once more.
        short = np.clip(wanted - band_levels(frames), _MOST_LOSS, _MOST_GAIN)
        short[:, self._present] = 0.0
        return raised(frames, short)

    def _folded(self, frames: Frames) -> Frames:
        # The missing band above is a mirror image of the band below, which has the right pitch and pauses.
        fold = bin_of(self._fold_hz)
        above = np.arange(fold + 1, frames.shape[1])
        frames[:, above] = frames[:, np.maximum(2 * fold - above, 0)].conj()
        return frames
