"""Statistics of clean speech: the mean level of each band, and the covariance of the bands from frame to frame.

They predict the bands that a telephone removed from those that it kept. None of the voices that they were measured on is in the
clips that transcripts are measured with; docs/words.md has the command.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SHIPPED = Path(__file__).parent / "statistics" / "speech.json"


@dataclass(frozen=True, slots=True)
class SpeechStatistics:
    """Levels in the bands of spectrum.py, in nats of power, of speech whose root mean square is 0.1 of full scale."""

    mean: NDArray[np.float32]
    covariance: NDArray[np.float32]

    def filling(self, present: NDArray[np.intp], missing: NDArray[np.intp], doubt: float) -> NDArray[np.float32]:
        """The least-squares matrix from the deviations of the present bands to those of the missing bands.

        `doubt` (nats²) is the variance in the present bands that is not speech.
        """
        within = self.covariance[np.ix_(present, present)] + doubt * np.eye(len(present))
        filling: NDArray[np.float32] = np.linalg.solve(within, self.covariance[np.ix_(present, missing)])
        return filling.astype(np.float32)


@cache
def shipped_statistics() -> SpeechStatistics:
    """The statistics that come with Ringback."""
    kept = json.loads(_SHIPPED.read_text(encoding="utf-8"))
    bands = len(kept["mean"])
    covariance = np.zeros((bands, bands), np.float32)
    covariance[np.tril_indices(bands)] = kept["covariance"]
    covariance += np.tril(covariance, -1).T
    return SpeechStatistics(np.array(kept["mean"], np.float32), covariance)
