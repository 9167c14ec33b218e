"""A recording that was announced early may have no known length."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("early_recordings") as table:
        table.alter_column("seconds", existing_type=sa.Float(), nullable=True)
