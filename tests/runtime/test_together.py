"""Statements for each of many rows in one: all or none, and committed at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from customers.tables import customer_numbers, customers, history
from runtime.sql.database import reading
from runtime.together import ForEach, insert_of

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROWS = ForEach(
    "people",
    ["id", "name", "at", "line", "data", "number"],
    always=[
        insert_of(customers, {"id": "NEW.id", "name": "NEW.name", "created_at": "NEW.at"}),
        insert_of(
            history,
            {
                "id": "NEW.line",
                "customer_id": "NEW.id",
                "at": "NEW.at",
                "kind": "'k'",
                "summary": "'s'",
                "data": "NEW.data",
            },
        ),
    ],
    when="NEW.number IS NOT NULL",
    then=[
        insert_of(
            customer_numbers,
            {"number": "NEW.number", "customer_id": "NEW.id", "source": "'agent'", "added_at": "NEW.at"},
        )
    ],
)


def person(name: str, *, number: str | None = None, line: str = "") -> list[Any]:
    return [name, "Anna 'x' \"y\" ☎", AT, line or f"hi_{name}", {"a": [1, "ü"]}, number]


def insert(engine: Engine, *rows: list[Any], each: ForEach = ROWS) -> None:
    with closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        for definition in each.definitions:
            connection.execute(definition)
        connection.execute(*each.statement(rows))


def counts(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return [
            connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (customers, customer_numbers, history)
        ]


def test_all_rows_are_there_for_everybody_at_once(sqlite_database: Engine) -> None:
    insert(sqlite_database, person("cu_1", number="+3711"), person("cu_2"))
    insert(sqlite_database, person("cu_3", number="+3713"))
    with sqlite3.connect(str(sqlite_database.url.database)) as other:
        assert other.execute("SELECT count(*) FROM customers").fetchone() == (3,)
    assert counts(sqlite_database) == [3, 2, 3]
    with reading(sqlite_database) as connection:
        stored = connection.execute(sa.select(history).order_by(history.c.number)).first()
        name = connection.scalar(sa.select(customers.c.name).where(customers.c.id == "cu_2"))
    assert stored is not None
    assert (stored.at, stored.data, stored.call_id) == (AT, {"a": [1, "ü"]}, None)
    assert name == "Anna 'x' \"y\" ☎"


def test_columns_behind_the_end_of_the_rows_are_null(sqlite_database: Engine) -> None:
    insert(sqlite_database, person("cu_1")[:-1], person("cu_2")[:-1])
    assert counts(sqlite_database) == [2, 0, 2]


def test_one_row_that_stands_there_keeps_all_others_out(sqlite_database: Engine) -> None:
    insert(sqlite_database, person("cu_1", number="+3711"))
    for again in (
        [person("cu_2"), person("cu_1")],
        [person("cu_2"), person("cu_2")],
        [person("cu_2"), person("cu_3", line="hi_cu_1")],
        [person("cu_2", number="+3712"), person("cu_3", number="+3711")],  # the last table refuses
    ):
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            insert(sqlite_database, *again)
    assert counts(sqlite_database) == [1, 1, 1]
    insert(sqlite_database, person("cu_2", number="+3712"))
    assert counts(sqlite_database) == [2, 2, 2]


def test_a_row_of_nobody_is_refused(sqlite_database: Engine) -> None:
    lost = ForEach(
        "lost",
        ["number"],
        always=[
            insert_of(
                customer_numbers,
                {"number": "NEW.number", "customer_id": "'cu_9'", "source": "'agent'", "added_at": "0"},
            )
        ],
    )
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        insert(sqlite_database, ["+3719"], each=lost)
    assert counts(sqlite_database) == [0, 0, 0]
