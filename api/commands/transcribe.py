"""`ringback transcribe`: transcribe a recording by hand, exactly as messages are."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from api.commands.own_words import CompanyOption, OwnWordsUnreadable, WordsOption, read_own_words
from runtime.config import load_settings

if TYPE_CHECKING:
    from voicemail.audio.recording_audio import Sound
    from voicemail.recognition.transcriber import Transcription


def transcribe(
    file: Annotated[Path, typer.Argument(help="WAV (PCM, µ-law, A-law), MP3, OGG or FLAC.")],
    language: Annotated[str, typer.Option("--language", "-l", help="The language spoken, such as en.")],
    as_json: Annotated[bool, typer.Option("--json", help="Words with times and confidences.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Without the front end, as Vosk alone transcribes it.")
    ] = False,
    words: WordsOption = None,
    company: CompanyOption = None,
) -> None:
    """Transcribe a recording."""
    from voicemail.audio.decoders import DecoderUnusable
    from voicemail.audio.recording_audio import AudioUnreadable, examine
    from voicemail.enhancement.frontend import restore
    from voicemail.models.installed import ModelMissing
    from voicemail.models.loaded import ModelUnusable
    from voicemail.own_words.thresholds import load_thresholds
    from voicemail.recognition.doubt import doubt_of
    from voicemail.recognition.transcriber import Transcriber

    if not file.is_file():
        _give_up(f"There is no file {file}.")
    try:
        models_dir = load_settings().models_dir
        own_words = read_own_words(words, company, language, models_dir)
        sound = examine(file)
        written = Transcriber(models_dir, None if plain else restore).transcribe(sound, language, own_words=own_words)
    except (AudioUnreadable, ModelMissing, ModelUnusable) as error:
        _give_up(f"{file}: {error}")
    except OwnWordsUnreadable as error:
        _give_up(str(error))
    except DecoderUnusable:
        _give_up(f"{file}: the decoder does not start on this machine. Install Ringback again: script/bootstrap.")
    except OSError as error:
        _give_up(f"{file}: {error.strerror or error}. Nothing was written.")
    thresholds = load_thresholds(models_dir, written.transcript.model)
    if own_words and (thresholds is None or not thresholds.is_on):
        typer.echo(
            f"Own words were not used: no measurement shows that they help with {written.transcript.model}. "
            "`ringback words calibrate FOLDER --words FILE` measures it.",
            err=True,
        )
    if sound.fault:
        typer.echo(f"{file}: {sound.fault}", err=True)
    if doubt := doubt_of(written.transcript):
        typer.echo(f"{file}: {doubt}", err=True)
    if not written.is_whole:
        typer.echo(f"{file}: Only the first 30 minutes of speech were transcribed.", err=True)
    typer.echo(_as_json(sound, written) if as_json else written.transcript.text or "(no speech)")


def _as_json(sound: Sound, written: Transcription) -> str:
    result = asdict(written.transcript) | {
        "seconds": round(sound.seconds, 3),
        "speech_seconds": round(written.speech_seconds, 3),
    }
    return json.dumps(result, ensure_ascii=False, indent=2)


def _give_up(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)
