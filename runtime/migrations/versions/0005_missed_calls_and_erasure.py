"""Messages in which nobody speaks, and customers who were erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from runtime.sql.database import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("voicemails", sa.Column("speech_seconds", sa.Float(), nullable=True))
    op.add_column("customers", sa.Column("erased_at", Moment(), nullable=True))
