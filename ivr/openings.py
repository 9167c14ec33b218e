"""Calls that began: their rows, their customers and the first line of their history, written just after the answer went out.

A first turn is durable by itself, and the same transaction leaves a note in the outbox that names the calls:
if the writer dies before their rows are written, another process writes them. As a rule it takes some milliseconds, and who
needs the row of a call sooner opens it here (`ensure_call`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from customers import customer, history
from customers.phone import spoken_form
from flows.events import CallStarted
from ivr.tables import calls, turns
from ivr.turn_record import CallFacts, TurnRecord, record_of
from runtime.bulk import insert_many_once
from runtime.database import insert_once, writing
from runtime.outbox import outbox

log = structlog.get_logger()

KIND = "calls.begun"
# So long the note is left to the process that wrote it.
OURS = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a call when it begins."""

    call: CallFacts
    flow: str
    version: str
    language: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in the outbox of calls that began, until their rows are written."""

    openings: tuple[Opening, ...]
    at: datetime

    kind = KIND

    @property
    def not_before(self) -> datetime:
        return self.at + OURS

    @property
    def payload(self) -> dict[str, Any]:
        return {"calls": [_facts(each.call) for each in self.openings]}


def openings_of(records: Iterable[TurnRecord]) -> list[Opening]:
    """The calls that began in these turns."""
    return [
        Opening(record.call, event.flow, event.version, event.language, record.at)
        for record in records
        for event in record.events
        if isinstance(event, CallStarted)
    ]


def note(openings: Sequence[Opening], at: datetime) -> Note | None:
    """The note of calls that began, for the transaction of their first turns; None if none did."""
    return Note(tuple(openings), at) if openings else None


def entries_of(connection: Connection, notes: Sequence[Note]) -> list[int]:
    """Where notes stand in the outbox: beside those that other processes wrote at the time, told apart by their calls."""
    moments = [each.not_before for each in notes]
    ours = {each.openings[0].call.call_id for each in notes}
    query = sa.select(outbox.c.id, outbox.c.payload).where(
        outbox.c.kind == KIND, outbox.c.not_before.between(min(moments), max(moments))
    )
    return [row.id for row in connection.execute(query) if row.payload["calls"][0][0] in ours]


def open_again(engine: Engine) -> Callable[[dict[str, Any]], None]:
    """The outbox handler of notes, whose calls are opened from the journal: each by itself, so that one cannot hold others up."""

    def handle(payload: dict[str, Any]) -> None:
        failed: Exception | None = None
        for facts in payload["calls"]:
            call = CallFacts(*facts)
            try:
                with writing(engine) as connection:
                    open_begun(connection, call)
            except OperationalError:
                raise
            except Exception as error:
                log.exception("call.not_opened", call_id=call.call_id)
                failed = error
        if failed is not None:
            raise failed

    return handle


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


def _facts(call: CallFacts) -> tuple[str | None, ...]:
    return call.call_id, call.provider_call_id, call.from_number, call.to_number, call.direction


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
    return history.event_row(
        customer_id,
        opening.at,
        "call.started",
        f"Rang {spoken_form(call.to_number)} from {spoken_form(call.from_number)}",
        key=(call.call_id,),
        call_id=call.call_id,
        data={"flow": opening.flow, "flow_version": opening.version},
        dated=True,  # the moment is that of the first turn, which the journal keeps
    )
