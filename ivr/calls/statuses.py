"""Status callbacks: they arrive late, twice and in any order, and never move a call backward."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from ivr.calls.call import FINAL, CallStatus, earlier_statuses
from ivr.tables import calls


def report(connection: Connection, call_id: str, status: CallStatus, seconds: int | None, at: datetime) -> bool:
    """Note what the provider says of a call; return whether it was news."""
    values: dict[str, object] = {"status": status}
    if status in FINAL:
        values |= {"ended_at": at, "seconds": seconds}
    moved = connection.execute(
        calls.update().where(calls.c.id == call_id, calls.c.status.in_(earlier_statuses(status))).values(**values)
    )
    return moved.rowcount == 1
