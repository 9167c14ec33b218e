"""Sets the mean spectrum of the statistics of speech to that of the training data of a model, which its files contain.

    python -m bench.model_mean MODEL [--above-hz 0] --out voicemail/enhancement/statistics/speech.json

Kaldi keeps the sums of the training features in `ivector/global_cmvn.stats`. With as many cepstra as mel bands (conf/mfcc.conf
of the official models: 40 of 40, lifter 22, preemphasis 0.97) they can be turned back into band levels. They include
pauses, so only their form counts: both means are aligned between 400 and 2500 Hz.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from voicemail.audio.recording_audio import WIDE_HZ
from voicemail.enhancement.spectrum import BANDS, CENTRES_HZ, FRAME, band_levels

_LIFTER = 22
_PREEMPHASIS = 0.97
_MIDDLE = (CENTRES_HZ > 400) & (CENTRES_HZ < 2_500)


def main(
    model: Annotated[Path, typer.Argument(help="A Vosk model's folder.")],
    out: Annotated[Path, typer.Option()] = Path("voicemail/enhancement/statistics/speech.json"),
    above_hz: Annotated[float, typer.Option(help="Bands under this keep their mean.")] = 0.0,
) -> None:
    """Write the mean of MODEL into the statistics OUT; the covariance stays."""
    kept = json.loads(out.read_text(encoding="utf-8"))
    mean = np.array(kept["mean"], float)
    trained = trained_mean(model / "ivector" / "global_cmvn.stats")
    trained += mean[_MIDDLE].mean() - trained[_MIDDLE].mean()
    kept["mean"] = [round(float(level), 3) for level in np.where(above_hz <= CENTRES_HZ, trained, mean)]
    out.write_text(json.dumps(kept), encoding="utf-8")


def trained_mean(stats: Path) -> NDArray[np.float64]:
    """The mean level of each band in the training data, in nats of power, up to a constant."""
    text = stats.read_text(encoding="ascii").replace("[", "").replace("]", "")
    sums = np.array(text.split(), float).reshape(2, BANDS + 1)[0]
    order, place = np.arange(BANDS), np.arange(BANDS) + 0.5
    cosines = np.sqrt(2 / BANDS) * np.cos(np.pi / BANDS * np.outer(order, place))
    cosines[0] /= np.sqrt(2)
    lifter = 1 + _LIFTER / 2 * np.sin(np.pi * order / _LIFTER)
    levels: NDArray[np.float64] = cosines.T @ (sums[:-1] / sums[-1] / lifter) - _emphasis()
    return levels


def _emphasis() -> NDArray[np.float64]:
    hz = np.arange(FRAME // 2 + 1) * WIDE_HZ / FRAME
    gain = np.abs(1 - _PREEMPHASIS * np.exp(-2j * np.pi * hz / WIDE_HZ))
    emphasised, flat = (band_levels(bins[None].astype(np.complex64))[0] for bins in (gain, np.ones(len(hz))))
    emphasis: NDArray[np.float64] = (emphasised - flat).astype(np.float64)
    return emphasis


if __name__ == "__main__":
    typer.run(main)
