"""What was measured for a model: JSON files, those measured on this machine before those that Ringback ships."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()

_FOLDER = "calibrations"  # in the models folder


def measured(models_dir: Path, shipped: Path, kind: str, model: str) -> Iterator[dict[str, Any]]:
    """The measurements of a kind for a model, the best first. A file that cannot be read is reported and skipped."""
    for folder in (models_dir / _FOLDER, shipped):
        path = folder / _file_name(kind, model)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            report_unreadable(kind, model, error)
            continue
        if isinstance(content, dict):
            yield content


def keep_measurement(models_dir: Path, kind: str, model: str, content: dict[str, Any]) -> Path:
    """Keep a measurement in the models folder, for this and every later worker. Raises OSError."""
    path = models_dir / _FOLDER / _file_name(kind, model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def report_unreadable(kind: str, model: str, error: Exception) -> None:
    """Say in the log that a measurement is not used."""
    log.warning("models.measurement_unreadable", kind=kind or "confidence", model=model, reason=repr(error)[:200])


def _file_name(kind: str, model: str) -> str:
    return ".".join(filter(None, (kind, re.sub(r"[^\w.-]+", "-", model), "json")))
