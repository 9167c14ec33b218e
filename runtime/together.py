"""The same statements for each of many rows in one call of SQLite: a trigger does them, and without a BEGIN the call commits.

Each call gives the interpreter's lock away, and beside a busy event loop it comes back after up to a millisecond. BEGIN, some
INSERTs and COMMIT did so a dozen times for each batch of turns, one call does it once (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

import orjson
import sqlalchemy as sa

from runtime.bulk import in_ms
from runtime.single import Single


class ForEach:
    """Does statements for each of many rows: all of it or nothing.

    A statement says `NEW.column` for a value of its row. Those of `always` are done for each row, those of `then` where `when`
    is true. On each connection they become a view `name` that holds nothing, and its triggers.
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
        self._definitions = [
            f"CREATE TEMP VIEW {name} AS SELECT {', '.join(f'NULL AS {column}' for column in columns)}",
            _trigger(name, "always", "", always),
        ]
        if then:
            self._definitions.append(_trigger(name, "then", f"WHEN {when}", then))

    def run(self, connection: Single, rows: Sequence[Sequence[Any]]) -> None:
        """Do it for rows that are equally long; columns behind their end are NULL.

        Raises IntegrityError, and writes nothing, if one row is refused.
        """
        if not rows:
            return
        if self._name not in connection.made:
            for definition in self._definitions:
                connection.run(definition)
            connection.made[self._name] = True
        values = [_AS_STORED.get(type(value), _same)(value) for value in chain.from_iterable(rows)]
        connection.run(_insert(self._name, self._columns[: len(rows[0])], len(rows)), values)


def insert_of(table: sa.Table, values: dict[str, str]) -> str:
    """The INSERT of a row; `values` are by column and in SQL."""
    return f"INSERT INTO {table.name} ({', '.join(values)}) VALUES ({', '.join(values.values())})"  # noqa: S608 - our own names


@cache
def _insert(name: str, columns: tuple[str, ...], count: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {name} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"  # noqa: S608 - our own names


def _trigger(view: str, name: str, when: str, statements: Sequence[str]) -> str:
    return f"CREATE TEMP TRIGGER {view}_{name} INSTEAD OF INSERT ON {view} {when} BEGIN {'; '.join(statements)}; END"


def _same(value: Any) -> Any:
    return value


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


# What is not as its column keeps it; see Moment and JSON in database.py.
_AS_STORED: dict[type, Callable[[Any], Any]] = {datetime: in_ms, dict: _json, list: _json}
