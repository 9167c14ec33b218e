"""One statement in one call of SQLite, past SQLAlchemy's layers: without BEGIN it commits by itself.

Each call of SQLite may cost a thread beside a busy event loop a millisecond (together.py), and what SQLAlchemy does around one
takes 40 µs for a batch of which the statement takes 500.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from runtime.database import turn_to_write

_ERRORS: dict[type[sqlite3.Error], type[sa.exc.DBAPIError]] = {
    sqlite3.IntegrityError: sa.exc.IntegrityError,
    sqlite3.OperationalError: sa.exc.OperationalError,
}


class Single:
    """A connection of the pool that does one statement after the other, none of which knows of the others."""

    def __init__(self, connection: sqlite3.Connection, made: dict[Any, Any]) -> None:
        """`made` remembers what was made on this connection, as long as it lives."""
        self.made = made
        self._connection = connection

    def run(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """Do a statement and give the first value that it returns, or None. Raises SQLAlchemy's errors, without the values."""
        try:
            row = self._connection.execute(statement, values).fetchone()
        except sqlite3.Error as error:
            raise _ERRORS.get(type(error), sa.exc.DatabaseError)(statement, None, error) from error
        return None if row is None else row[0]


@contextmanager
def single(engine: Engine, *, writes: bool = False) -> Iterator[Single]:
    """For one statement of SQLite; nothing holds two together here."""
    with turn_to_write(engine) if writes else nullcontext():
        connection = engine.raw_connection()
        try:
            driver = connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            yield Single(driver, connection.info)
        finally:
            connection.close()
