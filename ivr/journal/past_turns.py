"""Turns read back: where a call stands, what happened in it, and what follows from it once more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from ivr.journal.turn_record import CallFacts, TurnRecord, record_of
from ivr.openings import open_calls, openings_of
from ivr.tables import turns
from runtime.sql.database import writing
from runtime.sql.outbox import enqueue

KIND = "turn.effects"

# Writes the rows that follow from records within the transaction that wrote them, and says whether there were any.
Apply = Callable[[Connection, Sequence[TurnRecord]], bool]


def load_turn(connection: Connection, call: CallFacts, turn: int) -> TurnRecord | None:
    """Read one turn back."""
    query = sa.select(turns).where(turns.c.call_id == call.call_id, turns.c.turn == turn)
    row = connection.execute(query).one_or_none()
    return None if row is None else record_of(call, row)


def last_turn(connection: Connection, call: CallFacts) -> TurnRecord | None:
    """The newest turn of a call: where it stands, when a hang-up comes without its token."""
    query = sa.select(turns).where(turns.c.call_id == call.call_id).order_by(turns.c.turn.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else record_of(call, row)


@dataclass(frozen=True, slots=True)
class TurnEntry:
    """A turn as it stands in the journal, for reading: `node` is where the call waited after it."""

    turn: int
    at: datetime
    node: str
    input: dict[str, Any]
    events: list[dict[str, Any]]


def turns_of(connection: Connection, call_id: str) -> list[TurnEntry]:
    """All turns of a call in order."""
    query = sa.select(turns).where(turns.c.call_id == call_id).order_by(turns.c.turn)
    return [
        TurnEntry(row.turn, row.at, row.session.get("node", ""), row.input, row.events)
        for row in connection.execute(query)
    ]


def follow_later(connection: Connection, record: TurnRecord) -> None:
    """Leave what follows from a turn to the outbox."""
    call = record.call
    enqueue(connection, KIND, {"call_id": call.call_id, "turn": record.turn, "call": asdict(call)})


def follow_again(engine: Engine, apply: Apply) -> Callable[[dict[str, Any]], None]:
    """The outbox handler of `follow_later`: write what follows from a stored turn once more."""

    def handle(payload: dict[str, Any]) -> None:
        call = CallFacts(**payload["call"])
        with writing(engine) as connection:
            record = load_turn(connection, call, payload["turn"])
            if record is not None:
                open_calls(connection, openings_of([record]))
                apply(connection, [record])

    return handle
