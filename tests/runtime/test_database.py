"""Both databases hold what they are told, and a SQLite write begins as a writer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from customers.tables import customers
from runtime.sql.database import insert_once, reading, savepoint, writing
from runtime.sql.outbox import deliver, enqueue, outbox


def test_a_moment_comes_back_in_utc_to_the_millisecond(database: Engine) -> None:
    riga = timezone(timedelta(hours=2))
    with writing(database) as connection:
        insert_once(connection, customers, id="cu_1", name="", created_at=datetime(2026, 3, 1, 12, 0, 0, 123000, riga))
    with reading(database) as connection:
        stored = connection.execute(sa.select(customers.c.created_at)).scalar_one()
    assert stored == datetime(2026, 3, 1, 10, 0, 0, 123000, UTC)


def test_a_time_without_a_zone_is_refused(database: Engine) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a zone"), writing(database) as connection:
        insert_once(connection, customers, id="cu_1", name="", created_at=datetime(2026, 3, 1))  # noqa: DTZ001


def test_a_row_is_inserted_once(database: Engine) -> None:
    now = datetime.now(UTC)
    with writing(database) as connection:
        assert insert_once(connection, customers, id="cu_1", name="first", created_at=now)
        assert not insert_once(connection, customers, id="cu_1", name="second", created_at=now)
        assert connection.execute(sa.select(customers.c.name)).scalar_one() == "first"


def test_concurrent_read_then_write_transactions_do_not_fail(database: Engine) -> None:
    """A deferred SQLite transaction would fail here with SQLITE_BUSY_SNAPSHOT."""
    with writing(database) as connection:
        insert_once(connection, customers, id="cu_1", name="0", created_at=datetime.now(UTC))

    def add_one(_: int) -> None:
        with writing(database) as connection:
            locked = sa.select(customers.c.name).with_for_update()
            name = connection.execute(locked).scalar_one()
            connection.execute(customers.update().values(name=str(int(name) + 1)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(80)))
    with reading(database) as connection:
        assert connection.execute(sa.select(customers.c.name)).scalar_one() == "80"


def test_an_outbox_entry_is_delivered_only_if_its_transaction_was_committed(database: Engine) -> None:
    heard: list[object] = []
    with pytest.raises(ZeroDivisionError), writing(database) as connection:
        enqueue(connection, "bell", {"n": 1})
        _ = 1 / 0
    with writing(database) as connection:
        enqueue(connection, "bell", {"n": 2})
    assert deliver(database, {"bell": heard.append}) == 1
    assert heard == [{"n": 2}]
    assert deliver(database, {"bell": heard.append}) == 0


def test_a_failing_outbox_entry_waits_and_the_others_go_on(database: Engine) -> None:
    heard: list[object] = []

    def ring(payload: dict[str, object]) -> None:
        if payload["n"] == 1:
            raise ConnectionError("away")
        heard.append(payload["n"])

    with writing(database) as connection:
        for number in (1, 2, 3):
            enqueue(connection, "bell", {"n": number})
    assert deliver(database, {"bell": ring}) == 2
    assert heard == [2, 3]
    with reading(database) as connection:
        (left,) = connection.execute(sa.select(outbox)).all()
    assert left.payload == {"n": 1}
    assert left.tries == 1
    assert left.not_before > datetime.now(UTC)


def test_a_part_that_fails_goes_back_alone(database: Engine) -> None:
    with writing(database) as connection:
        insert_once(connection, customers, id="cu_before", name="", created_at=datetime.now(UTC))
        with pytest.raises(sa.exc.IntegrityError), savepoint(connection):
            insert_once(connection, customers, id="cu_within", name="", created_at=datetime.now(UTC))
            connection.execute(customers.insert().values(id="cu_before", name="", created_at=datetime.now(UTC)))
        with savepoint(connection):
            insert_once(connection, customers, id="cu_after", name="", created_at=datetime.now(UTC))
    with reading(database) as connection:
        assert set(connection.scalars(sa.select(customers.c.id))) == {"cu_before", "cu_after"}
