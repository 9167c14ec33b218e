"""The database of a drill, and its outages: a held write lock, a frozen server, a killed server."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Literal, Protocol

from drill.processes import wait_for
from runtime.children import start_child

Manner = Literal["held", "frozen", "killed"]
START_SECONDS = 60.0


class Database(Protocol):
    """A database that the drill controls. `outages` are the ways in which it can be away."""

    url: str
    outages: tuple[Manner, ...]

    def take_away(self, outage: Manner) -> None: ...

    def bring_back(self) -> None: ...

    def stop(self) -> None: ...


class SqliteDatabase:
    """SQLite. Its outage is a held write lock, as by a backup that hangs."""

    outages: tuple[Manner, ...] = ("held",)

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ringback.sqlite3"
        self.url = f"sqlite:///{self._path}"
        self._holder: sqlite3.Connection | None = None

    def take_away(self, outage: Manner) -> None:
        self._holder = sqlite3.connect(self._path, isolation_level=None, timeout=30)
        self._holder.execute("BEGIN EXCLUSIVE")

    def bring_back(self) -> None:
        if self._holder is not None:
            self._holder.execute("ROLLBACK")
            self._holder.close()
            self._holder = None

    def stop(self) -> None:
        self.bring_back()


class PostgresDatabase:
    """A PostgreSQL server in `folder`, with its default durability. Raises FileNotFoundError."""

    outages: tuple[Manner, ...] = ("frozen", "killed")

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "postgres"
        self._folder.mkdir()
        self._data = self._folder / "data"
        self._programs = _programs()
        self._as_owner: list[str | Path] = []
        self._owner_dies_with_us: list[str | Path] = []
        if os.getuid() == 0:  # the server refuses to run as root
            shutil.chown(self._folder, "postgres", "postgres")
            _open_the_way_to(self._folder)
            self._as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            self._owner_dies_with_us = [*self._as_owner, "--pdeathsig", "KILL"]
        self.url = f"postgresql+psycopg://ringback@/postgres?host={self._folder}"
        self._run("initdb", "-D", self._data, "-U", "ringback", "-A", "trust", "-E", "UTF8")
        self._server = self._start()
        self._is_frozen = False

    def take_away(self, outage: Manner) -> None:
        if outage == "frozen":
            self._is_frozen = True
            self._signal_all(signal.SIGSTOP)
        else:  # as by a power cut: the next start recovers from the log
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(30)

    def bring_back(self) -> None:
        if self._is_frozen:
            self._signal_all(signal.SIGCONT)
            self._is_frozen = False
        elif self._server.poll() is not None:
            self._server = self._start()

    def stop(self) -> None:
        self.bring_back()
        self._server.send_signal(signal.SIGQUIT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._server.wait(10)

    def _start(self) -> subprocess.Popen[bytes]:
        options = [
            *("-c", "listen_addresses="),
            *("-c", f"unix_socket_directories={self._folder}"),
            *("-c", "max_connections=200"),
        ]
        with (self._folder.parent / "postgres.log").open("ab") as output:
            server = start_child(
                [*self._owner_dies_with_us, self._programs / "postgres", "-D", self._data, *options],
                output=output,
                folder=self._folder,
            )
        wait_for("PostgreSQL answers", self._answers, START_SECONDS)
        return server

    def _answers(self) -> bool:
        asked = subprocess.run(
            [self._programs / "pg_isready", "-q", "-h", self._folder, "-U", "ringback", "-d", "postgres"], check=False
        )
        return asked.returncode == 0

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [*self._as_owner, self._programs / program, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder)

    def _signal_all(self, number: signal.Signals) -> None:
        """Signal the server first, so that it starts no more processes, then those of its connections."""
        self._server.send_signal(number)
        for pid in children_of(self._server.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def children_of(parent: int) -> list[int]:
    """The child processes of all threads of a process; empty when it has ended."""
    found: list[int] = []
    for thread in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, thread.read_text().split())
    return found


def _programs() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = installed[-1] if installed else shutil.which("initdb")
    if found is None:
        raise FileNotFoundError("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return Path(found).resolve().parent


def _open_the_way_to(folder: Path) -> None:
    """Let the user of the server enter the temporary folder."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == 0 and not each.stat().st_mode & 0o001:
            each.chmod(each.stat().st_mode | 0o011)


def wait_until_it_writes(url: str, seconds: float) -> None:
    """Wait until a writing transaction succeeds."""
    import sqlalchemy as sa

    from runtime.sql.database import open_database, writing

    engine = open_database(url)
    give_up = time.monotonic() + seconds
    try:
        while True:
            try:
                with writing(engine) as connection:
                    connection.execute(sa.text("SELECT 1"))
                return
            except sa.exc.SQLAlchemyError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)
    finally:
        engine.dispose()
