"""`ringback migrate`: update the tables, and publish the flows if none were ever published."""

from __future__ import annotations

from typing import Annotated

import typer


def migrate(
    new: Annotated[bool, typer.Option("--new", help="Make a new installation if there is none.")] = False,
) -> None:
    """Update the tables of the database."""
    from api.first_start import prepare
    from runtime.config import ConfigurationError, load_settings
    from runtime.sql.migrate import no_installation

    settings = load_settings()
    missing = no_installation(settings)
    if missing and not new:
        raise ConfigurationError(f"{missing}; `ringback migrate --new` makes one there")
    published = prepare(settings)
    typer.echo("The tables are up to date.")
    if published:
        typer.echo(f"Published for the first time: {', '.join(published)}")
