"""`ringback backup` and `ringback restore`: copy the data folder of one machine, and put it back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="The folder of the copy.")]
Keep = Annotated[
    int | None, typer.Option(min=1, max=1000, help="Make a dated copy in the folder, and keep this many of them.")
]


def backup(folder: Folder, keep: Keep = None) -> None:
    """Copy the data folder of this machine, while it runs."""
    from datetime import UTC, datetime

    from runtime.backup import BackupRefused, back_up, back_up_dated
    from runtime.config import load_settings

    settings = load_settings()
    try:
        made = back_up(settings, folder) if keep is None else back_up_dated(settings, folder, keep, datetime.now(UTC))
    except BackupRefused as error:
        typer.echo(f"Not copied: {error}.", err=True)
        raise typer.Exit(1) from None
    messages = "1 message" if made.messages == 1 else f"{made.messages} messages"
    files = "1 audio file" if made.recordings == 1 else f"{made.recordings} audio files"
    typer.echo(f"Copied to {made.folder}: the database with {messages}, and {files}, {made.bytes / 1e6:.1f} MB.")
    if made.removed:
        typer.echo(f"Removed {made.removed} older {'copy' if made.removed == 1 else 'copies'}.")


def restore(folder: Folder) -> None:
    """Restore a copy into an empty data folder."""
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
