"""`ringback doctor`: checks the installation, one line a finding, with the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from api.doctor.checkup import Finding
    from runtime.config import Settings

_MARKS = {"good": ("✓", typer.colors.GREEN), "doubtful": ("!", typer.colors.YELLOW), "wrong": ("✗", typer.colors.RED)}


def doctor(
    here: Annotated[
        bool, typer.Option("--here", help="Only this machine: settings, data folder, SQL, Redis, flows.")
    ] = False,
) -> None:
    """Check the installation and name the remedies. It changes nothing, and exits with 1 when something is wrong.

    Run it with the settings of the api, on the same machine, while Ringback runs.
    """
    from runtime.config import load_settings

    is_wrong = False
    for finding in examine(load_settings(), only_here=here):
        mark, colour = _MARKS[finding.verdict]
        typer.echo(f"{typer.style(mark, fg=colour, bold=True)} {finding.subject:<14}  {finding.says}")
        if finding.remedy:
            typer.echo(f"{'':<16}  → {finding.remedy}")
        is_wrong |= finding.verdict == "wrong"
    if is_wrong:
        raise typer.Exit(1)


def examine(settings: Settings, *, only_here: bool = False) -> Iterator[Finding]:
    """The findings, one by one. Checks that need a missing part are left out.

    `only_here` leaves out the connection to the provider.
    """
    import os

    from api.doctor import checkup, reachability
    from ivr.published_flows import PublishedFlows
    from runtime.redis import open_redis
    from runtime.sql.database import open_database

    yield from checkup.check_settings(settings, os.environ)
    yield checkup.check_data_folder(settings)
    yield checkup.check_retention(settings)
    database = checkup.check_database(settings)
    yield database
    queue = open_redis(settings.queue_url)
    yield from checkup.check_queue(settings, queue)
    engine = open_database(settings.sql_url) if database.verdict == "good" else None
    if engine is not None:
        published_flows = PublishedFlows(engine)
        yield from checkup.check_flows(published_flows)
        yield from checkup.check_models(settings.models_dir, published_flows)
        yield checkup.check_users(engine)
    yield from reachability.check_clocks(engine, queue)
    if not only_here:
        yield from _the_way_to_the_provider(settings)
    queue.close()
    if engine is not None:
        engine.dispose()


def _the_way_to_the_provider(settings: Settings) -> Iterator[Finding]:
    import httpx2

    from api.commands.account import with_provider
    from api.doctor import reachability

    yield reachability.check_public_url(settings)
    with httpx2.Client(timeout=reachability.PATIENCE_SECONDS, follow_redirects=False) as client:
        if settings.has_provider:
            yield from reachability.check_provider(settings, client)
            yield reachability.check_door(settings, client)
        else:
            line = reachability.check_line(settings, client)
            yield line
            if line.verdict == "good":
                yield reachability.check_door(with_provider(settings), client)
