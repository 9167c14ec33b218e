"""Rows of several tables by one statement: all or none, and committed at once."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from customers.tables import customer_numbers, customers, history
from runtime.database import reading, single
from runtime.together import Together

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROWS = Together(customers, customer_numbers, history)


def customer(name: str) -> dict[str, Any]:
    return {"id": name, "name": "Anna 'x' \"y\" ☎", "language": None, "created_at": AT}


def number(of: str) -> dict[str, Any]:
    return {"number": f"+371{of[3:]}", "customer_id": of, "source": "caller_id", "added_at": AT}


def line(of: str) -> dict[str, Any]:
    return {"id": f"hi_{of}", "customer_id": of, "at": AT, "kind": "k", "summary": "s", "data": {"a": [1, "ü"]}}


def insert(engine: Engine, *of: str) -> None:
    with single(engine, writes=True) as connection:
        ROWS.insert(connection, [customer(each) for each in of], [number(each) for each in of], [line(of[0])])


def counts(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return [
            connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (customers, customer_numbers, history)
        ]


def test_all_rows_are_there_for_everybody_when_the_call_returns(sqlite_database: Engine) -> None:
    insert(sqlite_database, "cu_1", "cu_2")
    insert(sqlite_database, "cu_3")
    with sqlite3.connect(str(sqlite_database.url.database)) as other:
        assert other.execute("SELECT count(*) FROM customers").fetchone() == (3,)
    assert counts(sqlite_database) == [3, 3, 2]
    with reading(sqlite_database) as connection:
        stored = connection.execute(sa.select(history).order_by(history.c.number)).first()
        name = connection.scalar(sa.select(customers.c.name).where(customers.c.id == "cu_2"))
    assert stored is not None
    assert (stored.at, stored.data, stored.call_id) == (AT, {"a": [1, "ü"]}, None)
    assert name == "Anna 'x' \"y\" ☎"


def test_one_row_that_stands_there_keeps_all_others_out(sqlite_database: Engine) -> None:
    insert(sqlite_database, "cu_1")
    for of in (("cu_2", "cu_1"), ("cu_2", "cu_2")):
        with pytest.raises(sa.exc.IntegrityError, match="UNIQUE"):
            insert(sqlite_database, *of)
    with pytest.raises(sa.exc.IntegrityError), single(sqlite_database, writes=True) as connection:
        ROWS.insert(connection, [customer("cu_2")], [number("cu_2")], [line("cu_1")])  # the last table refuses
    assert counts(sqlite_database) == [1, 1, 1]
    insert(sqlite_database, "cu_2")
    assert counts(sqlite_database) == [2, 2, 2]


def test_a_row_of_nobody_is_refused(sqlite_database: Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY"), single(sqlite_database, writes=True) as connection:
        ROWS.insert(connection, [], [number("cu_9")], [])
    assert counts(sqlite_database) == [0, 0, 0]


def test_a_connection_that_wrote_this_way_begins_transactions_as_before(sqlite_database: Engine) -> None:
    insert(sqlite_database, "cu_1")
    with pytest.raises(ZeroDivisionError), sqlite_database.begin() as connection:
        connection.execute(customers.delete().where(customers.c.id == "cu_none"))
        connection.execute(sa.update(customers).values(name="changed"))
        _ = 1 / 0
    with reading(sqlite_database) as connection:
        assert connection.scalar(sa.select(customers.c.name)) != "changed"
