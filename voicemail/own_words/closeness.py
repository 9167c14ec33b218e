"""Closeness: how like an own word something must sound to be taken for it, measured for each model.

Without a measurement that shows that it helps and does no harm, own words change nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from voicemail.recognition.confidence import file_name

log = structlog.get_logger()

_SHIPPED = Path(__file__).parent / "calibrations"


@dataclass(frozen=True, slots=True)
class Closeness:
    """Rates (distance by an own word's sounds) up to which it is taken at once, and up to which the place is heard again.

    Either only where the recogniser was less sure than `unsure` of one of the words; words of fewer than `near_sounds` sounds
    are never taken at once. `right` is the share that was right of the words found so. Not `is_on`: the measurement found harm,
    or no gain.
    """

    model: str
    is_on: bool
    near: float
    near_sounds: int
    far: float
    unsure: float
    right: float


def unproven(model: str) -> Closeness:
    """The rates to measure a model with: those chosen on the Korean clips (docs/words.md)."""
    return Closeness(model, is_on=True, near=0.18, near_sounds=6, far=0.28, unsure=0.8, right=0.5)


def load_closeness(models_dir: Path, model: str) -> Closeness | None:
    """What was measured for a model, None if nothing was; measured here comes before what Ringback ships."""
    for folder in (models_dir / "calibrations", _SHIPPED):
        path = folder / _name(model)
        try:
            return Closeness(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, TypeError) as error:
            log.warning("closeness.unreadable", path=str(path), reason=repr(error)[:200])
    return None


def save_closeness(models_dir: Path, closeness: Closeness) -> Path:
    """Keep it in the models folder, for this and every later worker."""
    path = models_dir / "calibrations" / _name(closeness.model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(closeness)), encoding="utf-8")
    return path


def _name(model: str) -> str:
    return "own-words." + file_name(model)
