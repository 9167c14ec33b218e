"""Turns read back: where a call stands, and what happened in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ivr.journal.turn_record import CallFacts, TurnRecord, record_of
from ivr.tables import turns


def load_turn(connection: Connection, call: CallFacts, turn: int) -> TurnRecord | None:
    """Read one turn back."""
    return _record(connection, call, _of(call.call_id).where(turns.c.turn == turn))


def first_turn(connection: Connection, call: CallFacts) -> TurnRecord | None:
    """The turn in which a call began."""
    return _record(connection, call, _of(call.call_id).order_by(turns.c.turn).limit(1))


def last_turn(connection: Connection, call: CallFacts) -> TurnRecord | None:
    """The newest turn of a call: where it stands, when a hang-up comes without its token."""
    return _record(connection, call, _of(call.call_id).order_by(turns.c.turn.desc()).limit(1))


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
    return [
        TurnEntry(row.turn, row.at, row.session.get("node", ""), row.input, row.events)
        for row in connection.execute(_of(call_id).order_by(turns.c.turn))
    ]


def _of(call_id: str) -> sa.Select[Any]:
    return sa.select(turns).where(turns.c.call_id == call_id)


def _record(connection: Connection, call: CallFacts, query: sa.Select[Any]) -> TurnRecord | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else record_of(call, row)
