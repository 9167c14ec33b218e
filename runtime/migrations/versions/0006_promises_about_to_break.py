"""Promises of which it was told that they are about to break, and those that broke, by their moment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from runtime.sql.database import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("promises", sa.Column("warned_at", Moment(), nullable=True))
    broken = sa.text("outcome = 'broken'")
    op.create_index("promises_broken", "promises", ["promised_until"], sqlite_where=broken, postgresql_where=broken)
