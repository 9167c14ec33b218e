"""Calls that begin: their rows, their customers and the first line of their history, in the transaction of their first turn.

On SQLite turn and call are one statement (turn_writer.py). Whoever needs the row of a call of which only the turn could be
written opens it here (`ensure_call`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from customers import customer, history
from customers.phone import spoken_form
from flows.events import CallStarted
from ivr.journal.turn_record import CallFacts, TurnRecord, record_of
from ivr.tables import calls, turns
from runtime.ids import dated_id
from runtime.sql.bulk import insert_many_once
from runtime.sql.database import insert_once


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a call when it begins."""

    call: CallFacts
    flow: str
    version: str
    language: str
    at: datetime


def openings_of(records: Iterable[TurnRecord]) -> list[Opening]:
    """The calls that began in these turns."""
    return [
        Opening(record.call, event.flow, event.version, event.language, record.at)
        for record in records
        for event in record.events
        if isinstance(event, CallStarted)
    ]


def open_calls(connection: Connection, openings: Sequence[Opening]) -> None:
    """Write the rows of calls with their customers and the first line of their history; what stands already stays."""
    if not openings:
        return
    numbers = {each.call.call_id: each.call.from_number for each in openings}
    owners = customer.of_calls(connection, numbers, openings[0].at)
    insert_many_once(connection, calls, [call_row(each, owners[each.call.call_id]) for each in openings])
    history.record_many(connection, [began_row(each, owners[each.call.call_id]) for each in openings])


def ensure_call(connection: Connection, call: CallFacts, language: str, at: datetime) -> Any:
    """The row of a call, made now if it is not there: of its first turn, or without a flow when nothing of ours spoke with it."""
    by_id = sa.select(calls).where(calls.c.id == call.call_id)
    row = connection.execute(by_id).one_or_none()
    if row is None:
        if not open_begun(connection, call):
            owner = customer.of_call(connection, call.from_number, call.call_id, at)
            insert_once(connection, calls, **call_row(Opening(call, "", "", language, at), owner))
        row = connection.execute(by_id).one()
    return row


def open_begun(connection: Connection, call: CallFacts) -> bool:
    """Open a call whose first turn stands in the journal; False when none does. Raises nothing for one that is open."""
    first = sa.select(turns).where(turns.c.call_id == call.call_id).order_by(turns.c.turn).limit(1)
    found = connection.execute(first).one_or_none()
    openings = openings_of([record_of(call, found)]) if found is not None else []
    open_calls(connection, openings)
    return bool(openings)


def call_row(opening: Opening, customer_id: str) -> dict[str, Any]:
    """A call as it begins, as a row of `calls`."""
    call = opening.call
    return {
        "id": call.call_id,
        "provider_call_id": call.provider_call_id,
        "direction": call.direction,
        "from_number": call.from_number,
        "to_number": call.to_number,
        "customer_id": customer_id,
        "flow": opening.flow,
        "flow_version": opening.version,
        "language": opening.language,
        "status": "in_progress",
        "started_at": opening.at,
    }


def began_row(opening: Opening, customer_id: str) -> dict[str, Any]:
    """The first line of a call's history."""
    call = opening.call
    kind = "call.started"
    row = history.event_row(
        customer_id,
        opening.at,
        kind,
        f"Rang {spoken_form(call.to_number)} from {spoken_form(call.from_number)}",
        key=(call.call_id,),
        call_id=call.call_id,
        data={"flow": opening.flow, "flow_version": opening.version},
    )
    # Whose call it is may be known in SQL only; the moment is that of the first turn, which the journal keeps.
    return row | {"id": dated_id("hi", opening.at, kind, call.call_id)}
