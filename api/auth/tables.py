"""The table of users of the JSON interface."""

from __future__ import annotations

import sqlalchemy as sa

from runtime.sql.database import Moment, metadata

users = sa.Table(
    "users",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("token_sha256", sa.String(64), unique=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("token_made_at", Moment),
    sa.Column("disabled_at", Moment),
)
