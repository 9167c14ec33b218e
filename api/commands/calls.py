"""`ringback calls`: the calls of callers, the newest first, also those that left nothing."""

from __future__ import annotations

from typing import Annotated

import typer


def calls(
    left_nothing: Annotated[
        bool, typer.Option("--left-nothing", help="Only callers who hung up without a message or a request.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 30,
) -> None:
    """Show the calls, the newest first."""
    from api.commands.queue.stores import stores
    from api.commands.queue.view import read_here
    from callbacks.schedule.local_time import zone_of
    from customers.phone import spoken_form
    from ivr.calls.call_list import list_calls
    from runtime.sql.database import reading

    with stores() as wiring, reading(wiring.database) as connection:
        found = list_calls(connection, limit, left_nothing=left_nothing)
        zone = zone_of(wiring.company(), "")
    for call in found:
        lasted = "under way" if call.seconds is None else f"{call.seconds} s"
        outcome = (call.outcome or call.status).replace("_", " ")
        came_at = read_here(call.started_at, zone)
        typer.echo(f"{came_at}  {spoken_form(call.from_number)}  {call.flow}  {lasted}  {outcome}  {call.id}")
    if not found:
        typer.echo("No calls.")
