"""`ringback words`: measures transcripts on messages whose words are known, and teaches own words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from api.commands.own_words import CompanyOption, OwnWordsUnreadable, WordsOption, read_own_words
from runtime.config import load_settings

app = typer.Typer(help="Calibrate confidences and own words for a model; correct words.", no_args_is_help=True)


@app.callback()
def words() -> None:
    """Calibrate confidences and own words for a model; correct words."""


@app.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(help="Messages and a manifest.tsv with the columns file and transcript.")],
    language: Annotated[str, typer.Option("--language", "-l", help="The language spoken, such as en.")],
    words: WordsOption = None,
    company: CompanyOption = None,
) -> None:
    """Calibrate a model's confidences on messages whose words are known; later messages use the result.

    A calibration on half of the messages is tested on the other half, and the one on all of them is kept. With the business's own
    words it is also measured whether these help, and they are used from then on if they do.
    """
    from voicemail.audio.recording_audio import AudioUnreadable
    from voicemail.evaluation.calibration import measure_confidence
    from voicemail.evaluation.clips import ManifestUnreadable, read_clips
    from voicemail.evaluation.own_words_evaluation import TooFewOwnWords, evaluate_own_words
    from voicemail.models.installed import ModelMissing
    from voicemail.models.loaded import ModelUnusable
    from voicemail.own_words.thresholds import default_thresholds, save_thresholds
    from voicemail.recognition.confidence import TooFewWords, save_calibration
    from voicemail.recognition.transcriber import Transcriber

    models_dir = load_settings().models_dir
    try:
        own_words = read_own_words(words, company, language, models_dir)
        clips = read_clips(folder)
        with typer.progressbar(clips, label="Transcribing") as transcribing:
            measured = measure_confidence(Transcriber(models_dir), transcribing, language)
    except OwnWordsUnreadable as error:
        _give_up(str(error))
    except (AudioUnreadable, ManifestUnreadable, ModelMissing, ModelUnusable, TooFewWords) as error:
        _give_up(f"{folder}: {error}")
    typer.echo(
        f"{measured.calibration.words} words, {measured.share_right:.0%} of them right. Expected calibration error on the other "
        f"half: {measured.error_before:.3f} before, {measured.error_after:.3f} after."
    )
    typer.echo(f"Kept in {save_calibration(models_dir, measured.calibration)}; it is used for messages from now on.")
    if not own_words:
        return
    try:
        trial = Transcriber(models_dir, thresholds=default_thresholds(measured.calibration.model))
        with typer.progressbar(clips, label="Transcribing with own words") as transcribing:
            report = evaluate_own_words(trial, transcribing, language, own_words)
    except (AudioUnreadable, ModelMissing, ModelUnusable, TooFewOwnWords) as error:
        _give_up(f"{folder}: {error}")
    said, unsaid = report.said, report.unsaid
    typer.echo(
        f"Own words: {said.spoken} spoken, {said.recognised_before} recognised without them, {said.recognised_after} with them; "
        f"wrong characters {said.errors_before} without, {said.errors_after} with them. With words that are not spoken: "
        f"{unsaid.errors_before} without, {unsaid.errors_after} with them."
    )
    kept = save_thresholds(models_dir, report.thresholds)
    typer.echo(
        f"Own words are {'used' if report.thresholds.is_on else 'not used'} with this model from now on. Kept in {kept}."
    )


@app.command()
def correct(
    heard: Annotated[str, typer.Argument(help="The words in transcripts.")],
    right: Annotated[str, typer.Argument(help="The words that were spoken.")],
    language: Annotated[str, typer.Option("--language", "-l", help="The language spoken, such as en.")],
) -> None:
    """Note a correction of one to three words. From the second time on it is applied to later messages, if own words are used."""
    from voicemail.own_words.corrections import Correction, add_corrections, learnt, load_corrections

    models_dir = load_settings().models_dir
    one = Correction(language, " ".join(heard.split()), " ".join(right.split()))
    if one not in learnt([one, one], language):
        _give_up(f"{right!r} is too short or has digits in it: it would replace words that were recognised rightly.")
    add_corrections(models_dir, [one])
    is_learnt = one in learnt(load_corrections(models_dir), language)
    typer.echo(f"Noted; {right!r} replaces {heard!r} {'from now on' if is_learnt else 'once this was noted again'}.")


def _give_up(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)
