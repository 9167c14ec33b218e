"""`ringback queue missed|revive`: calls whose callers said nothing, and the way back from that."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer


def missed(
    name: Annotated[str | None, typer.Option("--queue", help="One queue only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 30,
) -> None:
    """Show the missed calls: messages in which nobody speaks, the newest first."""
    from api.commands.queue_view import short_id
    from api.wiring import opened
    from callbacks.missed_calls import list_missed
    from customers.customer import load
    from customers.phone import spoken_form
    from runtime.sql.database import reading
    from voicemail.mailbox import voicemails_of_callback

    with opened("queue") as wiring, reading(wiring.database) as connection:
        found = list_missed(connection, name, limit)
        people = load(connection, list({callback.customer_id for callback in found}))
        messages = voicemails_of_callback(connection, [callback.id for callback in found])
    for callback in found:
        newest = messages[callback.id][-1]
        who = f"{people[callback.customer_id].name} {spoken_form(callback.number)}".strip()
        left_at = newest.recorded_at.astimezone()
        typer.echo(
            f"{left_at:%Y-%m-%d %H:%M}  {who}  {callback.queue}  {newest.seconds or 0:.0f} s  {short_id(callback)}"
        )
    typer.echo("`ringback queue revive ID` rings one back after all." if found else "No missed calls.")


def revive(
    callback_id: Annotated[str, typer.Argument(help="The callback's id, or its end, which `missed` shows.")],
) -> None:
    """Ring a missed call back after all, by the promise that it had."""
    from api.commands.queue_stores import find
    from api.wiring import opened
    from callbacks import missed_calls
    from callbacks.callback import CallbackError
    from runtime.sql.database import writing

    with opened("queue") as wiring:
        wanted = find(wiring.database, callback_id).id
        try:
            with writing(wiring.database) as connection:
                revived = missed_calls.revive(connection, wanted, getpass.getuser(), datetime.now(UTC))
        except CallbackError as error:
            typer.echo(f"{str(error)[0].upper()}{str(error)[1:]}", err=True)
            raise typer.Exit(1) from None
    typer.echo(f"{revived.id} is {revived.state} again.")
