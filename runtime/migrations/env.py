"""Alembic's entry: runs the steps on the connection that runtime/sql/migrate.py hands over."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    transaction_per_migration=False,
)
context.run_migrations()
