"""Lists calls, also those of callers who left nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.tables import callback_sources
from ivr.tables import calls


@dataclass(frozen=True, slots=True)
class ListedCall:
    """A call; `seconds` is None while it is under way, `from_number` when it was withheld."""

    id: str
    from_number: str | None
    flow: str
    status: str
    outcome: str | None
    started_at: datetime
    seconds: int | None


def list_calls(connection: Connection, limit: int, *, left_nothing: bool = False) -> list[ListedCall]:
    """Calls, the newest first, at most so many. `left_nothing`: the caller hung up without a message or a request."""
    query = sa.select(calls).order_by(calls.c.started_at.desc(), calls.c.id).limit(limit)
    if left_nothing:
        source = sa.select(callback_sources.c.id).where(callback_sources.c.call_id == calls.c.id)
        query = query.where(calls.c.outcome == "hung_up", ~source.exists())
    return [
        ListedCall(
            row.id,
            row.from_number,
            row.flow,
            row.status,
            row.outcome,
            row.started_at,
            row.seconds
            if row.seconds is not None or row.ended_at is None
            else round((row.ended_at - row.started_at).total_seconds()),
        )
        for row in connection.execute(query)
    ]
