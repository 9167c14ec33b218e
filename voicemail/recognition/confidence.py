"""Calibrated confidence: of the words shown as 0.9, about nine in ten are right.

Each model has a curve from Vosk's confidence to the share of words that are right, measured on words whose truth is known. A
model without a curve keeps Vosk's own figure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from voicemail.models.measurements import keep_measurement, measured, report_unreadable

_SHIPPED = Path(__file__).parent / "calibrations"
_FEWEST_WORDS = 60
_WORDS_A_STEP = 25
_BINS = 10


class TooFewWords(Exception):
    """There are not enough words to calibrate by; the message says how many there should be."""


@dataclass(frozen=True, slots=True)
class ScoredWord:
    """A recognised word: Vosk's confidence in it, and whether it was right."""

    plain: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """A curve from Vosk's confidence to the share of words that are right, by its corners; both rise or stay."""

    model: str
    words: int
    plain: tuple[float, ...]
    right: tuple[float, ...]

    def __call__(self, plain: float) -> float:
        """The calibrated confidence, 0–1."""
        after = bisect_right(self.plain, plain)
        if after == 0:
            return self.right[0]
        if after == len(self.plain):
            return self.right[-1]
        left, right = self.plain[after - 1], self.plain[after]
        share = (plain - left) / (right - left)
        return self.right[after - 1] + share * (self.right[after] - self.right[after - 1])


def calibrate(model: str, scored: Sequence[ScoredWord]) -> Calibration:
    """Fit a curve that never falls: steps of about 25 words, each shrunk towards the mean, pooled (isotonic regression).

    Raises TooFewWords under 60.
    """
    if len(scored) < _FEWEST_WORDS:
        raise TooFewWords(
            f"{len(scored)} words were recognised; at least {_FEWEST_WORDS} are needed, and some hundreds are better."
        )
    ordered = sorted(scored, key=lambda word: word.plain)
    everywhere = sum(word.is_right for word in ordered) / len(ordered)
    steps: list[tuple[float, float, int]] = []  # mean of Vosk's confidence, share right, words
    for step in _steps(ordered):
        count = len(step)
        # Each step counts four more words of average quality: ten right words out of ten are no certainty.
        right = (sum(word.is_right for word in step) + 4 * everywhere) / (count + 4)
        steps.append((sum(word.plain for word in step) / count, right, count))
        while len(steps) > 1 and (steps[-2][1] >= steps[-1][1] or steps[-2][0] >= steps[-1][0]):
            (x1, y1, n1), (x2, y2, n2) = steps[-2:]
            steps[-2:] = [((x1 * n1 + x2 * n2) / (n1 + n2), (y1 * n1 + y2 * n2) / (n1 + n2), n1 + n2)]
    return Calibration(
        model, len(scored), tuple(round(x, 4) for x, _, _ in steps), tuple(round(y, 4) for _, y, _ in steps)
    )


def expected_calibration_error(said: Sequence[float], is_right: Sequence[bool]) -> float:
    """The mean difference between confidence and the share that is right, over ten equal bins weighted by their words.

    Source: Naeini, Cooper and Hauskrecht (2015).
    """
    bins: list[list[int]] = [[] for _ in range(_BINS)]
    for number, confidence in enumerate(said):
        bins[min(int(confidence * _BINS), _BINS - 1)].append(number)
    gaps = (abs(sum(said[n] for n in members) - sum(is_right[n] for n in members)) for members in bins)
    return sum(gaps) / len(said) if said else 0.0


def load_calibration(models_dir: Path, model: str) -> Calibration | None:
    """The curve of a model: one that was measured on this machine, else the one that Ringback ships."""
    for content in measured(models_dir, _SHIPPED, "", model):
        try:
            return Calibration(content["model"], content["words"], tuple(content["plain"]), tuple(content["right"]))
        except (KeyError, TypeError) as error:
            report_unreadable("", model, error)
    return None


def save_calibration(models_dir: Path, calibration: Calibration) -> Path:
    """Keep a curve in the models folder. Raises OSError."""
    return keep_measurement(models_dir, "", calibration.model, asdict(calibration))


def _steps(ordered: Sequence[ScoredWord]) -> list[list[ScoredWord]]:
    # Words of the same confidence stay together: Vosk gives 1.0 to many.
    steps: list[list[ScoredWord]] = [[]]
    for word in ordered:
        if len(steps[-1]) >= _WORDS_A_STEP and word.plain > steps[-1][-1].plain:
            steps.append([])
        steps[-1].append(word)
    return steps
