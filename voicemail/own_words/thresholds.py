"""How similar to an own word something must sound to be replaced by it, measured for each model.

Without a measurement that shows a gain and no harm, own words change nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from voicemail.models.measurements import keep_measurement, measured, report_unreadable

_SHIPPED = Path(__file__).parent / "calibrations"
_KIND = "own-words"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Distances, as a share of an own word's sounds: up to `near` it replaces what was heard, up to `far` a second pass decides.

    Both only if the recogniser was less confident than `unsure` in one of the words. Words of fewer than `near_sounds` sounds
    always need the second pass. `right` is the share that was right of the words put in. Not `is_on`: harm was measured, or no
    gain.
    """

    model: str
    is_on: bool
    near: float
    near_sounds: int
    far: float
    unsure: float
    right: float


def default_thresholds(model: str) -> Thresholds:
    """The thresholds with which a model is measured: those chosen on the Korean clips (docs/words.md)."""
    return Thresholds(model, is_on=True, near=0.18, near_sounds=6, far=0.28, unsure=0.8, right=0.5)


def load_thresholds(models_dir: Path, model: str) -> Thresholds | None:
    """What was measured for a model, on this machine or by us; None if nothing was."""
    for content in measured(models_dir, _SHIPPED, _KIND, model):
        try:
            return Thresholds(**content)
        except TypeError as error:
            report_unreadable(_KIND, model, error)
    return None


def save_thresholds(models_dir: Path, thresholds: Thresholds) -> Path:
    """Keep thresholds in the models folder. Raises OSError."""
    return keep_measurement(models_dir, _KIND, thresholds.model, asdict(thresholds))
