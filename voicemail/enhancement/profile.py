"""Measures a message for the front end: which bands it has, their mean levels, and its noise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from voicemail.audio.recording_audio import WIDE_HZ, Samples
from voicemail.enhancement.spectrum import CENTRES_HZ, Analyser, Bands, band_levels
from voicemail.enhancement.speech_statistics import SpeechStatistics, shipped_statistics

# Levels are in nats of power: 1 is 4.3 dB. docs/words.md says how the figures were chosen.
MIDDLE = (CENTRES_HZ > 400) & (CENTRES_HZ < 2_500)
_LEVEL = 0.1  # root mean square to which a message is scaled, as in the statistics
_PRESENT_WITHIN = 5.0  # a band that is further below the statistics was removed by the line
_NOISE_SHARE = 0.1  # the quietest tenth of the frames is taken for noise …
_NOISE_BIAS = 3.0  # … and three times its power is subtracted, down to this share:
_NOISE_FLOOR = 0.03
# With speech so far above its noise nothing is subtracted, because that costs words; with so little distance all of it.
_CLEAN, _NOISY = 5.8, 3.5  # 25 dB and 15 dB
_NARROW_TOP_HZ = 3_700.0  # at 8 kHz the bands above are unreliable
_PROFILED_FRAMES = 8_192  # about two minutes; of longer messages every second frame is used, or every fourth …


@dataclass(frozen=True, slots=True)
class MessageProfile:
    """What the first pass measured, by band, in nats of power after scaling by `scale`.

    `present` is the unbroken run of bands round 1 kHz that contain speech; `mean` is the mean level of the speech without noise.
    `noise_floor` is the least share of a band's power that is kept: 1 if the speech is clean.
    """

    rate_hz: int
    scale: float
    present: NDArray[np.bool_]
    mean: NDArray[np.float32]
    noise: NDArray[np.float32]
    noise_floor: float


def profile_message(
    pieces: Iterable[Samples], rate_hz: int, statistics: SpeechStatistics | None = None
) -> MessageProfile | None:
    """Measure a message's speech; None if there is nothing to restore, or too little to judge by."""
    statistics = statistics or shipped_statistics()
    levels, mean_square = _levels(pieces, rate_hz)
    if len(levels) < 2 or mean_square < 1e-9:  # below -90 dBFS there is only dither
        return None
    scale = _LEVEL / float(np.sqrt(mean_square))
    levels = levels + np.float32(2 * np.log(scale))
    quiet = np.quantile(levels, _NOISE_SHARE, axis=0)
    over_noise = float((levels[speech_frames(levels)].mean(axis=0) - quiet)[MIDDLE].mean())
    noise_floor = float(_NOISE_FLOOR ** np.clip((_CLEAN - over_noise) / (_CLEAN - _NOISY), 0.0, 1.0))
    noise = (quiet + np.log(_NOISE_BIAS)).astype(np.float32)
    levels = without_noise(levels, noise, noise_floor)
    mean = levels[speech_frames(levels)].mean(axis=0)
    lacking = lacking_levels(statistics, mean)
    present = _run_round_1_khz((lacking < _PRESENT_WITHIN) & ((CENTRES_HZ < _NARROW_TOP_HZ) | (rate_hz >= WIDE_HZ)))
    if present.all():
        return None
    return MessageProfile(rate_hz, scale, present, mean, noise, noise_floor)


def speech_frames(levels: Bands) -> NDArray[np.bool_]:
    """Which frames are speech, by the loudest of the bands between 400 and 2500 Hz."""
    loudest = levels[:, MIDDLE].max(axis=1)
    quiet, loud = np.quantile(loudest, (0.1, 0.97))
    is_speech: NDArray[np.bool_] = loudest >= min(max(quiet + 0.3 * (loud - quiet), loud - 8.0), loud)
    return is_speech


def without_noise(levels: Bands, noise: NDArray[np.float32], floor: float) -> Bands:
    """The levels of the bands with the noise subtracted; `floor` is the least share of the power that is kept."""
    # Spectral subtraction in the bands (Berouti and others, 1979): never below a floor, which avoids musical noise.
    share = np.maximum(1.0 - np.exp(np.minimum(noise - levels, 0.0)), np.float32(floor))
    clean: Bands = levels + np.log(share)
    return clean


def lacking_levels(statistics: SpeechStatistics, mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each band's mean level is below that of speech, relative to the middle bands."""
    lacking = statistics.mean - mean
    by_middle: NDArray[np.float32] = lacking - lacking[MIDDLE].mean()
    return by_middle


def at_16_khz(pieces: Iterable[Samples], rate_hz: int) -> Iterator[Samples]:
    """Samples at `rate_hz`, resampled to 16 kHz."""
    if rate_hz == WIDE_HZ:
        yield from pieces
        return
    stream = soxr.ResampleStream(rate_hz, WIDE_HZ, 1, dtype="float32")
    for piece in pieces:
        yield stream.resample_chunk(piece)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def _levels(pieces: Iterable[Samples], rate_hz: int) -> tuple[Bands, float]:
    analyser = Analyser()
    kept: list[Bands] = []
    count, stride, place = 0, 1, 0
    square, samples = 0.0, 0
    for piece in at_16_khz(pieces, rate_hz):
        square += float(np.dot(piece, piece))
        samples += len(piece)
        frames = analyser.process(piece)
        chosen = frames[-place % stride :: stride]
        place += len(frames)
        kept.append(band_levels(chosen))
        count += len(chosen)
        if count > 2 * _PROFILED_FRAMES:
            kept = [np.concatenate(kept)[::2]]
            count, stride = len(kept[0]), stride * 2
    levels = np.concatenate(kept) if kept else np.zeros((0, len(CENTRES_HZ)), np.float32)
    return levels, square / max(samples, 1)


def _run_round_1_khz(holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The unbroken run of bands round 1 kHz for which it holds; the band at 1 kHz always counts."""
    centre = int(np.argmin(np.abs(CENTRES_HZ - 1_000)))
    places = np.arange(len(holds))
    ends = places[~holds & (places != centre)]
    below, above = ends[ends < centre].max(initial=-1), ends[ends > centre].min(initial=len(holds))
    run: NDArray[np.bool_] = (places > below) & (places < above)
    return run
