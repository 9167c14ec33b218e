"""A user may have no token, and may be disabled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from runtime.sql.database import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.alter_column("token_sha256", existing_type=sa.String(64), nullable=True)
        users.add_column(sa.Column("token_made_at", Moment(), nullable=True))
        users.add_column(sa.Column("disabled_at", Moment(), nullable=True))
