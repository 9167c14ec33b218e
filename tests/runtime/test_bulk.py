"""Many rows at once are what the same rows one by one would be."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from customers.tables import customers, history
from runtime.sql.bulk import insert_many_once
from runtime.sql.database import reading, writing

AT = datetime(2030, 3, 5, 8, 15, 0, 123000, UTC)


def customer(name: str) -> dict[str, object]:
    return {"id": f"cu_{name}", "name": name, "language": None, "created_at": AT}


def test_only_new_rows_are_inserted_and_told(database: Engine) -> None:
    odd = {**customer("odd"), "name": '\'; DROP TABLE customers; -- %s ? \\ "Анна" 🙂'}
    with writing(database) as connection:
        assert insert_many_once(connection, customers, [customer("a"), odd], "id") == [("cu_a",), (odd["id"],)]
        assert insert_many_once(connection, customers, [customer("a"), customer("b")], "id") == [("cu_b",)]
        assert insert_many_once(connection, customers, [customer("c"), customer("c")], "id") == [("cu_c",)]
        assert insert_many_once(connection, customers, [], "id") == []
    with reading(database) as connection:
        rows = connection.execute(sa.select(customers)).all()
    assert {row.name for row in rows} == {"a", "b", "c", odd["name"]}
    assert {(row.language, row.created_at) for row in rows} == {(None, AT)}


def test_json_columns_hold_the_same_values(database: Engine) -> None:
    data = {"path": ["a", "b (1)"], "seconds": 12, "deep": {"x": None, "y": True, "z": 0.5}, "text": "true"}
    with writing(database) as connection:
        insert_many_once(connection, customers, [customer("a")], "id")
        row = {
            "id": "hi_1",
            "customer_id": "cu_a",
            "at": AT,
            "kind": "x",
            "summary": "y",
            "call_id": None,
            "callback_id": None,
            "voicemail_id": None,
            "data": data,
        }
        insert_many_once(connection, history, [row, {**row, "id": "hi_2", "data": {}}], "id")
    with reading(database) as connection:
        stored = connection.execute(sa.select(history.c.data).order_by(history.c.id)).scalars().all()
    assert stored == [data, {}]
