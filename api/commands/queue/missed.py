"""`ringback queue missed|revive`: calls whose callers said nothing, and the way back from that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from api.commands.queue.stores import find, me, stores


def missed(
    name: Annotated[str | None, typer.Option("--queue", help="One queue only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 30,
) -> None:
    """Show the missed calls: messages in which nobody speaks, the newest first."""
    from api.commands.queue.view import read_here, short_id
    from api.known_names import require_names
    from callbacks.missed_calls import list_missed
    from callbacks.schedule.local_time import zone_of
    from customers.customer import load, shown_number
    from runtime.sql.database import reading
    from voicemail.mailbox import voicemails_of_callback

    with stores() as wiring, reading(wiring.database) as connection:
        require_names(connection, wiring.company(), (), queues=[name] if name else [])
        found = list_missed(connection, name, limit)
        people = load(connection, list({callback.customer_id for callback in found}))
        messages = voicemails_of_callback(connection, [callback.id for callback in found])
        company = wiring.company()
    for callback in found:
        newest = messages[callback.id][-1]
        who = (
            f"{people[callback.customer_id].name} {shown_number(callback.number, people[callback.customer_id])}".strip()
        )
        left_at = read_here(newest.recorded_at, zone_of(company, callback.queue))
        typer.echo(f"{left_at}  {who}  {callback.queue}  {newest.length}  {short_id(callback)}")
    typer.echo("`ringback queue revive ID` rings one back after all." if found else "No missed calls.")


def revive(
    callback_id: Annotated[str, typer.Argument(help="The callback's id, or its end, which `missed` shows.")],
) -> None:
    """Ring a missed call back after all, by the promise that it had."""
    from callbacks import missed_calls
    from runtime.sql.database import writing

    with stores() as wiring:
        wanted = find(wiring.database, callback_id).id
        with writing(wiring.database) as connection:
            revived = missed_calls.revive(connection, wanted, me(), datetime.now(UTC))
    typer.echo(f"{revived.id} is {revived.state} again.")
