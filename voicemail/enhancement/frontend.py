"""The front end: gives a telephone message back the bands that the models were trained with, before it is recognised.

A message is gone through twice. The first time it is studied: where its band ends, how its speech is coloured, how loud
its noise is. The second time it is restored: noise taken down, the present bands brought to the long-term spectrum of
speech, the missing ones filled in frame by frame with what usually goes with the present ones. A message with the whole
band is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from voicemail.audio.recording_audio import WIDE_HZ, Samples
from voicemail.enhancement.spectrum import CENTRES_HZ, Analyser, Bands, Frames, Synthesiser, band_levels, bin_of, raised
from voicemail.enhancement.speech_shape import SpeechShape, shipped_shape

# Levels are in nats of power: 1 is 4.3 dB. docs/words.md says how the figures were chosen and what each is worth.
_LEVEL = 0.1  # root mean square to which a message is brought: that of the shape
_MIDDLE = (CENTRES_HZ > 400) & (CENTRES_HZ < 2_500)
_PRESENT_WITHIN = 5.0  # a band that is further under the shape was cut off
_LEAVE_ALONE = (
    1.2  # voices differ by so much: a colouring of this size is corrected by half, a larger one almost wholly
)
_DOUBT = 0.3
_SHARE_FILLED = 0.8  # of what the present bands say of the missing ones: other voices' covariance promises too much
_NOISE_SHARE = 0.1  # the quietest tenth of the frames is noise …
_NOISE_BIAS = 3.0  # … and three times its power is taken off, but for so small a share:
_NOISE_FLOOR = 0.03
# Speech this far over its noise is left alone (taking noise off it costs words), and this near it gets the whole measure.
_CLEAN, _NOISY = 5.8, 3.5  # 25 dB and 15 dB
_NARROW_TOP_HZ = 3_700.0  # at 8 kHz nothing above is to be relied on
_FOLD_HZ = 3_800.0
_MOST_GAIN, _MOST_LOSS = 12.0, -8.0
_STUDIED_FRAMES = 8_192  # about two minutes as they come; of longer messages every second frame, every fourth …
_BLOCK = 16_384


class FrontEnd(Protocol):
    """Makes the speech of a message better before it is recognised."""

    def __call__(self, pieces: Callable[[], Iterable[Samples]], rate_hz: int) -> tuple[Iterator[Samples], int]:
        """`pieces` gives the message anew each time; returned are its restored pieces and their sample rate."""


@dataclass(frozen=True, slots=True)
class Study:
    """What the first hearing of a message found, by band, in nats of power after `scale`.

    `present` is the unbroken run of bands round 1 kHz that hold speech; `mean` the mean level of the speech in each band,
    its noise taken off. `noise_floor` is the share of a band's power that is left at least, 1 where the speech is clean.
    """

    rate_hz: int
    scale: float
    present: NDArray[np.bool_]
    mean: NDArray[np.float32]
    noise: NDArray[np.float32]
    noise_floor: float


def restore(pieces: Callable[[], Iterable[Samples]], rate_hz: int) -> tuple[Iterator[Samples], int]:
    """The front end that Ringback uses: a message as it is if it has the whole band, else restored, at 16 kHz."""
    study = study_message(pieces(), rate_hz)
    if study is None:
        return iter(pieces()), rate_hz
    return restored(pieces(), study), WIDE_HZ


def study_message(pieces: Iterable[Samples], rate_hz: int, shape: SpeechShape | None = None) -> Study | None:
    """Go through a message's speech once; None if there is nothing to restore, or too little to judge by."""
    shape = shape or shipped_shape()
    levels, mean_square = _studied(pieces, rate_hz)
    if len(levels) < 2 or mean_square < 1e-9:  # under -90 dBFS there is only dither
        return None
    scale = _LEVEL / float(np.sqrt(mean_square))
    levels = levels + np.float32(2 * np.log(scale))
    quiet = np.quantile(levels, _NOISE_SHARE, axis=0)
    over_noise = float((levels[speech_frames(levels)].mean(axis=0) - quiet)[_MIDDLE].mean())
    noise_floor = float(_NOISE_FLOOR ** np.clip((_CLEAN - over_noise) / (_CLEAN - _NOISY), 0.0, 1.0))
    noise = (quiet + np.log(_NOISE_BIAS)).astype(np.float32)
    levels = _without_noise(levels, noise, noise_floor)
    mean = levels[speech_frames(levels)].mean(axis=0)
    lacking = _lacking(shape, mean)
    present = _run_round_1_khz((lacking < _PRESENT_WITHIN) & ((CENTRES_HZ < _NARROW_TOP_HZ) | (rate_hz >= WIDE_HZ)))
    if present.all():
        return None
    return Study(rate_hz, scale, present, mean, noise, noise_floor)


def restored(pieces: Iterable[Samples], study: Study, shape: SpeechShape | None = None) -> Iterator[Samples]:
    """The message at 16 kHz with all its bands; as long as before."""
    restorer = Restorer(study, shape or shipped_shape())
    for piece in _at_16_khz(pieces, study.rate_hz):
        for start in range(0, len(piece), _BLOCK):
            yield restorer.process(piece[start : start + _BLOCK])
    yield restorer.flush()


class Restorer:
    """Restores a stream of samples at 16 kHz, block after block, by what a study found."""

    def __init__(self, study: Study, shape: SpeechShape) -> None:
        self._study = study
        self._shape = shape
        self._analyser = Analyser()
        self._synthesiser = Synthesiser()
        self._taken = self._given = 0
        present, missing = np.flatnonzero(study.present), np.flatnonzero(~study.present)
        self._present, self._missing = present, missing
        self._filling = np.float32(_SHARE_FILLED) * shape.filling(present, missing, _DOUBT)
        lacking = _lacking(shape, study.mean)
        # The more a band lacks, the surer it is that the line took it and not the voice.
        self._colour = (lacking**3 / (lacking**2 + _LEAVE_ALONE**2)).astype(np.float32)
        self._level = np.float32((shape.mean - study.mean)[_MIDDLE].mean())
        has_top = bool(study.present[-1])
        self._fold_hz = WIDE_HZ / 2 if has_top else min(_FOLD_HZ, float(CENTRES_HZ[present[-1] + 1]))

    def process(self, block: Samples) -> Samples:
        """The samples that can be given out after this block; they lag by a frame."""
        self._taken += len(block)
        return self._given_out(self._analyser.process(block))

    def flush(self) -> Samples:
        """The last samples: as many come out in all as went in."""
        samples = self._given_out(self._analyser.flush())
        return samples[: len(samples) - max(0, self._given - self._taken)]

    def _given_out(self, frames: Frames) -> Samples:
        samples = np.clip(self._synthesiser.process(self._restored(frames)), -1.0, 1.0).astype(np.float32, copy=False)
        self._given += len(samples)
        return samples

    def _restored(self, frames: Frames) -> Frames:
        if len(frames) == 0:
            return frames
        frames = self._folded(frames * np.float32(self._study.scale))
        heard = band_levels(frames)
        clean = _without_noise(heard, self._study.noise, self._study.noise_floor)
        wanted = clean + self._colour
        departures = clean[:, self._present] - self._study.mean[self._present]
        wanted[:, self._missing] = (self._shape.mean - self._level)[self._missing] + departures @ self._filling
        frames = raised(frames, np.clip(wanted - heard, _MOST_LOSS, _MOST_GAIN))
        # Bands overlap and gains are smoothed over the bins: what is filled in is brought to its level once more.
        short = np.clip(wanted - band_levels(frames), _MOST_LOSS, _MOST_GAIN)
        short[:, self._present] = 0.0
        return raised(frames, short)

    def _folded(self, frames: Frames) -> Frames:
        # What the missing band above is made of: the band below mirrored, so that it has its pitch and its pauses.
        fold = bin_of(self._fold_hz)
        above = np.arange(fold + 1, frames.shape[1])
        frames[:, above] = frames[:, np.maximum(2 * fold - above, 0)].conj()
        return frames


def _studied(pieces: Iterable[Samples], rate_hz: int) -> tuple[Bands, float]:
    analyser = Analyser()
    kept: list[Bands] = []
    count, stride, place = 0, 1, 0
    square, samples = 0.0, 0
    for piece in _at_16_khz(pieces, rate_hz):
        square += float(np.dot(piece, piece))
        samples += len(piece)
        frames = analyser.process(piece)
        chosen = frames[-place % stride :: stride]
        place += len(frames)
        kept.append(band_levels(chosen))
        count += len(chosen)
        if count > 2 * _STUDIED_FRAMES:
            kept = [np.concatenate(kept)[::2]]
            count, stride = len(kept[0]), stride * 2
    levels = np.concatenate(kept) if kept else np.zeros((0, len(CENTRES_HZ)), np.float32)
    return levels, square / max(samples, 1)


def _without_noise(levels: Bands, noise: NDArray[np.float32], floor: float) -> Bands:
    # Spectral subtraction in the bands (Berouti and others, 1979): never under a floor, which keeps it from warbling.
    share = np.maximum(1.0 - np.exp(np.minimum(noise - levels, 0.0)), np.float32(floor))
    clean: Bands = levels + np.log(share)
    return clean


def speech_frames(levels: Bands) -> NDArray[np.bool_]:
    """Which frames are speech, by the loudest of the bands between 400 and 2500 Hz."""
    loudest = levels[:, _MIDDLE].max(axis=1)
    quiet, loud = np.quantile(loudest, (0.1, 0.97))
    is_speech: NDArray[np.bool_] = loudest >= min(max(quiet + 0.3 * (loud - quiet), loud - 8.0), loud)
    return is_speech


def _lacking(shape: SpeechShape, mean: NDArray[np.float32]) -> NDArray[np.float32]:
    lacking = shape.mean - mean
    by_middle: NDArray[np.float32] = lacking - lacking[_MIDDLE].mean()
    return by_middle


def _run_round_1_khz(holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    centre = int(np.argmin(np.abs(CENTRES_HZ - 1_000)))
    run = np.zeros(len(holds), np.bool_)
    run[centre] = True
    for step in (-1, 1):
        band = centre + step
        while 0 <= band < len(holds) and holds[band]:
            run[band] = True
            band += step
    return run


def _at_16_khz(pieces: Iterable[Samples], rate_hz: int) -> Iterator[Samples]:
    if rate_hz == WIDE_HZ:
        yield from pieces
        return
    stream = soxr.ResampleStream(rate_hz, WIDE_HZ, 1, dtype="float32")
    for piece in pieces:
        yield stream.resample_chunk(piece)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)
