"""Missed calls: callbacks that ended because nobody spoke in their messages, and the way back from that.

Silence, a fax or a busy tone is no promise to keep, but it may be a person whose words were lost: one step revives it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from callbacks.callback import Callback, IllegalStep, next_state
from callbacks.tables import callback_sources, callbacks, promises
from callbacks.transition import move, of_row, read
from customers.tables import history

# Why such a callback is not needed; agents choose among the others.
NO_SPEECH = "no_speech"
REVIVED = "callback.revived"


def end_without_speech(connection: Connection, callback_id: str, unspoken: Collection[str], now: datetime) -> bool:
    """End a callback whose messages are all `unspoken` (their ids); tell whether it ended.

    What somebody works on, tried, asked for or revived stays as it is. Messages from before it was last closed count no more.
    """
    callback = read(connection, callback_id, lock=True)
    if callback.state not in ("waiting", "ready") or callback.attempts:
        return False
    event = _last_event(connection, callback)
    if event is not None and event.kind == REVIVED:
        return False
    sources = connection.execute(
        sa.select(callback_sources.c.voicemail_id, callback_sources.c.added_at).where(
            callback_sources.c.callback_id == callback_id
        )
    ).all()
    since_then = [source for source in sources if event is None or source.added_at > event.at]
    if any(source.voicemail_id not in unspoken for source in since_then):
        return False
    connection.execute(
        promises.update()
        .where(promises.c.callback_id == callback_id, promises.c.outcome.is_(None))
        .values(outcome="superseded")
    )
    values: Mapping[str, Any] = {
        "state": next_state(callback.state, "dismiss", callback.holder),
        "sub_state": "",
        "outcome": NO_SPEECH,
        "closed_at": now,
        "not_before": None,
        "overdue": False,
    }
    summary = "A missed call: nobody spoke in the message, so nobody is rung back"
    move(connection, callback, now, "callback.closed", summary, values, data={"outcome": NO_SPEECH})
    return True


def revive(connection: Connection, callback_id: str, by: str, now: datetime) -> Callback:
    """Open a missed call's callback again with the promise that it had. Raises UnknownCallback, IllegalStep."""
    callback = read(connection, callback_id, lock=True)
    if callback.outcome != NO_SPEECH:
        raise IllegalStep("revive", callback.state, callback.holder)
    state = next_state(callback.state, "reopen", callback.holder)
    # Those that fell away with the message; a moment that has passed meanwhile is found broken by the clock.
    connection.execute(
        promises.update()
        .where(
            promises.c.callback_id == callback_id,
            promises.c.outcome == "superseded",
            promises.c.promised_until >= (callback.promised_until or callback.due_at),
        )
        .values(outcome=None)
    )
    reachable = callback.number is not None
    values: Mapping[str, Any] = {
        "state": state if reachable else "waiting",
        "sub_state": "" if reachable else "needs_number",
        "outcome": None,
        "closed_at": None,
    }
    return move(connection, callback, now, REVIVED, f"{by} wants this missed call rung back", values)


def list_missed(connection: Connection, queue: str | None = None, limit: int = 50) -> list[Callback]:
    """The callbacks that ended without a word, the newest first."""
    query = sa.select(callbacks).where(callbacks.c.state == "not_needed", callbacks.c.outcome == NO_SPEECH)
    if queue is not None:
        query = query.where(callbacks.c.queue == queue)
    return [of_row(row) for row in connection.execute(query.order_by(callbacks.c.closed_at.desc()).limit(limit))]


def _last_event(connection: Connection, callback: Callback) -> Row[Any, Any] | None:
    """When the callback was last closed or revived, if it was."""
    return connection.execute(
        sa.select(history.c.kind, history.c.at)
        .where(
            history.c.customer_id == callback.customer_id,
            history.c.callback_id == callback.id,
            history.c.kind.in_(("callback.closed", REVIVED)),
        )
        .order_by(history.c.at.desc(), history.c.number.desc())
        .limit(1)
    ).first()
