"""The SQL database: SQLite in the data folder, or PostgreSQL by its URL; the same code on both."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.sql.dml import Insert

from runtime.moments import from_ms, to_ms

metadata = sa.MetaData()

# A page that is written often goes to the database file once per checkpoint: at SQLite's own 1,000 pages the checkpoints cost
# twice as much as the turns themselves (docs/performance.md). 8,000 pages are a log of 32 MB.
SQLITE_CHECKPOINT_PAGES = 8_000
# What a connection may keep in memory. With SQLite's own 2 MB a batch of first turns read a third of its pages again.
SQLITE_CACHE_KIB = 16_000
# Waiting longer than this for the one writer of SQLite means that something else holds the file.
SQLITE_BUSY_TIMEOUT_MS = 5_000
# What each connection begins with.
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA wal_autocheckpoint={SQLITE_CHECKPOINT_PAGES}",
    f"PRAGMA cache_size=-{SQLITE_CACHE_KIB}",
    "PRAGMA foreign_keys=ON",
)
# After this a thread tries without the lock, and SQLite says what is wrong.
SQLITE_LOCK_TIMEOUT_SECONDS = 20.0

_write_locks: dict[str, threading.Lock] = {}  # by file: a process opens it more than once


class Moment(sa.types.TypeDecorator[datetime]):
    """A point in time: an aware datetime here, whole milliseconds since 1970 in SQL, so that both databases order it alike."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return to_ms(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else from_ms(value)


def open_database(url: str, pool_size: int = 5) -> Engine:
    """Open an engine whose SQLite connections are durable (WAL, synchronous=FULL) and whose writes begin as writers.

    Use `reading` and `writing` below; a plain `engine.begin()` on SQLite is a reader until its first write and may then fail.
    """
    if url.startswith("sqlite"):
        # The connection used last knows the pages that the next transaction needs: a quarter more commits (measured).
        engine = sa.create_engine(
            url,
            pool_size=pool_size,
            max_overflow=10,
            pool_timeout=10,
            pool_use_lifo=True,
            json_serializer=_json,
            json_deserializer=orjson.loads,
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = sa.create_engine(
            url,
            pool_size=pool_size,
            max_overflow=10,
            pool_timeout=10,
            pool_pre_ping=True,
            json_serializer=_json,
            connect_args={"connect_timeout": 5},
        )
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent view for reading."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: committed at the end, rolled back when an exception passes."""
    with write_lock(engine), engine.connect() as connection:
        connection = connection.execution_options(ringback_writes=True)
        with connection.begin():
            yield connection


@contextmanager
def write_lock(engine: Engine) -> Iterator[None]:
    """Let the threads of this process write to SQLite one after another.

    SQLite's own waiting is a poll that is not fair: with 40 threads some starve for 5 seconds and fail (measured). Other
    processes still meet at its lock.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    lock = _write_locks.setdefault(engine.url.database or "", threading.Lock())
    has_lock = lock.acquire(timeout=SQLITE_LOCK_TIMEOUT_SECONDS)
    try:
        yield
    finally:
        if has_lock:
            lock.release()


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """A part of a transaction that goes back alone when it fails, and leaves the rest standing.

    As SQLAlchemy's begin_nested, which compiles its two statements anew each time and costs as much as writing the rows.
    """
    connection.exec_driver_sql("SAVEPOINT part")
    try:
        yield
    except OperationalError:
        raise  # the database is away, and the whole transaction with it
    except BaseException:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
        connection.exec_driver_sql("RELEASE SAVEPOINT part")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT part")


def insert_once(connection: Connection, table: sa.Table, **values: Any) -> bool:
    """Insert a row unless one with the same key exists; tell whether it was inserted."""
    statement = insert_or_ignore(connection.dialect.name, table).values(**values)
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def insert_or_ignore(dialect: str, table: sa.Table) -> Insert:
    """An INSERT that leaves existing rows as they are, in the database's own words."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout.
    writes = connection.get_execution_options().get("ringback_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
