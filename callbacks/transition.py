"""A step of callbacks in SQL: compare-and-set on the version, an event in the customer's history, an entry in the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from callbacks.callback import Callback, StaleNonce, UnknownCallback
from callbacks.tables import callbacks
from customers.history import event_row, record_many
from runtime.sql.outbox import enqueue_many

# The outbox entry that brings the index in Redis up to date and rings the bell (queue/index.py).
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
    unchanged = (callbacks.c.id == callback.id) & (callbacks.c.version == callback.version)
    moved = _update(connection, unchanged, values)
    if not moved:
        present = read(connection, callback.id)
        raise StaleNonce(present.id, present.state, present.holder)
    tell(connection, moved, now, kind, lambda _: summary, data=data, call_id=call_id, voicemail_id=voicemail_id)
    return moved[0]


def move_all(
    connection: Connection,
    locked: Sequence[Callback],
    now: datetime,
    kind: str,
    summary: Callable[[Callback], str],
    values: Mapping[str, Any],
) -> list[Callback]:
    """As `move` for many in the same way. They were read by this transaction and locked, so that nobody else changes them.

    `summary` is asked of each as it was before.
    """
    if not locked:
        return []
    before = {callback.id: callback for callback in locked}
    moved = _update(connection, callbacks.c.id.in_(before), values)
    tell(connection, moved, now, kind, lambda callback: summary(before[callback.id]))
    return moved


def tell(
    connection: Connection,
    changed: Sequence[Callback],
    now: datetime,
    kind: str,
    summary: Callable[[Callback], str],
    *,
    data: Mapping[str, Any] | None = None,
    call_id: str | None = None,
    voicemail_id: str | None = None,
) -> None:
    """The line of history and the entry of the outbox that belong to each change."""
    rows = [
        event_row(
            callback.customer_id,
            now,
            kind,
            summary(callback),
            key=(callback.id, callback.version),
            call_id=call_id,
            callback_id=callback.id,
            voicemail_id=voicemail_id,
            data=data,
            dated=True,
        )
        for callback in changed
    ]
    record_many(connection, rows)
    enqueue_many(connection, CHANGED, [{"id": callback.id} for callback in changed], now)


def _update(connection: Connection, where: sa.ColumnElement[bool], values: Mapping[str, Any]) -> list[Callback]:
    change = callbacks.update().where(where).values(**values, version=callbacks.c.version + 1)
    return [of_row(row) for row in connection.execute(change.returning(*callbacks.c))]
