"""`ringback words`: how well words are heard here, and what their confidences are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from runtime.config import load_settings

app = typer.Typer(help="How well words are heard here.", no_args_is_help=True)


@app.callback()
def words() -> None:
    """How well words are heard here."""


@app.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(help="Messages and a manifest.tsv with the columns file and transcript.")],
    language: Annotated[str, typer.Option("--language", "-l", help="The language spoken, such as en.")],
) -> None:
    """Learn from messages whose words are known how sure the model of their language may be; later messages use it.

    Half of them are learnt from and the other half tells whether it helps; then all of them are learnt from and kept.
    """
    # Here, because the libraries behind them are large and the other commands should not wait for them.
    from voicemail.audio import AudioUnreadable
    from voicemail.clips import ManifestUnreadable, read_clips
    from voicemail.confidence import TooFewWords, save_calibration
    from voicemail.models import ModelMissing
    from voicemail.schooling import school
    from voicemail.transcriber import ModelUnusable, Transcriber

    models_dir = load_settings().models_dir
    try:
        clips = read_clips(folder)
        with typer.progressbar(clips, label="Listening") as listening:
            schooled = school(Transcriber(models_dir), listening, language)
    except (AudioUnreadable, ManifestUnreadable, ModelMissing, ModelUnusable, TooFewWords) as error:
        _give_up(f"{folder}: {error}")
    typer.echo(
        f"{schooled.calibration.words} words, {schooled.share_right:.0%} of them right. Expected calibration error on the half "
        f"not learnt from: {schooled.error_before:.3f} before, {schooled.error_after:.3f} after."
    )
    typer.echo(
        f"Kept in {save_calibration(models_dir, schooled.calibration)}; a running worker takes it up when it starts again."
    )


def _give_up(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)
