"""Turns that are all new, and the calls that begin with them, in one statement of PostgreSQL: new_turns.py in its words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from customers.tables import customer_numbers, customers, history
from ivr.journal.turn_record import TurnRecord
from ivr.new_turns import CALL, LINE, TURN, rows_of
from ivr.tables import calls, turns
from runtime.sql.bulk import in_ms

_COLUMNS: Final = (
    *((f"turn_{name}", turns.c[name]) for name in TURN),
    ("stranger", customers.c.id),
    *((f"call_{name}", calls.c[name]) for name in CALL),
    *((f"line_{name}", history.c[name]) for name in LINE),
)


def statement(records: Sequence[TurnRecord]) -> tuple[str, list[Any]]:
    """What writes turns of which nothing follows, and the calls that begin in them; and its value.

    It writes nothing when one of the turns or of the calls stands there already.
    """
    names = [name for name, _ in _COLUMNS]
    rows = [dict(zip(names, row, strict=False)) for row in rows_of(records)]
    document = orjson.dumps(rows, default=in_ms, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    return _statement(), [document]


@cache
def _statement() -> str:
    types = ", ".join(f"{name} {_type_of(column)}" for name, column in _COLUMNS)
    known = f"SELECT customer_id FROM {customer_numbers.name} WHERE number = given.call_from_number"  # noqa: S608 - our own
    # Of those who ring from one unknown number at once one is the stranger that all are.
    stranger = (
        "CASE WHEN call_from_number IS NULL THEN stranger ELSE min(stranger) OVER (PARTITION BY call_from_number) END"
    )
    # In the order of their numbers, so that two such statements do not wait for each other.
    return f"""
WITH given AS MATERIALIZED (SELECT * FROM json_to_recordset(CAST(%s AS json)) AS listed ({types})),
begun AS MATERIALIZED (SELECT given.*, coalesce(({known}), {stranger}) AS owner FROM given
  WHERE stranger IS NOT NULL ORDER BY call_from_number),
strangers AS (INSERT INTO {customers.name} (id, name, created_at)
  SELECT stranger, '', turn_at FROM begun WHERE owner = stranger),
numbered AS (INSERT INTO {customer_numbers.name} (number, customer_id, source, added_at)
  SELECT call_from_number, stranger, 'caller_id', turn_at FROM begun
  WHERE call_from_number IS NOT NULL AND owner = stranger),
called AS (INSERT INTO {calls.name} ({", ".join(CALL)}, customer_id)
  SELECT {_prefixed("call", CALL)}, owner FROM begun),
told AS (INSERT INTO {history.name} ({", ".join(LINE)}, customer_id)
  SELECT {_prefixed("line", LINE)}, owner FROM begun)
INSERT INTO {turns.name} ({", ".join(TURN)}) SELECT {_prefixed("turn", TURN)} FROM given"""  # noqa: S608 - our own names


def _prefixed(prefix: str, names: Sequence[str]) -> str:
    return ", ".join(f"{prefix}_{name}" for name in names)


def _type_of(column: sa.Column[Any]) -> str:
    return column.type.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
