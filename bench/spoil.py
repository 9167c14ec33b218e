"""Writes degraded copies of clips to a folder, for calibration or for listening.

python -m bench.spoil FOLDER OUT [--half A] [--conditions "gentle band,steep band"]
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import soundfile
import typer

from bench.recognition.conditions import chosen, spoilt
from voicemail.audio.recording_audio import WIDE_HZ
from voicemail.evaluation.clips import read_clips


def main(
    folder: Path,
    out: Path,
    half: Annotated[str, typer.Option(help="A, B or AB: clips belong to A and B in turn.")] = "AB",
    conditions: Annotated[str, typer.Option(help="Names separated by commas; default: all.")] = "",
) -> None:
    """Write OUT/manifest.tsv and its clips, at 16 kHz in FOLDER, under every condition."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "manifest.tsv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None)
        rows.writerow(["file", "transcript"])
        for number, clip in enumerate(read_clips(folder)):
            samples, rate = soundfile.read(clip.path, dtype="float32")
            if "AB"[number % 2] not in half or rate != WIDE_HZ:
                continue
            for place, condition in enumerate(chosen(conditions)):
                name = f"{place}_{clip.path.stem}.wav"
                soundfile.write(
                    out / name, spoilt(condition, clip.path.name, samples), condition.rate_hz, subtype="PCM_16"
                )
                rows.writerow([name, clip.transcript])


if __name__ == "__main__":
    typer.run(main)
