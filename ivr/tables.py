"""Calls, their turns, and the published flows."""

from __future__ import annotations

import sqlalchemy as sa

from runtime.sql.database import Moment, metadata

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),  # derived from provider_call_id, which needs no key of its own
    sa.Column("provider_call_id", sa.String(64), nullable=False),
    sa.Column("direction", sa.String(16), nullable=False),
    sa.Column("from_number", sa.String(80)),  # E.164, or NULL when withheld
    sa.Column("to_number", sa.String(80)),
    sa.Column("customer_id", sa.String(40), sa.ForeignKey("customers.id"), index=True),
    sa.Column("flow", sa.String(60), nullable=False),
    sa.Column("flow_version", sa.String(64), nullable=False),
    sa.Column("language", sa.String(16), nullable=False, default=""),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("outcome", sa.String(40)),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("seconds", sa.Integer),
    sa.Index("calls_by_start", "started_at"),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("call_id", sa.String(40), primary_key=True),
    sa.Column("turn", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("input", sa.JSON, nullable=False),  # {"type": "Digits", …}
    sa.Column("results", sa.JSON, nullable=False),  # answers to effects, in order
    sa.Column("events", sa.JSON, nullable=False),
    sa.Column("session", sa.JSON, nullable=False),
)

flow_versions = sa.Table(
    "flow_versions",
    metadata,
    sa.Column("version", sa.String(64), primary_key=True),  # content hash
    sa.Column("name", sa.String(60), nullable=False),  # the flow's name, or company
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("audio", sa.JSON, nullable=False, server_default="{}"),  # {"welcome.wav": [content hash, seconds]}
)

prompt_audio = sa.Table(
    "prompt_audio",
    metadata,
    sa.Column("content_hash", sa.String(64), primary_key=True),  # SHA-256 of the WAV
    sa.Column("wav", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

publications = sa.Table(
    "publications",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(60), nullable=False, index=True),
    sa.Column("version", sa.String(64), sa.ForeignKey("flow_versions.version"), nullable=False),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("published_at", Moment, nullable=False),
    sa.Column("published_by", sa.String(80), nullable=False),
    # From here on the name answers no call; the version is the one that it had.
    sa.Column("retired", sa.Boolean, nullable=False, server_default=sa.false()),
)
