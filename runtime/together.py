"""The same statements for each of many rows in one statement of SQLite: a trigger does them, and without a BEGIN it commits.

BEGIN, some INSERTs and COMMIT are a dozen calls for each batch of turns, each with its own way to the process beside or its own
wait for the interpreter's lock; this is one (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

import orjson
import sqlalchemy as sa

from runtime.sql.bulk import in_ms


class ForEach:
    """Does statements for each of many rows: all of it or nothing.

    A statement says `NEW.column` for a value of its row. Those of `always` are done for each row, those of `then` where `when`
    is true. By `definitions` they become a view `name` of a connection that holds nothing, and its triggers.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        always: Sequence[str],
        when: str = "",
        then: Sequence[str] = (),
    ) -> None:
        self._name = name
        self._columns = tuple(columns)
        # What a connection needs first.
        self.definitions = (
            f"CREATE TEMP VIEW {name} AS SELECT {', '.join(f'NULL AS {column}' for column in columns)}",
            _trigger(name, "always", "", always),
            *([_trigger(name, "then", f"WHEN {when}", then)] if then else []),
        )

    def statement(self, rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
        """The statement for one or more rows that are equally long, and its values; columns behind their end are NULL.

        If one row is refused, it writes nothing.
        """
        values = [
            value if (stored := _AS_STORED.get(type(value))) is None else stored(value)
            for value in chain.from_iterable(rows)
        ]
        return _insert(self._name, self._columns[: len(rows[0])], len(rows)), values


def insert_of(table: sa.Table, values: dict[str, str]) -> str:
    """The INSERT of a row; `values` are by column and in SQL."""
    return f"INSERT INTO {table.name} ({', '.join(values)}) VALUES ({', '.join(values.values())})"  # noqa: S608 - our own names


@cache
def _insert(name: str, columns: tuple[str, ...], count: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {name} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"  # noqa: S608 - our own names


def _trigger(view: str, name: str, when: str, statements: Sequence[str]) -> str:
    return f"CREATE TEMP TRIGGER {view}_{name} INSTEAD OF INSERT ON {view} {when} BEGIN {'; '.join(statements)}; END"


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


# What is not as its column keeps it; see Moment and JSON in database.py.
_AS_STORED: dict[type, Callable[[Any], Any]] = {datetime: in_ms, dict: _json, list: _json}
