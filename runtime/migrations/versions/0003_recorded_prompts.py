"""Prompts are recordings too, and a flow can be retired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from runtime.sql.database import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prompt_audio",
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("wav", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash"),
    )
    op.add_column("flow_versions", sa.Column("audio", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("publications", sa.Column("retired", sa.Boolean(), nullable=False, server_default=sa.false()))
