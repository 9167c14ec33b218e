"""How many callbacks are ahead of a new one: counted while they are few, by the clock's last count when they are many."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from callbacks.callback import LIVE_STATES
from callbacks.tables import callbacks, queue_sizes
from runtime.sql.database import insert_once, reading, writing

# Counting so many costs a turn nothing that can be measured. Above it what changes within a minute does not show in a promise.
EXACT: Final = 200
COUNT_EVERY: Final = timedelta(minutes=1)
# Without a clock the last count says nothing any more.
_STALE_AFTER: Final = timedelta(minutes=10)
# The entry that says when all queues were counted. No queue has this name.
_ALL: Final = ""
# Nobody can ring these before a number is found: they hold up no one.
_WITHOUT_NUMBER: Final = (callbacks.c.state == "waiting") & (callbacks.c.sub_state == "needs_number")


def backlog(connection: Connection, queue: str) -> int:
    """How many callbacks of a queue are open and can be rung; above 200 as it was a minute ago. Costs the same for a million."""
    some = sa.select(sa.literal(1)).select_from(callbacks).where(*_live(queue)).limit(EXACT + 1).subquery()
    counted = sa.select(sa.func.count()).select_from(some).scalar_subquery()
    known = sa.select(counted, queue_sizes.c.live, queue_sizes.c.counted_at)
    known = known.select_from(sa.select(sa.literal(1)).subquery().outerjoin(queue_sizes, queue_sizes.c.queue == queue))
    exact, live, counted_at = connection.execute(known).one()
    if exact <= EXACT:
        return int(exact)
    if counted_at is not None and abs(datetime.now(UTC) - counted_at) < _STALE_AFTER:
        return max(int(exact), int(live))
    return connection.scalar(sa.select(sa.func.count()).select_from(callbacks).where(*_live(queue))) or 0


def count_queues(engine: Engine, now: datetime) -> bool:
    """Once a minute note how many callbacks of each queue are live; tell whether it was time. Any number may run at once."""
    with reading(engine) as connection:
        counted_at = connection.scalar(sa.select(queue_sizes.c.counted_at).where(queue_sizes.c.queue == _ALL))
        if counted_at is not None and abs(now - counted_at) < COUNT_EVERY:
            return False
        # By state too, for so the rows stand in the index: 1,000,000 are counted in a tenth of a second and not in half of one.
        group = (callbacks.c.state, callbacks.c.queue)
        counts = sa.select(*group, sa.func.count()).where(callbacks.c.state.in_(LIVE_STATES)).group_by(*group)
        sizes: Counter[str] = Counter()
        for _, queue, count in connection.execute(counts):
            sizes[queue] += count
        of_queue = sa.select(callbacks.c.queue, sa.func.count()).where(_WITHOUT_NUMBER).group_by(callbacks.c.queue)
        for queue, count in connection.execute(of_queue):
            sizes[queue] -= count
    sizes[_ALL] = sizes.total()
    with writing(engine) as connection:
        connection.execute(queue_sizes.delete().where(queue_sizes.c.queue.not_in(sizes)))
        for queue, live in sorted(sizes.items()):  # in one order, so that two clocks do not wait for each other
            if not insert_once(connection, queue_sizes, queue=queue, live=live, counted_at=now):
                connection.execute(
                    queue_sizes.update().where(queue_sizes.c.queue == queue).values(live=live, counted_at=now)
                )
    return True


def _live(queue: str) -> tuple[sa.ColumnElement[bool], ...]:
    return callbacks.c.queue == queue, callbacks.c.state.in_(LIVE_STATES), ~_WITHOUT_NUMBER
