"""Measures the statistics of speech (voicemail/enhancement/statistics/speech.json) on clean wide-band recordings of many voices.

    python -m bench.speech_statistics FILE… --out voicemail/enhancement/statistics/speech.json

Each ten seconds have the same weight. Under 400 Hz the mean is that of the published long-term spectrum (Byrne and others,
An international comparison of long-term average speech spectra, 1994), because many recordings were high-passed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import numpy as np
import soundfile
import soxr
import typer
from numpy.typing import NDArray

from voicemail.audio.recording_audio import WIDE_HZ, Samples
from voicemail.enhancement.profile import speech_frames
from voicemail.enhancement.spectrum import CENTRES_HZ, Analyser, Bands, band_levels

_PIECE_SECONDS = 10
_LEVEL = 0.1
_FAINTEST = -13.8  # nats: 60 dB under the level of the pieces
# Byrne and others (1994), table II: both sexes together, dB by third octaves.
_THIRDS_HZ = (63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500)
_THIRDS_DB = (38.6, 43.5, 54.4, 57.7, 56.8, 60.2, 60.3, 59.0, 62.1, 62.1, 60.5, 56.8, 53.7, 53.0, 52.0, 48.7, 48.1)
# The mean of powers is higher than the mean of levels, most of all at low frequencies.
_MEAN_OF_LEVELS_DB = -2.0


def main(
    files: list[Path], out: Annotated[Path, typer.Option()] = Path("voicemail/enhancement/statistics/speech.json")
) -> None:
    """Measure FILES and write the statistics to OUT."""
    means: list[NDArray[np.float64]] = []
    products: list[NDArray[np.float64]] = []
    for piece in _pieces(files):
        levels = np.maximum(_levels(piece), _FAINTEST)
        mean = levels[speech_frames(levels)].mean(axis=0)
        deviations = (levels - mean).astype(np.float64)
        means.append(mean)
        products.append(deviations.T @ deviations / len(deviations))
    mean, covariance = _with_published_bottom(np.mean(means, axis=0)), np.mean(products, axis=0)
    kept = {
        "mean": [round(float(level), 3) for level in mean],
        "covariance": [round(float(value), 3) for value in covariance[np.tril_indices(len(mean))]],
    }
    out.write_text(json.dumps(kept), encoding="utf-8")
    print(f"{len(means)} pieces of {_PIECE_SECONDS} s -> {out}")


def _pieces(files: Iterable[Path]) -> Iterable[Samples]:
    for path in files:
        samples, rate = soundfile.read(path, dtype="float32")
        if rate != WIDE_HZ:
            samples = soxr.resample(samples, rate, WIDE_HZ)
        for start in range(0, len(samples) - _PIECE_SECONDS * WIDE_HZ // 2, _PIECE_SECONDS * WIDE_HZ):
            piece = samples[start : start + _PIECE_SECONDS * WIDE_HZ]
            yield piece * np.float32(_LEVEL / np.sqrt(np.mean(piece**2)))


def _levels(piece: Samples) -> Bands:
    return band_levels(Analyser().process(piece))


def _with_published_bottom(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    thirds = np.array(_THIRDS_HZ, float)
    density = np.array(_THIRDS_DB) - 10 * np.log10(thirds * (2 ** (1 / 6) - 2 ** (-1 / 6)))
    width = 10 * np.log10(700 + CENTRES_HZ)  # of a mel band, up to a constant
    published = (np.interp(np.log(CENTRES_HZ), np.log(thirds), density) + width) * np.log(10) / 10
    middle = (CENTRES_HZ > 400) & (CENTRES_HZ < 2_500)
    published += mean[middle].mean() - published[middle].mean() + _MEAN_OF_LEVELS_DB * np.log(10) / 10
    share = np.clip((450 - CENTRES_HZ) / 150, 0, 1)
    bottom: NDArray[np.float64] = share * published + (1 - share) * mean
    return bottom


if __name__ == "__main__":
    typer.run(main)
