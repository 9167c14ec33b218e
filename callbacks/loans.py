"""Makes claims of the index true in SQL: many loans in one statement each for callbacks, history and outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.callback import Callback
from callbacks.tables import callbacks
from callbacks.transition import CHANGED, of_row, of_values
from customers.history import event_row, record_many
from runtime.bulk import insert_many_once
from runtime.database import from_ms
from runtime.outbox import outbox


@dataclass(frozen=True, slots=True)
class Loan:
    """A callback that the index lent to an agent at `at`, who may have it until `until` if SQL still has this version ready."""

    id: str
    version: int
    holder: str
    nonce: str
    at: datetime
    until: datetime


def confirm(connection: Connection, loans: Sequence[Loan]) -> dict[str, Callback]:
    """Claim in the caller's transaction what SQL has as the index said; return the callbacks by nonce.

    Several loans at once pass over a row that another transaction holds, so that two such batches never wait for each other;
    a single one waits for it.
    """
    claim = _claim_on_postgresql if connection.dialect.name == "postgresql" else _claim_on_sqlite
    claimed = {callback.nonce: callback for callback in claim(connection, loans) if callback.nonce is not None}
    taken = [(loan, claimed[loan.nonce]) for loan in loans if loan.nonce in claimed]
    record_many(connection, [_told(loan, callback) for loan, callback in taken])
    insert_many_once(connection, outbox, [_entry(loan) for loan, _ in taken])
    return claimed


def already(connection: Connection, loan: Loan) -> Callback | None:
    """The callback, if this very loan stands in SQL: its commit was made although the word of it was lost."""
    query = sa.select(callbacks).where(callbacks.c.id == loan.id, callbacks.c.nonce == loan.nonce)
    row = connection.execute(query).one_or_none()
    return None if row is None else of_row(row)


def _told(loan: Loan, callback: Callback) -> dict[str, Any]:
    return event_row(
        callback.customer_id,
        loan.at,
        "callback.claimed",
        f"{loan.holder} took the callback",
        key=(callback.id, callback.version),
        callback_id=callback.id,
        data={"holder": loan.holder},
        dated=True,
    )


def _entry(loan: Loan) -> dict[str, Any]:
    return {"kind": CHANGED, "payload": {"id": loan.id}, "created_at": loan.at, "not_before": loan.at, "tries": 0}


def _claim_on_postgresql(connection: Connection, loans: Sequence[Loan]) -> list[Callback]:
    found = connection.execute(_claim_and_return(waits=len(loans) == 1), {"loans": _given(loans)})
    return [of_row(row) for row in found]


def _claim_on_sqlite(connection: Connection, loans: Sequence[Loan]) -> list[Callback]:
    """Read, then change: the transaction began as the only writer. Rows that an UPDATE returns come one by one (bulk.py)."""
    given = _given(loans)
    found = orjson.loads(connection.exec_driver_sql(_LOOK_ON_SQLITE, (given,)).scalar_one())
    if not found:
        return []
    connection.exec_driver_sql(_CLAIM_ON_SQLITE, (given,))
    by_id = {loan.id: loan for loan in loans}
    return [_lent(callback, by_id[callback.id]) for callback in map(of_values, found)]


def _lent(callback: Callback, loan: Loan) -> Callback:
    return replace(
        callback,
        state="claimed",
        version=callback.version + 1,
        holder=loan.holder,
        nonce=loan.nonce,
        lease_expires_at=from_ms(_ms(loan.until)),  # as SQL keeps it
    )


def _given(loans: Sequence[Loan]) -> str:
    return orjson.dumps([[loan.id, loan.version, loan.holder, loan.nonce, _ms(loan.until)] for loan in loans]).decode()


_CLAIM = """
UPDATE callbacks SET state = 'claimed', version = callbacks.version + 1,
  holder = loan.holder, nonce = loan.nonce, lease_expires_at = loan.until
FROM {loans} WHERE callbacks.id = loan.id {fence}
"""
_NAMES = callbacks.c.keys()
# The fence: what the index lent out is claimed only if SQL has it ready, and in this version. Why coalesce: tables.py, is_in.
_FENCE = "AND coalesce(callbacks.state, '') = 'ready' AND callbacks.version = loan.version"
_SQLITE_LOANS = """(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS version,
  json_extract(value, '$[2]') AS holder, json_extract(value, '$[3]') AS nonce, json_extract(value, '$[4]') AS until
  FROM json_each(?)) AS loan"""
_POSTGRESQL_LOANS = """(SELECT locked.id, locked.version, given.value->>2 AS holder, given.value->>3 AS nonce,
  CAST(given.value->>4 AS BIGINT) AS until
  FROM json_array_elements(CAST(:loans AS json)) AS given(value) JOIN callbacks AS locked ON locked.id = given.value->>0
  AND locked.version = CAST(given.value->>1 AS INTEGER) AND coalesce(locked.state, '') = 'ready'
  FOR NO KEY UPDATE OF locked {patience}) AS loan"""
_CLAIM_ON_SQLITE = _CLAIM.format(loans=_SQLITE_LOANS, fence=_FENCE)
_LOOK_ON_SQLITE = f"""SELECT json_group_array(json_array({", ".join(f"callbacks.{name}" for name in _NAMES)}))
FROM {_SQLITE_LOANS} JOIN callbacks ON callbacks.id = loan.id WHERE true {_FENCE}"""  # noqa: S608 - our own names


@cache
def _claim_and_return(*, waits: bool) -> sa.sql.expression.TextualSelect:
    loans = _POSTGRESQL_LOANS.format(patience="" if waits else "SKIP LOCKED")
    columns = ", ".join(f"callbacks.{name}" for name in _NAMES)
    claim = _CLAIM.format(loans=loans, fence=_FENCE)
    return sa.text(f"{claim} RETURNING {columns}").columns(*callbacks.c)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
