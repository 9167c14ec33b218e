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

# Built once: to build a statement takes longer than to execute it.
_IS_THIS = callbacks.c.id == sa.bindparam("callback_id")
_READ = sa.select(callbacks).where(_IS_THIS)
_READ_LOCKED = _READ.with_for_update(key_share=True)
_MOVE = callbacks.update().where(_IS_THIS, callbacks.c.version == sa.bindparam("known_version")).returning(*callbacks.c)


def of_row(row: Row[Any]) -> Callback:
    """A row of `callbacks` as a value; its fields stand in the order of the columns."""
    fields: Sequence[Any] = row
    return Callback(*fields)


def read(connection: Connection, callback_id: str, *, lock: bool = False) -> Callback:
    """One callback; `lock` keeps others from changing it until the transaction ends. Raises UnknownCallback."""
    row = connection.execute(_READ_LOCKED if lock else _READ, {"callback_id": callback_id}).one_or_none()
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
    fence = {"callback_id": callback.id, "known_version": callback.version}
    row = connection.execute(_MOVE, {**values, **fence, "version": callback.version + 1}).one_or_none()
    if row is None:
        present = read(connection, callback.id)
        raise StaleNonce(present.id, present.state, present.holder)
    moved = of_row(row)
    tell(connection, [moved], now, kind, lambda _: summary, data=data, call_id=call_id, voicemail_id=voicemail_id)
    return moved


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
    change = callbacks.update().where(callbacks.c.id.in_(before))
    change = change.values(**values, version=callbacks.c.version + 1).returning(*callbacks.c)
    moved = [of_row(row) for row in connection.execute(change)]
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
