"""Turns that are all new, and the calls that begin with them, in one statement of SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from customers.customer import stranger_id
from customers.tables import customer_numbers, customers, history
from ivr.journal.turn_record import TurnRecord, row_of
from ivr.openings import Opening, began_row, call_row, openings_of
from ivr.tables import calls, turns
from runtime.together import ForEach, insert_of

TURN: Final = ("call_id", "turn", "at", "input", "results", "events", "session")
CALL: Final = (
    "id",
    "provider_call_id",
    "direction",
    "from_number",
    "to_number",
    "flow",
    "flow_version",
    "language",
    "status",
    "started_at",
)
LINE: Final = ("id", "at", "kind", "summary", "call_id", "data")

# Whose call it is: who has the number, or else the stranger who gets it now.
_OWNER: Final = "coalesce((SELECT customer_id FROM customer_numbers WHERE number = NEW.call_from_number), NEW.stranger)"
_IS_STRANGER: Final = f"NEW.stranger = {_OWNER}"


def _new(prefix: str, names: Sequence[str]) -> dict[str, str]:
    """Where an INSERT finds the values of a row."""
    return {name: f"NEW.{prefix}_{name}" for name in names}


_ROWS: Final = ForEach(
    "new_turns",
    [
        *(f"turn_{name}" for name in TURN),
        "stranger",
        *(f"call_{name}" for name in CALL),
        *(f"line_{name}" for name in LINE),
    ],
    always=[insert_of(turns, _new("turn", TURN))],
    when="NEW.stranger IS NOT NULL",
    then=[
        f"INSERT INTO {customers.name} (id, name, created_at) SELECT NEW.stranger, '', NEW.turn_at WHERE {_IS_STRANGER}",
        f"INSERT INTO {customer_numbers.name} (number, customer_id, source, added_at)"
        " SELECT NEW.call_from_number, NEW.stranger, 'caller_id', NEW.turn_at"
        f" WHERE NEW.call_from_number IS NOT NULL AND {_IS_STRANGER}",
        insert_of(calls, _new("call", CALL) | {"customer_id": _OWNER}),
        insert_of(history, _new("line", LINE) | {"customer_id": _OWNER}),
    ],
)
_NO_CALL: Final = [None] * (1 + len(CALL) + len(LINE))


DEFINITIONS: Final = _ROWS.definitions


def statement(records: Sequence[TurnRecord]) -> tuple[str, list[Any]]:
    """What writes turns of which nothing follows, and the calls that begin in them; and its values.

    It writes nothing when one of the turns or of the calls stands there already. A connection needs DEFINITIONS first.
    """
    return _ROWS.statement(rows_of(records))


def rows_of(records: Sequence[TurnRecord]) -> list[list[Any]]:
    """The values of TURN, and if a call begins in one of them, of all: a stranger's name, those of CALL and of LINE."""
    openings = [openings_of([record]) for record in records]
    rows = [list(row_of(record).values()) for record in records]
    if any(openings):
        return [[*row, *(_opened(began[0]) if began else _NO_CALL)] for row, began in zip(rows, openings, strict=True)]
    return rows


def _opened(opening: Opening) -> list[Any]:
    call = call_row(opening, "")
    line = began_row(opening, "")
    stranger = stranger_id(opening.call.call_id, opening.call.from_number)
    return [stranger, *[call[name] for name in CALL], *[line[name] for name in LINE]]
