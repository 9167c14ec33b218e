"""`ringback backup` and `ringback restore`: copy the data folder of one machine, and put it back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="The folder of the copy.")]


def backup(folder: Folder) -> None:
    from runtime.backup import BackupRefused, back_up
    from runtime.config import load_settings

    try:
        made = back_up(load_settings(), folder)
    except BackupRefused as error:
        typer.echo(f"Not copied: {error}.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Copied to {made.folder}: the database and {made.recordings} recordings, {made.bytes / 1e6:.1f} MB.")


def restore(folder: Folder) -> None:
    from runtime.backup import BackupRefused
    from runtime.backup import restore as put_back
    from runtime.config import load_settings

    settings = load_settings()
    try:
        made_at = put_back(settings, folder)
    except BackupRefused as error:
        typer.echo(f"Not restored: {error}.", err=True)
        raise typer.Exit(1) from None
    typer.echo(
        f"Restored to {settings.data_dir} as of {made_at}. Start the server; the reconciler asks the provider for newer calls."
    )
