"""What was deleted leaves the file of the database, too: SQLite keeps it in unused pages and in its log otherwise."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from sqlalchemy.engine import Connection, Engine

_PATIENCE_SECONDS = 20.0


def overwrite_deleted(connection: Connection) -> None:
    """Let SQLite overwrite what this connection deletes from now on. PostgreSQL does it by its own vacuum."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def scrub(engine: Engine) -> bool:
    """Write the database anew without what was ever deleted from it; False if something else held it too long.

    Writers wait meanwhile, about a second for each 100 MB. PostgreSQL: its vacuum, which runs by itself, does the same.
    """
    if engine.dialect.name != "sqlite":
        return True
    try:
        with closing(
            sqlite3.connect(str(engine.url.database), timeout=_PATIENCE_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("VACUUM")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    return not busy
