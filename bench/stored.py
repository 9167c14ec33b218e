"""Measures the queries of a turn, of a claim by SQL and of the clock, with few and with many stored callbacks.

    .venv/bin/python -m bench.stored [--stored 1000000] [--repeats 300] [--database postgresql+psycopg://…] [--folder FOLDER]

The database must be empty; it is filled and emptied again. Prints medians and their ratio to an empty database.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

import callbacks.tables
import customers.tables
import runtime.sql.outbox
from callbacks.backlog import backlog, count_queues
from callbacks.clock import Clock
from callbacks.ready import next_ready
from ivr.calls.callers import look_up
from runtime.sql.database import metadata, open_database, reading, writing

assert all((callbacks.tables, customers.tables, runtime.sql.outbox))

# Callbacks of one INSERT.
_STEP = 50_000
# 1 March 2030: all are due after it, a second apart.
_BEGIN_MS = 1_898_553_600_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--stored", type=int, default=1_000_000)
    arguments.add_argument("--repeats", type=int, default=300)
    arguments.add_argument("--database", default="")
    arguments.add_argument("--folder", type=Path)
    asked = arguments.parse_args()
    found: dict[str, dict[str, float]] = {}
    tenth = asked.stored // 10
    for what, live, closed in (
        ("none", 0, 0),
        ("1,000, all live", 1_000, 0),
        (f"{asked.stored}, a tenth live", tenth, asked.stored - tenth),
        (f"{asked.stored}, all live", asked.stored, 0),
    ):
        with tempfile.TemporaryDirectory(prefix="rb-stored-", dir=asked.folder) as name:
            engine = open_database(asked.database or f"sqlite:///{name}/stored.sqlite3")
            with emptied(engine):
                fill(engine, live, closed)
                count_queues(engine, datetime.now(UTC))
                found[what] = {step: median_us(ask, asked.repeats) for step, ask in questions(engine).items()}
                began = time.monotonic()
                count_queues(engine, datetime.now(UTC) + timedelta(hours=1))
                found[what]["the count of all queues, once a minute"] = (time.monotonic() - began) * 1e6
            engine.dispose()
    empty = found["none"]
    for step in empty:
        print(
            step,
            *(f"{what}: {us[step]:.0f} µs ({us[step] / empty[step]:.2f})" for what, us in found.items()),
            sep="\n  ",
        )


def questions(engine: Engine) -> dict[str, Callable[[], object]]:
    """The queries of a turn, of a claim without the index, and of the clock."""
    clock = Clock(engine, None)
    callers = [f"+3712000000{number}" for number in range(3)]
    with reading(engine) as connection:
        callers += connection.scalars(sa.select(customers.tables.customer_numbers.c.number).limit(1)).all()

    def ask(question: Callable[[Connection], object]) -> None:
        with reading(engine) as connection:
            question(connection)

    return {
        "backlog of a queue": partial(ask, lambda connection: backlog(connection, "desk")),
        "who four callers are": partial(ask, lambda connection: look_up(connection, callers)),
        "next by SQL, one queue": partial(ask, lambda connection: next_ready(connection, ["desk"])),
        "next by SQL, all queues": partial(ask, lambda connection: next_ready(connection, None)),
        "a second of the clock": lambda: clock.tick(datetime.now(UTC)),
    }


def median_us(ask: Callable[[], object], repeats: int) -> float:
    for _ in range(20):
        ask()
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e6


@contextmanager
def emptied(engine: Engine) -> Iterator[None]:
    """Create all tables and drop them afterwards. Refuses a database that has tables."""
    if sa.inspect(engine).get_table_names():
        raise SystemExit(f"{engine.url} is not empty; give this an empty database")
    metadata.create_all(engine)
    try:
        yield
    finally:
        if engine.dialect.name == "postgresql":
            metadata.drop_all(engine)


def fill(engine: Engine, live: int = 0, closed: int = 0, queue: str = "desk") -> None:
    """Store callbacks of as many customers, each with a promise and a history event; closed ones come first."""
    total = live + closed
    for first in range(0, total, _STEP):
        with writing(engine) as connection:
            _fill(connection, first, min(first + _STEP, total), closed, queue)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE")  # which it does itself after a while; SQLite does not
            connection.exec_driver_sql("CHECKPOINT")
    if engine.dialect.name == "sqlite":
        own = engine.raw_connection()
        own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        own.close()


def _fill(connection: Connection, first: int, end: int, closed: int, queue: str) -> None:
    if connection.dialect.name == "postgresql":
        numbers = f"(SELECT n FROM generate_series({first}, {end - 1}) AS n) AS numbers"
        name = "md5(n::text)"
        number = "'+9' || lpad(n::text, 12, '0')"
    else:
        numbers = (
            f"(WITH RECURSIVE upto(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM upto WHERE n + 1 < {end}) "
            "SELECT n FROM upto) AS numbers"
        )
        number = "printf('+9%012d', n)"
        # As random as a hash for the index, and as long.
        name = "printf('%016x%016x', (n * 2654435761) % 4294967296 * 4294967296, n * 40503)"
    due = f"{_BEGIN_MS} + n * 1000"
    for statement in (
        f"INSERT INTO customers (id, name, created_at) SELECT 'cu_' || {name}, '', {_BEGIN_MS} FROM {numbers}",
        f"INSERT INTO customer_numbers (number, customer_id, source, added_at) "
        f"SELECT {number}, 'cu_' || {name}, 'caller_id', {_BEGIN_MS} FROM {numbers}",
        f"""INSERT INTO callbacks (id, customer_id, number, queue, intent, language, state, sub_state, due_at,
            promised_until, overdue, version, lost_leases, attempts, note, created_at, closed_at, reopened, outcome)
            SELECT 'cb_' || {name}, 'cu_' || {name}, '+37120000001', '{queue}', 'repair', 'en',
            CASE WHEN n < {closed} THEN 'resolved' ELSE 'ready' END, '', {due}, {due}, false, 1, 0, 0, '', {_BEGIN_MS},
            CASE WHEN n < {closed} THEN {due} END, 0, CASE WHEN n < {closed} THEN 'resolved' END FROM {numbers}""",
        f"""INSERT INTO promises (id, callback_id, promised_until, made_at, spoken, ledger, outcome)
            SELECT 'pr_' || {name}, 'cb_' || {name}, {due}, {_BEGIN_MS}, true, '{{}}',
            CASE WHEN n < {closed} THEN 'kept' END FROM {numbers}""",
        f"""INSERT INTO history (id, customer_id, at, kind, summary, callback_id, data)
            SELECT 'hi_' || {name}, 'cu_' || {name}, {_BEGIN_MS}, 'callback.requested', 'Callback wanted',
            'cb_' || {name}, '{{}}' FROM {numbers}""",
    ):
        connection.exec_driver_sql(statement)


if __name__ == "__main__":
    main()
