"""How many words hold on a telephone: plain Vosk beside Ringback, on clips spoilt as telephones spoil them.

    python -m bench.words [FOLDER] [--language ko] [--model PATH] [--runs 3] [--conditions "steep band,8 kHz"]

FOLDER has a manifest.tsv (`file`, `transcript`). Rates are errors by all characters or words of the clips, the mean of the
runs. The 95 % intervals are over the clips, by bootstrap. Clips are dealt to halves A and B in turn; the shipped calibration
was made of A, and the front end's figures were chosen on it (docs/words.md says where B was looked at too).
"""

from __future__ import annotations

import tempfile
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from bench.recognition.conditions import chosen
from bench.recognition.hearing import Heard, Hearing, is_wide, wide
from runtime.config import load_settings
from voicemail.audio.recording_audio import NARROW_HZ, WIDE_HZ
from voicemail.enhancement.frontend import restore
from voicemail.evaluation.clips import Clip, read_clips
from voicemail.models.installed import find_model
from voicemail.recognition.confidence import expected_calibration_error

_SHARED = Path(__file__).parents[2] / "shared" / "audio" / "ko" / "16k"
_RESAMPLES = 2_000
_HEAD = f"{'':18} | CER plain  95 %      | CER ours   95 %      | ratio |    A    B | WER plain ours"


def main(
    folder: Annotated[Path, typer.Argument(help="Clips and their manifest.tsv.")] = _SHARED,
    language: Annotated[str, typer.Option(help="The language spoken.")] = "ko",
    model: Annotated[Path | None, typer.Option(help="The folder of a model, instead of the installed one.")] = None,
    runs: Annotated[int, typer.Option(min=1)] = 3,
    conditions: Annotated[str, typer.Option(help="Names separated by commas; default: all.")] = "",
) -> None:
    """Print the table."""
    clips = read_clips(folder)
    half_of = {clip.path.name: "AB"[number % 2] for number, clip in enumerate(clips)}
    everything: list[Heard] = []
    with tempfile.TemporaryDirectory() as scratch:
        models_dir = load_settings().models_dir
        if model is not None:
            models_dir = Path(scratch) / "models"
            models_dir.mkdir()
            (models_dir / language).symlink_to(model.resolve())
        found = find_model(models_dir, language)
        if found is None:
            raise SystemExit(f"There is no {language} model in {models_dir}; name one with --model.")
        hearing = Hearing(models_dir, found, Path(scratch))
        print(f"{len(clips)} clips of {folder.name}/, {runs} runs, {found.name}\n\n{_HEAD}")
        for condition in chosen(conditions):
            # A narrow recording does not become a wide one.
            usable = [clip for clip in clips if condition.rate_hz < WIDE_HZ or is_wide(clip.path)]
            heard = [hearing.hear(clip, condition) for clip in usable for _ in range(runs)]
            if heard:
                print(_row(condition.name, heard, half_of), flush=True)
            everything += heard
    share = hearing.front_end_seconds / hearing.recognition_seconds
    print(
        f"\nfront end: {share:.1%} of the time of recognition, {_peak_mb(clips):.0f} MB for a message of five minutes"
    )
    for half in "AB":
        print(_reliability(half, [heard for heard in everything if half_of[heard.clip] == half]))


def _row(name: str, heard: Sequence[Heard], half_of: dict[str, str]) -> str:
    plain, ours = _rate(heard, _plain), _rate(heard, _ours)
    low, high = _interval(heard, _plain)
    our_low, our_high = _interval(heard, _ours)
    halves = [[one for one in heard if half_of[one.clip] == half] for half in "AB"]
    ratios = [_rate(half, _ours) / max(_rate(half, _plain), 1e-9) if half else float("nan") for half in halves]
    spoken = sum(one.words for one in heard)
    return (
        f"{name:18} | {plain:.3f} ({low:.2f}-{high:.2f})   | {ours:.3f} ({our_low:.2f}-{our_high:.2f})   | "
        f"{ours / max(plain, 1e-9):5.2f} | {ratios[0]:4.2f} {ratios[1]:4.2f} | "
        f"{sum(one.plain_words for one in heard) / spoken:9.2f} {sum(one.our_words for one in heard) / spoken:4.2f}"
    )


def _plain(heard: Heard) -> int:
    return heard.plain_characters


def _ours(heard: Heard) -> int:
    return heard.our_characters


def _rate(heard: Sequence[Heard], wrong: Callable[[Heard], int]) -> float:
    return sum(wrong(one) for one in heard) / sum(one.characters for one in heard)


def _interval(heard: Sequence[Heard], wrong: Callable[[Heard], int]) -> tuple[float, float]:
    # Runs of one clip are no new evidence: clips are drawn, with all their runs.
    names = sorted({one.clip for one in heard})
    counts = np.array([sum(wrong(one) for one in heard if one.clip == name) for name in names])
    sizes = np.array([sum(one.characters for one in heard if one.clip == name) for name in names])
    drawn = np.random.default_rng(1).integers(0, len(names), (_RESAMPLES, len(names)))
    low, high = np.quantile(counts[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), (0.025, 0.975))
    return float(low), float(high)


def _reliability(half: str, heard: Sequence[Heard]) -> str:
    shown = [word for one in heard for word in one.shown]
    right = [word.is_right for word in shown]
    before = expected_calibration_error([word.plain_confidence for word in shown], right)
    after = expected_calibration_error([word.confidence for word in shown], right)
    return f"confidence, half {half}: expected calibration error {before:.3f} before, {after:.3f} after ({len(shown)} words)"


def _peak_mb(clips: Sequence[Clip]) -> float:
    message = np.concatenate([wide(clip.path)[::2] for clip in clips])
    pieces = np.array_split(np.resize(message, 5 * 60 * NARROW_HZ), 40)
    tracemalloc.start()
    for _ in restore(lambda: pieces, NARROW_HZ)[0]:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


if __name__ == "__main__":
    typer.run(main)
