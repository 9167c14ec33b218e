"""The shape of speech: how loud each band is in the long run, and how the bands go together from moment to moment.

From it what a telephone cut off is filled in by what it let through. It was measured on voices none of which
is in the clips by which we measure ourselves; docs/words.md has the command.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SHIPPED = Path(__file__).parent / "shapes" / "speech.json"


@dataclass(frozen=True, slots=True)
class SpeechShape:
    """Long-term levels and their covariance in the bands of `spectrum`, in nats of power.

    `mean` is of speech whose root mean square is 0.1 of full scale.
    """

    mean: NDArray[np.float32]
    covariance: NDArray[np.float32]

    def filling(self, present: NDArray[np.intp], missing: NDArray[np.intp], doubt: float) -> NDArray[np.float32]:
        """The matrix that turns the present bands' distances from their means into the missing bands': least squares.

        `doubt` (nats²) is the variance of what is in the present bands and is not speech.
        """
        within = self.covariance[np.ix_(present, present)] + doubt * np.eye(len(present))
        filling: NDArray[np.float32] = np.linalg.solve(within, self.covariance[np.ix_(present, missing)])
        return filling.astype(np.float32)


@cache
def shipped_shape() -> SpeechShape:
    """The shape that Ringback comes with."""
    kept = json.loads(_SHIPPED.read_text(encoding="utf-8"))
    bands = len(kept["mean"])
    covariance = np.zeros((bands, bands), np.float32)
    covariance[np.tril_indices(bands)] = kept["covariance"]
    covariance += np.tril(covariance, -1).T
    return SpeechShape(np.array(kept["mean"], np.float32), covariance)
