"""Addresses that cannot be rung, numbers that several people share, and customers who are found by name and merged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("customer_numbers") as table:
        table.alter_column("number", existing_type=sa.String(20), type_=sa.String(80), existing_nullable=False)
        table.add_column(sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("customers", sa.Column("folded_name", sa.Text(), nullable=False, server_default=""))
    op.add_column("customers", sa.Column("merged_into", sa.String(40), nullable=True))
    op.create_index("customers_by_arrival", "customers", ["created_at", "id"])
