"""`ringback words`: how well words are heard here, and what their confidences are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from api.commands.own_words import CompanyOption, OwnWordsUnreadable, WordsOption, read_own_words
from runtime.config import load_settings

app = typer.Typer(help="How well words are heard here.", no_args_is_help=True)


@app.callback()
def words() -> None:
    """How well words are heard here."""


@app.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(help="Messages and a manifest.tsv with the columns file and transcript.")],
    language: Annotated[str, typer.Option("--language", "-l", help="The language spoken, such as en.")],
    words: WordsOption = None,
    company: CompanyOption = None,
) -> None:
    """Learn from messages whose words are known how sure the model of their language may be; later messages use it.

    Half of them are learnt from and the other half tells whether it helps; then all of them are learnt from and kept. With
    the business's own words it is also measured whether these help, and kept whether they are used.
    """
    # Here, because the libraries behind them are large and the other commands should not wait for them.
    from voicemail.audio.recording_audio import AudioUnreadable
    from voicemail.evaluation.calibration import school
    from voicemail.evaluation.clips import ManifestUnreadable, read_clips
    from voicemail.evaluation.own_words_evaluation import TooFewOwnWords, prove
    from voicemail.models.installed import ModelMissing
    from voicemail.models.loaded import ModelUnusable
    from voicemail.own_words.closeness import save_closeness, unproven
    from voicemail.recognition.confidence import TooFewWords, save_calibration
    from voicemail.recognition.transcriber import Transcriber

    models_dir = load_settings().models_dir
    try:
        own_words = read_own_words(words, company, language, models_dir)
        clips = read_clips(folder)
        with typer.progressbar(clips, label="Listening") as listening:
            schooled = school(Transcriber(models_dir), listening, language)
    except OwnWordsUnreadable as error:
        _give_up(str(error))
    except (AudioUnreadable, ManifestUnreadable, ModelMissing, ModelUnusable, TooFewWords) as error:
        _give_up(f"{folder}: {error}")
    typer.echo(
        f"{schooled.calibration.words} words, {schooled.share_right:.0%} of them right. Expected calibration error on the half "
        f"not learnt from: {schooled.error_before:.3f} before, {schooled.error_after:.3f} after."
    )
    typer.echo(f"Kept in {save_calibration(models_dir, schooled.calibration)}; messages from now on are shown by it.")
    if not own_words:
        return
    try:
        trial = Transcriber(models_dir, closeness=unproven(schooled.calibration.model))
        with typer.progressbar(clips, label="Listening for own words") as listening:
            proof = prove(trial, listening, language, own_words)
    except (AudioUnreadable, ModelMissing, ModelUnusable, TooFewOwnWords) as error:
        _give_up(f"{folder}: {error}")
    tried, decoys = proof.tried, proof.decoys
    typer.echo(
        f"Own words: {tried.said} said, {tried.before} understood without them, {tried.after} with them; wrong characters "
        f"{tried.errors_before} without, {tried.errors_after} with them. With those that are not said: {decoys.errors_before} "
        f"without, {decoys.errors_after} with them."
    )
    kept = save_closeness(models_dir, proof.closeness)
    typer.echo(
        f"Own words are {'used' if proof.closeness.is_on else 'not used'} with this model from now on. Kept in {kept}."
    )


@app.command()
def correct(
    heard: Annotated[str, typer.Argument(help="What transcripts have.")],
    right: Annotated[str, typer.Argument(help="What was said.")],
    language: Annotated[str, typer.Option("--language", "-l", help="The language spoken, such as en.")],
) -> None:
    """Note what a word or a few were taken for. From the second time on later messages have it right, if own words are used."""
    from voicemail.own_words.corrections import Correction, add_corrections, learnt, load_corrections

    models_dir = load_settings().models_dir
    one = Correction(language, " ".join(heard.split()), " ".join(right.split()))
    if one not in learnt([one, one], language):
        _give_up(f"{right!r} is too short or has digits in it: it would be put where it was not said.")
    add_corrections(models_dir, [one])
    is_learnt = one in learnt(load_corrections(models_dir), language)
    typer.echo(f"Noted; {right!r} is put for {heard!r} {'from now on' if is_learnt else 'once this was noted again'}.")


def _give_up(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)
