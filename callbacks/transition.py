"""A step of a callback in SQL: compare-and-set on the version, an event in the customer's history, an entry in the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from callbacks.callback import Callback, StaleNonce, UnknownCallback
from callbacks.tables import callbacks
from customers.history import record
from runtime.sql.outbox import enqueue

# The outbox entry that brings the index in Redis up to date and rings the bell (index.py).
CHANGED = "callback.changed"


def of_row(row: Row[Any]) -> Callback:
    """A row of `callbacks` as a value; its fields stand in the order of the columns."""
    fields: Sequence[Any] = row
    return Callback(*fields)


def read(connection: Connection, callback_id: str, *, lock: bool = False) -> Callback:
    """One callback; `lock` keeps others from changing it until the transaction ends. Raises UnknownCallback."""
    query = sa.select(callbacks).where(callbacks.c.id == callback_id)
    row = connection.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if row is None:
        raise UnknownCallback(callback_id)
    return of_row(row)


def move(
    connection: Connection,
    callback: Callback,
    now: datetime,
    kind: str,
    summary: str,
    values: Mapping[str, Any],
    *,
    data: Mapping[str, Any] | None = None,
    call_id: str | None = None,
    voicemail_id: str | None = None,
) -> Callback:
    """Change a callback in the caller's transaction, tell its customer's history, and return it as it is now.

    Raises StaleNonce when somebody changed it since it was read; the transaction is then to be rolled back.
    """
    row = connection.execute(
        callbacks.update()
        .where(callbacks.c.id == callback.id, callbacks.c.version == callback.version)
        .values(**values, version=callbacks.c.version + 1)
        .returning(*callbacks.c)
    ).one_or_none()
    if row is None:
        present = read(connection, callback.id)
        raise StaleNonce(present.id, present.state, present.holder)
    moved = of_row(row)
    record(
        connection,
        moved.customer_id,
        now,
        kind,
        summary,
        key=(moved.id, moved.version),
        call_id=call_id,
        callback_id=moved.id,
        voicemail_id=voicemail_id,
        data=data,
        dated=True,
    )
    enqueue(connection, CHANGED, {"id": moved.id}, now)
    return moved
