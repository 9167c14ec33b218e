"""Which callback is next by SQL alone: for what the index does not know, or cannot say while it is away."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.callback import Callback
from callbacks.tables import callbacks
from callbacks.transition import of_row

_IS_READY = callbacks.c.state == "ready"


def next_ready(connection: Connection, queues: Sequence[str] | None, *, lock: bool = False) -> Callback | None:
    """The earliest due of these queues (None: of all) that nobody else has locked; `lock` keeps it for this transaction.

    Looks at the head of each queue, so that it costs the same however many stand behind.
    """
    names = _queues_with_ready(connection) if queues is None else queues
    heads = [head for name in names if (head := _head(connection, name)) is not None]
    heads.sort(key=lambda head: (head.due_at, head.id))
    if lock:
        locked = (_head(connection, head.queue, lock=True) for head in heads)
        return next((head for head in locked if head is not None), None)
    return heads[0] if heads else None


def _head(connection: Connection, queue: str, *, lock: bool = False) -> Callback | None:
    query = sa.select(callbacks).where(_IS_READY, callbacks.c.queue == queue)
    query = query.order_by(callbacks.c.due_at, callbacks.c.id).limit(1)
    if lock:
        query = query.with_for_update(skip_locked=True, key_share=True)
    row = connection.execute(query).one_or_none()
    return None if row is None else of_row(row)


def _queues_with_ready(connection: Connection) -> list[str]:
    """From one name to the next by the index `callbacks_by_due`: DISTINCT would read every entry."""
    first = sa.select(sa.func.min(callbacks.c.queue).label("queue")).where(_IS_READY).cte("names", recursive=True)
    following = sa.select(sa.func.min(callbacks.c.queue)).where(_IS_READY, callbacks.c.queue > first.c.queue)
    names = first.union_all(sa.select(following.scalar_subquery()).where(first.c.queue.is_not(None)))
    return list(connection.scalars(sa.select(names.c.queue).where(names.c.queue.is_not(None))))
