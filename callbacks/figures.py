"""The figures of the queues: how many wait, how many are late, how long the oldest has waited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.callback import LIVE_STATES
from callbacks.promises import WARN_BEFORE
from callbacks.tables import callbacks, promises


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue now. `waiting` are all callbacks that are not closed; the others are among them."""

    queue: str
    waiting: int
    due_soon: int
    late: int
    needs_number: int
    oldest_seconds: float


def queue_figures(connection: Connection, now: datetime) -> list[QueueFigures]:
    """The figures of every queue in which somebody waits, by name."""

    def counted(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((where, 1), else_=0))

    query = (
        sa.select(
            callbacks.c.queue,
            sa.func.count(),
            counted(callbacks.c.due_at.between(now, now + WARN_BEFORE)),
            counted(callbacks.c.due_at < now),
            counted(callbacks.c.sub_state == "needs_number"),
            sa.func.min(callbacks.c.created_at),
        )
        .where(callbacks.c.state.in_(LIVE_STATES))
        .group_by(callbacks.c.queue)
        .order_by(callbacks.c.queue)
    )
    return [
        QueueFigures(queue, total, int(soon), int(late), int(without), max(0.0, (now - oldest).total_seconds()))
        for queue, total, soon, late, without, oldest in connection.execute(query)
    ]


def broken_within_a_day(connection: Connection, now: datetime) -> dict[str, int]:
    """How many promises of each queue broke in the last 24 hours."""
    joined = promises.join(callbacks, promises.c.callback_id == callbacks.c.id)
    # Said in full and not as a parameter, so that the index of broken promises answers it.
    is_broken: sa.ColumnElement[bool] = sa.literal_column("promises.outcome = 'broken'", sa.Boolean)
    query = (
        sa.select(callbacks.c.queue, sa.func.count())
        .select_from(joined)
        .where(is_broken, promises.c.promised_until >= now - timedelta(days=1))
        .group_by(callbacks.c.queue)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
