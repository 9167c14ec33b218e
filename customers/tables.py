"""The tables of customers, their numbers and their history."""

from __future__ import annotations

import sqlalchemy as sa

from runtime.sql.database import Moment, metadata

customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, default=""),
    sa.Column("language", sa.String(16)),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("erased_at", Moment),  # name, numbers and messages were erased then
    sa.Column(
        "folded_name", sa.Text, nullable=False, default="", server_default=""
    ),  # as it is searched (directory.py)
    sa.Column("merged_into", sa.String(40)),  # the id of the customer who has all that was this one's
    sa.Index("customers_by_arrival", "created_at", "id"),
)

customer_numbers = sa.Table(
    "customer_numbers",
    metadata,
    sa.Column("number", sa.String(80), primary_key=True),  # E.164, or an address that cannot be rung, as sent
    sa.Column("customer_id", sa.String(40), sa.ForeignKey("customers.id"), nullable=False, index=True),
    sa.Column("source", sa.String(20), nullable=False),  # caller_id, agent, import
    sa.Column("added_at", Moment, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False, default=False, server_default=sa.false()),  # by several people
)

history = sa.Table(
    "history",
    metadata,
    # Rises with each event, so events of one millisecond keep their order.
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column(
        "id", sa.String(40), nullable=False, unique=True
    ),  # derived from the event, so that a repetition is not stored again
    sa.Column("customer_id", sa.String(40), sa.ForeignKey("customers.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),  # call.started, voicemail.left, callback.claimed …
    sa.Column("summary", sa.Text, nullable=False),  # one sentence for an agent
    sa.Column("call_id", sa.String(40)),
    sa.Column("callback_id", sa.String(40)),
    sa.Column("voicemail_id", sa.String(40)),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("history_of_customer", "customer_id", "at"),
)
