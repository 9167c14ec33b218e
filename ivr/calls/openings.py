"""Calls that begin: their rows, their customers and the first line of their history, in the transaction of their first turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from customers import customer, history
from customers.phone import spoken_form
from flows.events import CallStarted
from ivr.journal.past_turns import first_turn
from ivr.journal.turn_record import CallFacts, TurnRecord
from ivr.tables import calls
from runtime.ids import dated_id
from runtime.sql.bulk import insert_many_once


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a call when it begins. `flow` and `version` are empty when nothing of ours spoke with the caller."""

    call: CallFacts
    language: str
    at: datetime
    flow: str = ""
    version: str = ""


def opening_of(record: TurnRecord) -> Opening | None:
    """The call that begins in this turn, if one does."""
    for event in record.events:
        if isinstance(event, CallStarted):
            return Opening(record.call, event.language, record.at, event.flow, event.version)
    return None


def open_calls(connection: Connection, openings: Sequence[Opening]) -> None:
    """Write the rows of calls with their customers and the first line of their history; what stands already stays."""
    if not openings:
        return
    numbers = {each.call.call_id: each.call.from_number for each in openings}
    owners = customer.of_calls(connection, numbers, openings[0].at)
    insert_many_once(connection, calls, [_call_row(each, owners[each.call.call_id]) for each in openings], "id")
    history.record_many(connection, [_began_row(each, owners[each.call.call_id]) for each in openings if each.flow])


def ensure_call(connection: Connection, call: CallFacts, language: str, at: datetime) -> Row[Any]:
    """The row of a call, made now if it is not there: of its first turn, or without a flow when nothing of ours spoke with it."""
    by_id = sa.select(calls).where(calls.c.id == call.call_id)
    row = connection.execute(by_id).one_or_none()
    if row is None:
        if not open_from_journal(connection, call):
            open_calls(connection, [Opening(call, language, at)])
        row = connection.execute(by_id).one()
    return row


def open_from_journal(connection: Connection, call: CallFacts) -> bool:
    """Open a call whose first turn stands in the journal; False when none does. One that is open stays as it is."""
    first = first_turn(connection, call)
    opening = opening_of(first) if first is not None else None
    if opening is None:
        return False
    open_calls(connection, [opening])
    return True


def _call_row(opening: Opening, customer_id: str) -> dict[str, Any]:
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


def _began_row(opening: Opening, customer_id: str) -> dict[str, Any]:
    call, kind = opening.call, "call.started"
    row = history.event_row(
        customer_id,
        opening.at,
        kind,
        f"Rang {spoken_form(call.to_number)} from {spoken_form(call.from_number)}",
        key=(call.call_id,),
        call_id=call.call_id,
        data={"flow": opening.flow, "flow_version": opening.version},
    )
    # One line a call, even when its number belongs to another customer by the time it is opened once more.
    return row | {"id": dated_id("hi", opening.at, kind, call.call_id)}
