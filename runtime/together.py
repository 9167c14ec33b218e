"""Rows of several tables in one call of SQLite: a trigger writes them, and without a BEGIN the call commits by itself.

Each statement gives the interpreter's lock away, and beside a busy event loop it comes back after up to a millisecond. BEGIN, two
INSERTs and COMMIT did so a dozen times for each batch of turns, one call does it once (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from runtime.bulk import document_of, from_document


class Together:
    """Inserts into tables with one statement. Rows hold all columns of their table but those that are to be NULL or counted."""

    def __init__(self, *tables: sa.Table) -> None:
        self._view = "_and_".join(table.name for table in tables)
        places = [f"rows_{number}" for number in range(len(tables))]
        inserts = " ".join(
            f"{from_document(table, _columns(table), f'NEW.{place}')};"
            for place, table in zip(places, tables, strict=True)
        )
        self._definitions = (
            f"CREATE TEMP VIEW {self._view} AS SELECT {', '.join(f'NULL AS {place}' for place in places)}",
            f"CREATE TEMP TRIGGER into_{self._view} INSTEAD OF INSERT ON {self._view} BEGIN {inserts} END",
        )
        self._insert = f"INSERT INTO {self._view} VALUES ({', '.join('?' * len(tables))})"  # noqa: S608 - our own names

    def insert(self, connection: Connection, *rows: Sequence[dict[str, Any]]) -> None:
        """Insert the rows of each table, in their order. Raises IntegrityError, and writes nothing, for one that is there."""
        known = connection.connection.info  # of the driver's connection, as long as it lives
        if self._view not in known:
            for definition in self._definitions:
                connection.exec_driver_sql(definition)
            known[self._view] = True
        connection.exec_driver_sql(self._insert, tuple([document_of(each) for each in rows]))


def _columns(table: sa.Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column is not table.autoincrement_column)
