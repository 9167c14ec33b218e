"""The quick way to SQL beside the pool, for an event loop, by which database it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import Engine

from runtime.sqlite_process import SqliteProcess
from runtime.statements import OpenStatements


def beside(engine: Engine, prepare: Sequence[str] = (), *, writes: bool = True) -> OpenStatements | None:
    """Not started yet; None for a database in memory. `prepare` are SQLite's statements for each connection."""
    if engine.dialect.name == "postgresql":
        from runtime.postgres_statements import PostgresStatements  # with its driver, which takes memory

        return PostgresStatements(engine.url, writes=writes)
    path = engine.url.database
    if not path or path == ":memory:":
        return None
    return SqliteProcess(Path(path), prepare if writes else (*prepare, "PRAGMA query_only=ON"))
