"""Confidence that means something: of the words shown as 0.9, about nine in ten are right.

What Vosk says of its words is put through a curve that never falls, measured per model on words known to be right or
wrong. Models without a curve keep Vosk's own figure.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

log = structlog.get_logger()

_SHIPPED = Path(__file__).parent / "calibrations"
_FEWEST_WORDS = 60
_WORDS_A_STEP = 25
_BINS = 10


class TooFewWords(Exception):
    """There are not enough words to calibrate by; the message says how many there should be."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A word that was heard: Vosk's confidence in it, and whether it was right."""

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


def calibrate(model: str, heard: Sequence[Heard]) -> Calibration:
    """Fit a curve: steps of about 25 words, each pulled a little to the middle, pooled until none falls (isotonic regression).

    Raises TooFewWords under 60.
    """
    if len(heard) < _FEWEST_WORDS:
        raise TooFewWords(
            f"{len(heard)} words were heard; at least {_FEWEST_WORDS} are needed, and some hundreds are better."
        )
    ordered = sorted(heard, key=lambda word: word.plain)
    everywhere = sum(word.is_right for word in ordered) / len(ordered)
    steps: list[tuple[float, float, int]] = []  # mean of Vosk's confidence, share right, words
    for step in _steps(ordered):
        count = len(step)
        # Four words of the average kind in each step: ten right words out of ten are no certainty.
        right = (sum(word.is_right for word in step) + 4 * everywhere) / (count + 4)
        steps.append((sum(word.plain for word in step) / count, right, count))
        while len(steps) > 1 and (steps[-2][1] >= steps[-1][1] or steps[-2][0] >= steps[-1][0]):
            (x1, y1, n1), (x2, y2, n2) = steps[-2:]
            steps[-2:] = [((x1 * n1 + x2 * n2) / (n1 + n2), (y1 * n1 + y2 * n2) / (n1 + n2), n1 + n2)]
    return Calibration(
        model, len(heard), tuple(round(x, 4) for x, _, _ in steps), tuple(round(y, 4) for _, y, _ in steps)
    )


def expected_calibration_error(said: Sequence[float], is_right: Sequence[bool]) -> float:
    """How far confidence is from the truth: the mean over ten equal bins of |mean confidence - share right|, by their words.

    Source: Naeini, Cooper and Hauskrecht (2015).
    """
    bins: list[list[int]] = [[] for _ in range(_BINS)]
    for number, confidence in enumerate(said):
        bins[min(int(confidence * _BINS), _BINS - 1)].append(number)
    gaps = (abs(sum(said[n] for n in members) - sum(is_right[n] for n in members)) for members in bins)
    return sum(gaps) / len(said) if said else 0.0


def load_calibration(models_dir: Path, model: str) -> Calibration | None:
    """The curve for a model: one measured here comes before the one that Ringback ships."""
    for folder in (models_dir / "calibrations", _SHIPPED):
        path = folder / file_name(model)
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return Calibration(kept["model"], kept["words"], tuple(kept["plain"]), tuple(kept["right"]))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("calibration.unreadable", path=str(path), reason=repr(error)[:200])
    return None


def save_calibration(models_dir: Path, calibration: Calibration) -> Path:
    """Keep a curve in the models folder, for this and every later worker."""
    path = models_dir / "calibrations" / file_name(calibration.model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(calibration)), encoding="utf-8")
    return path


def _steps(ordered: Sequence[Heard]) -> list[list[Heard]]:
    # Words with the same figure stay together: Vosk gives 1.0 to many.
    steps: list[list[Heard]] = [[]]
    for word in ordered:
        if len(steps[-1]) >= _WORDS_A_STEP and word.plain > steps[-1][-1].plain:
            steps.append([])
        steps[-1].append(word)
    return steps


def file_name(model: str) -> str:
    """The name of the file that keeps what was measured of a model."""
    return re.sub(r"[^\w.-]+", "-", model) + ".json"
