"""Many rows in one statement: what a batch of turns leaves, at a fraction of the cost of a statement a row.

Rows travel as one JSON document, so that the statement is always the same; SQLite and PostgreSQL unpack it. A single row comes
back, whatever it holds: SQLite's driver gives the interpreter's lock away for each one, and a thread that writes beside a busy
event loop may wait 5 ms to get it back (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection


def insert_many_once(
    connection: Connection, table: sa.Table, rows: Sequence[dict[str, Any]], *key: str
) -> list[tuple[Any, ...]]:
    """Insert rows that all have the same columns, leave out those that stand there already; return `key` of the new ones.

    Without `key` nothing is returned. Of two rows with one key the first is taken.
    """
    if not rows:
        return []
    columns = tuple(rows[0])
    document = orjson.dumps(rows, default=in_ms, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    if connection.dialect.name == "postgresql":
        statement = _for_postgresql(table, columns, key)
        done = connection.exec_driver_sql(statement, (document,))
        return [tuple(row) for row in done] if key else []
    done = connection.exec_driver_sql(
        _for_sqlite(table, columns), (document,), execution_options={"preserve_rowcount": True}
    )
    if not key or not done.rowcount:
        return []
    if done.rowcount == len(rows):
        return [tuple(row[name] for name in key) for row in rows]
    # One INSERT numbers its rows one after another, so the new ones are the last.
    fresh = f"SELECT {', '.join(key)} FROM {table.name} WHERE rowid > ?"  # noqa: S608 - our own names
    return [tuple(row) for row in connection.exec_driver_sql(fresh, (done.lastrowid - done.rowcount,))]


def in_ms(moment: Any) -> int:
    """A moment as its columns keep it (Moment in database.py)."""
    if not isinstance(moment, datetime):
        raise TypeError(f"{type(moment).__name__} has no place in a row")
    return round(moment.timestamp() * 1000)


def select_many(connection: Connection, query: str, names: str, values: Collection[str]) -> list[list[Any]]:
    """The rows of a query for many values at once; it says `column {among}` where they belong. Moments are in ms.

    `names` are those of the query's columns, with commas.
    """
    if not values:
        return []
    statement, asked = select_many_beside(connection.dialect.name, query, names, values)
    return rows_beside(connection.exec_driver_sql(statement, tuple(asked)).scalar_one())


def select_many_beside(dialect: str, query: str, names: str, values: Collection[str]) -> tuple[str, list[str]]:
    """The statement that does so in one row, and its values."""
    one_row = _as_one_row_of_postgresql if dialect == "postgresql" else _as_one_row
    return one_row(query, names), [orjson.dumps(list(values)).decode()]


def rows_beside(found: str) -> list[list[Any]]:
    """The rows that its one value holds."""
    rows: list[list[Any]] = orjson.loads(found)
    return rows


@cache
def _as_one_row(query: str, names: str) -> str:
    rows = query.format(among="IN (SELECT value FROM json_each(?))")
    return f"SELECT json_group_array(json_array({names})) FROM ({rows})"  # noqa: S608 - our own names


@cache
def _as_one_row_of_postgresql(query: str, names: str) -> str:
    # Of an array PostgreSQL thinks that it is short, and takes the index; of the rows themselves that there are a hundred.
    rows = query.format(among="= ANY (ARRAY(SELECT json_array_elements_text(CAST(%s AS json))))")
    document = f"coalesce(json_agg(json_build_array({names})), '[]')"
    return f"SELECT CAST({document} AS text) FROM ({rows}) AS found"  # noqa: S608 - our own names


@cache
def _for_postgresql(table: sa.Table, columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    names = ", ".join(columns)
    types = ", ".join(
        f"{name} {table.c[name].type.compile(dialect=postgresql.dialect())}"  # type: ignore[no-untyped-call]
        for name in columns
    )
    source = f"SELECT {names} FROM json_to_recordset(%s::json) AS given ({types})"  # noqa: S608 - our own names
    returning = f" RETURNING {', '.join(key)}" if key else ""
    return f"INSERT INTO {table.name} ({names}) {source} ON CONFLICT DO NOTHING{returning}"


@cache
def _for_sqlite(table: sa.Table, columns: tuple[str, ...]) -> str:
    values = ", ".join(f"json_extract(value, '$.{name}')" for name in columns)
    source = f"SELECT {values} FROM json_each(?) WHERE true"  # noqa: S608 - our own names
    return f"INSERT INTO {table.name} ({', '.join(columns)}) {source} ON CONFLICT DO NOTHING"
