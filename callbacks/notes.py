"""What agents wrote about a callback, for everybody: with an outcome, by itself, or too late and kept as a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.callback import Callback
from callbacks.transition import move
from customers.history import record
from customers.tables import history

_NOTED: Final = "callback.noted"
_DRAFT: Final = "callback.draft"
_CLOSED: Final = "callback.closed"
_WITH_NOTES: Final = (_NOTED, _DRAFT, _CLOSED, "callback.attempted")


@dataclass(frozen=True, slots=True)
class Note:
    """`is_draft` says that the claim of whoever wrote it was over, so that its outcome did not count."""

    at: datetime
    agent: str
    text: str
    is_draft: bool


def add_note(connection: Connection, callback: Callback, text: str, by: str, now: datetime) -> Callback:
    """Write something down that is no attempt. The callback stays as it is, whoever holds it."""
    data = {"note": text, "agent": by}
    return move(connection, callback, now, _NOTED, f"{by} left a note", {"note": text}, data=data)


def keep_draft(connection: Connection, callback: Callback, text: str, by: str, nonce: str, now: datetime) -> None:
    """Keep what was written under a claim that is over; the same again is kept once."""
    record(
        connection,
        callback.customer_id,
        now,
        _DRAFT,
        f"{by} wrote after the claim had ended",
        key=(callback.id, nonce, text),
        callback_id=callback.id,
        data={"note": text, "agent": by},
    )


def notes_of(connection: Connection, callbacks: Sequence[Callback]) -> dict[str, list[Note]]:
    """The notes of each of these callbacks by its id, oldest first."""
    found: dict[str, list[Note]] = {callback.id: [] for callback in callbacks}
    query = sa.select(history.c.callback_id, history.c.at, history.c.kind, history.c.data).where(
        history.c.customer_id.in_({callback.customer_id for callback in callbacks}),
        history.c.callback_id.in_(found),
        history.c.kind.in_(_WITH_NOTES),
    )
    for callback_id, at, kind, data in connection.execute(query.order_by(history.c.number)):
        if text := data.get("note"):
            found[callback_id].append(Note(at, data.get("agent") or "", text, kind == _DRAFT))
    return found


def closed_by(connection: Connection, callback: Callback) -> str | None:
    """Who closed it last; None when nobody did, or no agent."""
    query = sa.select(history.c.data).where(
        history.c.customer_id == callback.customer_id,
        history.c.callback_id == callback.id,
        history.c.kind == _CLOSED,
    )
    data = connection.scalar(query.order_by(history.c.number.desc()).limit(1))
    return None if data is None else data.get("agent")
