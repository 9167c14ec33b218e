"""The history of a customer: one event for each thing that happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from customers.tables import history
from runtime.ids import dated_id, derived_id
from runtime.sql.bulk import insert_many_once
from runtime.sql.database import insert_once


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """An event. `kind` is `subject.what`, such as voicemail.left; `summary` is a sentence for agents."""

    id: str
    at: datetime
    kind: str
    summary: str
    call_id: str | None
    callback_id: str | None
    voicemail_id: str | None
    data: dict[str, Any]


def event_row(
    customer_id: str,
    at: datetime,
    kind: str,
    summary: str,
    *,
    key: tuple[str | int, ...],
    call_id: str | None = None,
    callback_id: str | None = None,
    voicemail_id: str | None = None,
    data: Mapping[str, Any] | None = None,
    dated: bool = False,
) -> dict[str, Any]:
    """The row of an event. A repeated event has the same `key` and so the same row.

    `dated`: a repetition always has the same time. Then the id begins with the time, which makes frequent events cheap
    to write (runtime/ids.py).
    """
    what = (customer_id, kind, *key)
    return {
        "id": dated_id("hi", at, *what) if dated else derived_id("hi", *what),
        "customer_id": customer_id,
        "at": at,
        "kind": kind,
        "summary": summary,
        "call_id": call_id,
        "callback_id": callback_id,
        "voicemail_id": voicemail_id,
        "data": dict(data or {}),
    }


def record(
    connection: Connection,
    customer_id: str,
    at: datetime,
    kind: str,
    summary: str,
    *,
    key: tuple[str | int, ...],
    call_id: str | None = None,
    callback_id: str | None = None,
    voicemail_id: str | None = None,
    data: Mapping[str, Any] | None = None,
    dated: bool = False,
) -> bool:
    """Add an event in the transaction of `connection`; returns False when it exists already."""
    row = event_row(
        customer_id,
        at,
        kind,
        summary,
        key=key,
        call_id=call_id,
        callback_id=callback_id,
        voicemail_id=voicemail_id,
        data=data,
        dated=dated,
    )
    return tell(connection, row)


def tell(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Add a row of `event_row`; returns False when it exists already."""
    return insert_once(connection, history, **row)


def correct(connection: Connection, row: Mapping[str, Any]) -> None:
    """Replace a row of `event_row` by a more complete one."""
    connection.execute(history.update().where(history.c.id == row["id"]).values(**row))


def record_many(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add many rows of `event_row` in one statement."""
    insert_many_once(connection, history, rows, "id")


def events_of(
    connection: Connection, customer_id: str, limit: int = 100, before: datetime | None = None
) -> list[HistoryEvent]:
    """The events of a customer, newest first."""
    query = sa.select(history).where(history.c.customer_id == customer_id)
    if before is not None:
        query = query.where(history.c.at < before)
    query = query.order_by(history.c.at.desc(), history.c.number.desc()).limit(limit)
    return [
        HistoryEvent(row.id, row.at, row.kind, row.summary, row.call_id, row.callback_id, row.voicemail_id, row.data)
        for row in connection.execute(query)
    ]
