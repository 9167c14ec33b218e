"""Two api processes on one SQL database, without their HTTP: they can be killed, and SQL can fail them in four ways."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from ivr.effects import apply_effects
from ivr.journal.journal import Journal
from ivr.journal.spool import Spool
from ivr.journal.turn_record import TurnRecord
from ivr.published_flows import PublishedFlows
from ivr.state import StateSeal
from ivr.turns import Turns
from runtime.sql.database import metadata, writing
from tests.front import OPEN_TUESDAY

# away: nothing answers. read_only: every commit fails. unsure: the next commit is made, and the word of it is lost.
Trouble = Literal["", "away", "read_only", "unsure"]

T = TypeVar("T")

# What may only be said when somebody was failed.
CRIES = (
    "turn.failed",
    "turn.effects_failed",
    "call.not_opened",
    "turn.bad_token",
    "journal.lost",
    "callback.queue_unknown",
)


@dataclass
class Sql:
    """The database and what is wrong with it now."""

    engine: Engine
    trouble: Trouble = ""
    slow: threading.Event | None = None  # a commit waits for this
    _writers: dict[int, bool] = field(default_factory=dict)  # by thread: whether its transaction writes

    def __post_init__(self) -> None:
        sa.event.listen(self.engine, "begin", self._begin)
        self._own = sqlite3.connect(str(self.engine.url.database), isolation_level=None)
        self._commit = self.engine.dialect.do_commit
        self.engine.dialect.do_commit = self._do_commit  # type: ignore[method-assign,assignment]  # where the driver is asked
        emptied = (
            table.name for table in metadata.sorted_tables if table.name not in ("flow_versions", "publications")
        )
        self._empty = f"BEGIN IMMEDIATE; {' '.join(f'DELETE FROM {name};' for name in emptied)} COMMIT"

    def _begin(self, connection: Connection) -> None:
        self._writers[threading.get_ident()] = connection.get_execution_options().get("ringback_writes", False)
        if self.trouble == "away":
            raise sa.exc.OperationalError("BEGIN", None, sqlite3.OperationalError("the database went away"))

    def _do_commit(self, connection: Any) -> None:
        if not self._writers.get(threading.get_ident()):
            self._commit(connection)
            return
        self._be_slow_or_full()
        self._commit(connection)
        if self.trouble == "unsure":
            self.trouble = ""
            raise sqlite3.OperationalError("the connection was lost after COMMIT was sent")

    def _be_slow_or_full(self) -> None:
        if self.slow is not None:
            self.slow.wait(10)
        if self.trouble == "read_only":
            raise sqlite3.OperationalError("the disk is full")

    def glance(self, statement: str, *values: object) -> list[Any]:
        """What stands in SQL now, by a connection of its own: quick enough for after every step, whatever trouble others have."""
        return self._own.execute(statement, values).fetchall()

    def empty(self) -> None:
        """As after the installation, the published flows kept."""
        self.trouble = ""
        self._own.executescript(self._empty)


class Process:
    """The call side of one api process."""

    def __init__(self, house: House) -> None:
        self._spool = Spool(house.folder)
        self.journal = Journal(house.sql.engine, house.follow, lambda: None, self._spool)
        self.turns = Turns(house.published_flows, house.seal, self.journal, house.sql.engine, house.time)
        self.set_patience(30.0)  # a busy test machine is no slow database
        self.turns.look_up_seconds = 30.0
        self.journal.start()
        self.turns.start()

    def set_patience(self, seconds: float) -> None:
        """How long a caller waits for SQL before the turn goes to the spool."""
        self.journal.patience_seconds = seconds

    def catch_up(self) -> None:
        """What the journal's thread does twice a second while it is behind."""
        self.journal._catch_up()

    def kill(self) -> None:
        """End as kill -9 does: what the disk has is all that stays."""
        self.journal._is_behind.clear()
        self.journal._waiting.end()
        self.journal._thread.join()
        self._spool._file.close()
        self.turns.stop()

    def remembers(self, call_id: str, turn: int) -> bool:
        return self.journal.is_behind and (call_id, turn) in self.journal._remembered


class House:
    """Two processes, their SQL, their spools, and the time."""

    def __init__(
        self, sql: Sql, published_flows: PublishedFlows, folder: Path, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.sql, self.published_flows, self.folder, self._loop = sql, published_flows, folder, loop
        self.now = OPEN_TUESDAY
        self.seal = StateSeal("a secret of the tests only")
        self.cries: list[dict[str, Any]] = []
        structlog.configure(processors=[self._listen])
        sql.empty()
        for left in folder.iterdir():
            left.unlink()
        self.processes = [Process(self), Process(self)]

    def time(self) -> datetime:
        return self.now

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def follow(self, connection: Connection, records: Sequence[TurnRecord]) -> bool:
        return apply_effects(connection, records, self.published_flows.company)

    def restart(self, which: int) -> None:
        """kill -9, and the supervisor starts it again."""
        self.processes[which].kill()
        self.processes[which] = Process(self)

    @contextmanager
    def slow_commit(self) -> Iterator[None]:
        """One commit takes longer than a caller is kept waiting; it succeeds in the end."""
        if self.sql.trouble:
            yield
            return
        self.sql.slow = threading.Event()
        for process in self.processes:
            process.set_patience(0.01)
        try:
            yield
        finally:
            for process in self.processes:
                process.set_patience(30.0)
            self.sql.slow.set()
            self.sql.slow = None
            with writing(self.sql.engine):
                pass  # behind the one that was slow

    def calm_down(self) -> None:
        """All trouble is over, everything left behind is written, and a minute has passed."""
        self.sql.trouble = ""
        for process in self.processes:
            process.catch_up()
            assert not process.journal.is_behind
        self.now += timedelta(minutes=1)

    def close(self) -> None:
        for process in self.processes:
            process.kill()
        structlog.reset_defaults()

    def _listen(self, _logger: object, _method: str, event: Any) -> Any:
        if event["event"] in CRIES:
            self.cries.append(dict(event))
        raise structlog.DropEvent
