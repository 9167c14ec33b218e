"""Sample messages for a caller who has no recording at hand: one in each language that ships, spoken by espeak-ng."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).with_name("samples")
LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.wav")))


def sample_message(language: str) -> Path:
    """The sample in a language such as `lv` or `lv-LV`; English where there is none."""
    base = language.split("-", 1)[0].lower()
    return _FOLDER / f"{base if base in LANGUAGES else 'en'}.wav"
