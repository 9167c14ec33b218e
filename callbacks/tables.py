"""Callbacks, the promises made for them, and the attempts to keep those."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from runtime.sql.database import Moment, metadata


def partial_index(name: str, *columns: str, only: str) -> sa.Index:
    """An index of the rows to which `only` applies. A query must say the same in the same words to be served by it."""
    return sa.Index(
        name,
        *columns,
        sqlite_where=sa.text(only.format(false="0")),
        postgresql_where=sa.text(only.format(false="false")),
    )


callbacks = sa.Table(
    "callbacks",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("customer_id", sa.String(40), sa.ForeignKey("customers.id"), nullable=False),
    sa.Column("number", sa.String(20)),  # E.164 to ring; NULL when the caller withheld it (waiting: needs_number)
    sa.Column("queue", sa.String(40), nullable=False),
    sa.Column("intent", sa.String(40), nullable=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("state", sa.String(24), nullable=False),
    sa.Column("sub_state", sa.String(24), nullable=False, default=""),
    sa.Column("due_at", Moment, nullable=False),  # the earliest open due moment: orders the queue
    sa.Column("promised_until", Moment),  # what was said to the caller; NULL when nothing was said
    sa.Column("not_before", Moment),
    sa.Column("overdue", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Integer, nullable=False),  # the fence: rises with every transition
    sa.Column("holder", sa.String(80)),
    sa.Column("nonce", sa.String(40)),
    sa.Column("lease_expires_at", Moment),
    sa.Column("lost_leases", sa.Integer, nullable=False, default=0),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),  # those that count on the customer
    sa.Column("outcome", sa.String(40)),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("contacted_at", Moment),  # T2: spoke to the right person
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),
    sa.Column("reopened", sa.Integer, nullable=False, default=0),
    sa.Index("callbacks_by_due", "state", "queue", "due_at", "id"),
    sa.Index("callbacks_of_customer", "customer_id", "intent"),
    # Those below hold only what somebody looks for: what is closed, or was found once, costs nothing any more.
    partial_index("callbacks_by_lease", "lease_expires_at", only="lease_expires_at IS NOT NULL"),
    partial_index("callbacks_by_wait", "not_before", only="not_before IS NOT NULL"),
    partial_index("callbacks_not_late", "due_at", only="overdue IS {false} AND closed_at IS NULL"),
    partial_index("callbacks_live", "id", only="closed_at IS NULL"),
)


def is_in(states: Collection[str]) -> sa.ColumnElement[bool]:
    """Whether a callback is in one of these states, said so that `callbacks_by_due` cannot answer it.

    SQLite, which has no statistics of its own accord, takes an equality before any range: it would read all ready callbacks
    rather than the narrow index that the rest of the condition asks for.
    """
    return sa.func.coalesce(callbacks.c.state, "").in_(states)


callback_sources = sa.Table(
    "callback_sources",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),  # derived from call and turn: a repeat meets it
    sa.Column("callback_id", sa.String(40), sa.ForeignKey("callbacks.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),  # voicemail, request
    sa.Column("call_id", sa.String(40), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("voicemail_id", sa.String(40)),
    sa.Column("added_at", Moment, nullable=False),
)

promises = sa.Table(
    "promises",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("callback_id", sa.String(40), sa.ForeignKey("callbacks.id"), nullable=False, index=True),
    sa.Column("promised_until", Moment, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("spoken", sa.Boolean, nullable=False),
    sa.Column("ledger", sa.JSON, nullable=False),  # why this moment: target, windows counted, backlog
    sa.Column("outcome", sa.String(20)),  # kept, broken, superseded; NULL while open
    sa.Column("warned_at", Moment),  # when the log told that its moment is near; NULL before that
    partial_index("promises_open", "promised_until", only="outcome IS NULL"),
    partial_index("promises_broken", "promised_until", only="outcome = 'broken'"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),  # the idempotency key
    sa.Column("callback_id", sa.String(40), sa.ForeignKey("callbacks.id"), nullable=False, index=True),
    sa.Column("agent", sa.String(80), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("outcome", sa.String(24), nullable=False),
    sa.Column("counts", sa.Boolean, nullable=False),
    sa.Column("note", sa.Text, nullable=False, default=""),
)

index_epochs = sa.Table(
    "index_epochs",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("epoch", sa.String(40), nullable=False),
)

# How many callbacks of each queue are live, as the clock counted them; see backlog.py.
queue_sizes = sa.Table(
    "queue_sizes",
    metadata,
    sa.Column("queue", sa.String(40), primary_key=True),
    sa.Column("live", sa.BigInteger, nullable=False),
    sa.Column("counted_at", Moment, nullable=False),
)
