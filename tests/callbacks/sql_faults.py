"""What may be wrong with SQL, where SQLAlchemy and its driver meet: the rest of the way is the real one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError


@contextmanager
def away(engine: Engine, *, only_writes: bool = False) -> Iterator[None]:
    """No transaction begins, or none that writes."""

    def refuse(connection: Connection) -> None:
        if not only_writes or connection.get_execution_options().get("ringback_writes"):
            raise OperationalError("BEGIN", {}, Exception("the database went away"))

    sa.event.listen(engine, "begin", refuse)
    try:
        yield
    finally:
        sa.event.remove(engine, "begin", refuse)


@contextmanager
def lost_word(engine: Engine) -> Iterator[None]:
    """The next commit that writes is made, but its answer is lost on the way."""
    commit = engine.dialect.do_commit
    writes = threading.Event()

    def note(connection: Connection) -> None:
        if connection.get_execution_options().get("ringback_writes"):
            writes.set()

    def forget(connection: Any) -> None:
        commit(connection)
        if writes.is_set():
            engine.dialect.do_commit = commit  # type: ignore[method-assign]
            raise engine.dialect.loaded_dbapi.OperationalError("the connection was lost after COMMIT was sent")

    sa.event.listen(engine, "commit", note)
    engine.dialect.do_commit = forget  # type: ignore[method-assign,assignment]  # where the driver is asked
    try:
        yield
    finally:
        engine.dialect.do_commit = commit  # type: ignore[method-assign]
        sa.event.remove(engine, "commit", note)
