"""Makes claims of the index true in SQL: many loans in a statement each for callbacks, history and outbox, on PostgreSQL in one.

Loans travel as one JSON document, and every row is made of it where it belongs. Python makes the document before the transaction
and callbacks as values after it: whoever writes to SQLite keeps all other writers waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.callback import Callback
from callbacks.tables import callbacks
from callbacks.transition import CHANGED, of_row, of_values
from runtime.ids import dated_id

_CLAIMED: Final = "callback.claimed"
_NAMES: Final = callbacks.c.keys()

# What SQL gives back of the callbacks that it confirmed: a document in one row, which costs less than rows (bulk.py).
Confirmed = str


@dataclass(frozen=True, slots=True)
class Loan:
    """A callback that the index lent to an agent at `at`, who may have it until `until` if SQL still has this version ready."""

    id: str
    version: int
    holder: str
    nonce: str
    at: datetime
    until: datetime


class Batch:
    """Loans of one transaction, as they go to SQL."""

    def __init__(self, loans: Sequence[Loan]) -> None:
        self.loans = loans
        self.document = orjson.dumps([_fields(loan) for loan in loans]).decode()


def confirm(connection: Connection, batch: Batch) -> Confirmed:
    """Claim in the caller's transaction what SQL has as the index said, each with its line of history; `by_nonce` reads it.

    Several loans at once pass over a row that another transaction holds, so that two such batches never wait for each other;
    a single one waits for it.
    """
    given = (batch.document,)
    if connection.dialect.name == "postgresql":
        return str(connection.exec_driver_sql(claim_on_postgresql(waits=len(batch.loans) == 1), given).scalar_one())
    done = connection.exec_driver_sql(CLAIM_ON_SQLITE, given, execution_options={"preserve_rowcount": True})
    if not done.rowcount:
        return "[]"
    connection.exec_driver_sql(TELL_ON_SQLITE, given)
    connection.exec_driver_sql(ENTER_ON_SQLITE, given)
    return str(connection.exec_driver_sql(LOOK_ON_SQLITE, given).scalar_one())


def by_nonce(confirmed: Confirmed) -> dict[str, Callback]:
    """The callbacks as they are now, by the nonce of their claim."""
    claimed = [of_values(values) for values in orjson.loads(confirmed)]
    return {callback.nonce: callback for callback in claimed if callback.nonce is not None}


def already(connection: Connection, loan: Loan) -> Callback | None:
    """The callback, if this very loan stands in SQL: its commit was made although the word of it was lost."""
    query = sa.select(callbacks).where(callbacks.c.id == loan.id, callbacks.c.nonce == loan.nonce)
    row = connection.execute(query).one_or_none()
    return None if row is None else of_row(row)


def _fields(loan: Loan) -> tuple[str | int, ...]:
    event_id = dated_id("hi", loan.at, _CLAIMED, loan.id, loan.version + 1)
    return loan.id, loan.version, loan.holder, loan.nonce, _ms(loan.at), _ms(loan.until), event_id


# The fence: what the index lent out is claimed only if SQL has it ready, and in this version. Why coalesce: tables.py, is_in.
_FENCE = "coalesce(callbacks.state, '') = 'ready' AND callbacks.version = loan.version"
_CLAIM = """UPDATE callbacks SET state = 'claimed', version = callbacks.version + 1,
  holder = loan.holder, nonce = loan.nonce, lease_expires_at = loan.until"""
_TELL = "INSERT INTO history (id, customer_id, at, kind, summary, callback_id, data)"
_ENTER = "INSERT INTO outbox (kind, payload, created_at, not_before, tries)"

_LOANS_ON_SQLITE = """(SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS version,
  json_extract(value, '$[2]') AS holder, json_extract(value, '$[3]') AS nonce, json_extract(value, '$[4]') AS at,
  json_extract(value, '$[5]') AS until, json_extract(value, '$[6]') AS event_id FROM json_each(?)) AS loan"""
CLAIM_ON_SQLITE: Final = f"{_CLAIM} FROM {_LOANS_ON_SQLITE} WHERE callbacks.id = loan.id AND {_FENCE}"
# A nonce is of one claim only, so these are the rows that the UPDATE has just changed. The statements are our own words.
_CLAIMED_ON_SQLITE = (
    f"{_LOANS_ON_SQLITE} CROSS JOIN callbacks ON callbacks.id = loan.id WHERE callbacks.nonce = loan.nonce"
)
TELL_ON_SQLITE: Final = f"""{_TELL} SELECT loan.event_id, callbacks.customer_id, loan.at, '{_CLAIMED}',
  loan.holder || ' took the callback', callbacks.id, json_object('holder', loan.holder)
  FROM {_CLAIMED_ON_SQLITE} ON CONFLICT DO NOTHING"""  # noqa: S608
ENTER_ON_SQLITE: Final = f"""{_ENTER} SELECT '{CHANGED}', ids, at, at, 0 FROM
  (SELECT json_object('ids', json_group_array(callbacks.id)) AS ids, max(loan.at) AS at FROM {_CLAIMED_ON_SQLITE})
  WHERE at IS NOT NULL"""  # noqa: S608
LOOK_ON_SQLITE: Final = f"""SELECT json_group_array(json_array({", ".join(f"callbacks.{name}" for name in _NAMES)}))
  FROM {_CLAIMED_ON_SQLITE}"""  # noqa: S608


@cache
def claim_on_postgresql(*, waits: bool) -> str:
    """All that a claim writes, and the callbacks as they are then, of a batch's document."""
    patience = "" if waits else "SKIP LOCKED"
    return f"""
WITH loan AS MATERIALIZED (SELECT value->>0 AS id, CAST(value->>1 AS INTEGER) AS version, value->>2 AS holder, value->>3 AS nonce,
  CAST(value->>4 AS BIGINT) AS at, CAST(value->>5 AS BIGINT) AS until, value->>6 AS event_id, place
  FROM json_array_elements(CAST(%s AS json)) WITH ORDINALITY AS listed(value, place)),
locked AS (SELECT callbacks.id FROM loan JOIN callbacks ON callbacks.id = loan.id AND {_FENCE}
  FOR NO KEY UPDATE OF callbacks {patience}),
claimed AS ({_CLAIM} FROM loan JOIN locked ON locked.id = loan.id WHERE callbacks.id = loan.id AND {_FENCE}
  RETURNING callbacks.*),
told AS ({_TELL} SELECT loan.event_id, claimed.customer_id, loan.at, '{_CLAIMED}', loan.holder || ' took the callback',
  claimed.id, json_build_object('holder', loan.holder)
  FROM claimed JOIN loan ON loan.id = claimed.id ORDER BY loan.place ON CONFLICT DO NOTHING),
entered AS ({_ENTER} SELECT '{CHANGED}', json_build_object('ids', json_agg(claimed.id)), max(loan.at), max(loan.at), 0
  FROM claimed JOIN loan ON loan.id = claimed.id HAVING count(*) > 0)
SELECT CAST(coalesce(json_agg(json_build_array({", ".join(_NAMES)})), '[]') AS text) FROM claimed"""  # noqa: S608 - our own names


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
