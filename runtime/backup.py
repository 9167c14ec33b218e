"""Copies the data folder of one machine while it runs, and restores it while it does not."""

from __future__ import annotations

import fcntl
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from runtime.config import Settings
from runtime.sql.migrate import NEWEST

DATABASE = "ringback.sqlite3"
_MANIFEST = "backup.json"
# Besides the database: the secret key, the account of the line, and the recordings.
_FILES = ("secret.key", "line.json", "flows.live")
_FOLDERS = ("recordings", "emergency", "spool")


class BackupRefused(Exception):
    """The copy cannot be made or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    """The result of a copy."""

    folder: Path
    recordings: int
    bytes: int


def back_up(settings: Settings, folder: Path) -> Backup:
    """Copy database and recordings to a new folder while everything runs. Raises BackupRefused.

    The database comes first, so the copy has the audio of every message in it. The index is rebuilt from the database.
    """
    source = _database_of(settings)
    if folder.exists() and any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(folder / DATABASE)) as copy:
        live.backup(copy)
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise BackupRefused(f"the copy of {source} is damaged; look at the disk")
    for name in _FILES:
        if (settings.data_dir / name).is_file():
            shutil.copy2(settings.data_dir / name, folder / name)
    for name in _FOLDERS:
        if (settings.data_dir / name).is_dir():
            shutil.copytree(settings.data_dir / name, folder / name)
    made = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), "tables": NEWEST}
    (folder / _MANIFEST).write_text(json.dumps(made))
    recordings = [path for path in folder.glob("recordings/**/*") if path.is_file()]
    return Backup(folder, len(recordings), sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))


def restore(settings: Settings, folder: Path) -> str:
    """Restore a copy into an empty data folder; return when it was made. Raises BackupRefused.

    The reconciler then fetches newer calls and messages from the provider, as far as the provider has them.
    """
    manifest = folder / _MANIFEST
    if not manifest.is_file() or not (folder / DATABASE).is_file():
        raise BackupRefused(f"{folder} is not a backup of Ringback")
    target = _database_of(settings, must_exist=False)
    if target.exists():
        raise BackupRefused(f"{settings.data_dir} contains a database; move the folder away, or set RINGBACK_DATA_DIR")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    _refuse_running(settings)
    for path in folder.iterdir():
        if path.name == _MANIFEST:
            continue
        if path.is_dir():
            shutil.copytree(path, settings.data_dir / path.name, dirs_exist_ok=True)
        else:
            shutil.copy2(path, settings.data_dir / path.name)
    made_at: str = json.loads(manifest.read_text())["made_at"]
    return made_at


def _database_of(settings: Settings, must_exist: bool = True) -> Path:
    if not settings.sql_url.startswith("sqlite:///"):
        raise BackupRefused("the database is PostgreSQL: use pg_dump and pg_restore, and copy the recordings folder")
    path = Path(settings.sql_url.removeprefix("sqlite:///"))
    if must_exist and not path.is_file():
        raise BackupRefused(f"{path} does not exist. Check RINGBACK_DATA_DIR")
    return path


def _refuse_running(settings: Settings) -> None:
    lock = settings.data_dir / "queue" / "lock"
    if lock.exists():
        with lock.open("r+") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BackupRefused(f"a server runs in {settings.data_dir}; end it first") from None
