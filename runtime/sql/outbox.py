"""What must happen outside SQL because of a commit: written in the same transaction, done after it, done again if in doubt.

Every handler must be safe to run twice and in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from runtime.sql.database import Moment, metadata, reading, writing

log = structlog.get_logger()

Handler = Callable[[dict[str, Any]], None]

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("not_before", Moment, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Index("outbox_not_before", "not_before", "id"),
)

# After a failure the entry waits 1 s, 2 s, 4 s … up to this.
MAX_WAIT_SECONDS = 60

_ENTER = outbox.insert()
_POSTPONE = (
    outbox.update()
    .where(outbox.c.id == sa.bindparam("entry"))
    .values(tries=sa.bindparam("tried"), not_before=sa.bindparam("due_again", type_=Moment))
)


def enqueue(connection: Connection, kind: str, payload: dict[str, Any], now: datetime | None = None) -> None:
    """Add an entry to the outbox within the caller's transaction. `payload` carries ids and numbers only."""
    enqueue_many(connection, kind, [payload], now)


def enqueue_many(
    connection: Connection, kind: str, payloads: Sequence[dict[str, Any]], now: datetime | None = None
) -> None:
    """As `enqueue`, an entry for each payload."""
    now = now or datetime.now(UTC)
    same = {"kind": kind, "created_at": now, "not_before": now, "tries": 0}
    if payloads:
        connection.execute(_ENTER, [{**same, "payload": payload} for payload in payloads])


def deliver(engine: Engine, handlers: Mapping[str, Handler], limit: int = 200) -> int:
    """Run the handlers of due entries, oldest first; return how many were done.

    A handler that raises leaves its entry for later and the others go on. An entry is removed after its handler returned, so a
    crash between the two repeats it.
    """
    now = datetime.now(UTC)
    with reading(engine) as connection:
        due = connection.execute(
            sa.select(outbox).where(outbox.c.not_before <= now).order_by(outbox.c.id).limit(limit)
        ).all()
    done: list[int] = []
    postponed: list[dict[str, Any]] = []
    for entry in due:
        handler = handlers.get(entry.kind)
        if handler is None:
            continue  # an entry of a process with other parts, or of a newer version
        try:
            handler(entry.payload)
        except Exception as error:  # noqa: BLE001 - whatever failed, the entry stays and says so
            wait = min(MAX_WAIT_SECONDS, 2**entry.tries)
            log.warning(
                "outbox.postponed", kind=entry.kind, entry=entry.id, wait_seconds=wait, reason=repr(error)[:300]
            )
            due_again = datetime.now(UTC) + timedelta(seconds=wait)
            postponed.append({"entry": entry.id, "tried": entry.tries + 1, "due_again": due_again})
        else:
            done.append(entry.id)
    if done or postponed:
        # In one transaction: while Redis is away, one for each would keep the callers' turns from SQL.
        with writing(engine) as connection:
            if done:
                connection.execute(outbox.delete().where(outbox.c.id.in_(done)))
            if postponed:
                connection.execute(_POSTPONE, postponed)
    return len(done)
