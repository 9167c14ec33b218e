"""Copies the data folder of one machine while it runs, and restores it while it does not.

What is copied takes its place when it is whole, so a failure leaves nothing behind. Links are never followed.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from runtime.config import Settings
from runtime.sql.migrate import NEWEST

DATABASE = "ringback.sqlite3"
_MANIFEST = "backup.json"
# Besides the database: the secret key, the account of the line, the live flows, and what was recorded.
_FILES = ("secret.key", "line.json", "flows.live")
_FOLDERS = ("recordings", "emergency", "spool", "prompts")
_DATED = re.compile(r"ringback-\d{4}-\d{2}-\d{2}-\d{6}")


class BackupRefused(Exception):
    """The copy cannot be made or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    """The result of a copy."""

    folder: Path
    messages: int
    recordings: int
    bytes: int
    removed: int = 0


def back_up(settings: Settings, folder: Path) -> Backup:
    """Copy database and recordings to a new folder while everything runs. Raises BackupRefused.

    The database comes first, so the copy has the audio of every message in it. The index is rebuilt from the database.
    """
    source = _database_of(settings)
    if folder.is_dir() and any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty; name a new folder, or keep dated copies in it with --keep 14")
    if folder.resolve().is_relative_to(settings.data_dir.resolve()):
        raise BackupRefused(f"{folder} lies in the data folder {settings.data_dir}; name a folder elsewhere")
    with _whole(folder) as copy:
        _copy_database(source, copy / DATABASE)
        for name in _FILES:
            if _is_file(settings.data_dir / name):
                shutil.copyfile(settings.data_dir / name, copy / name)
        for name in _FOLDERS:
            _copy_folder(settings.data_dir / name, copy / name)
        made = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), "tables": NEWEST}
        (copy / _MANIFEST).write_text(json.dumps(made))
        _check(copy)
    files = [path for path in folder.rglob("*") if path.is_file()]
    recordings = [path for path in files if path.is_relative_to(folder / "recordings")]
    return Backup(
        folder, _count_messages(folder / DATABASE), len(recordings), sum(path.stat().st_size for path in files)
    )


def back_up_dated(settings: Settings, folder: Path, keep: int, now: datetime) -> Backup:
    """Make a copy named by its time in `folder`, then remove the oldest such copies beyond `keep`. Raises BackupRefused."""
    made = back_up(settings, folder / f"ringback-{now:%Y-%m-%d-%H%M%S}")
    dated = sorted(path for path in folder.iterdir() if _DATED.fullmatch(path.name) and not path.is_symlink())
    old = dated[:-keep]
    for each in old:
        shutil.rmtree(each)
    return replace(made, removed=len(old))


def restore(settings: Settings, folder: Path) -> str:
    """Restore a copy into an empty data folder; return when it was made. Raises BackupRefused, and then changes nothing.

    The reconciler then fetches newer calls and messages from the provider, as far as the provider has them.
    """
    target = _database_of(settings, must_exist=False)
    if target.exists():
        raise BackupRefused(f"{settings.data_dir} contains a database; move the folder away, or set RINGBACK_DATA_DIR")
    made_at = _check(folder)
    _refuse_running(settings)
    _refuse_foreign(settings.data_dir)
    with _whole(settings.data_dir) as fresh:
        for name in (DATABASE, *_FILES):
            if _is_file(folder / name):
                shutil.copyfile(folder / name, fresh / name)
        for name in _FOLDERS:
            _copy_folder(folder / name, fresh / name)
    return made_at


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder to fill; what lies in it goes to `folder` when it is whole. Raises BackupRefused.

    It lies inside, so that `folder` may be a mounted volume.
    """
    is_new = not folder.exists()
    fresh = folder / f".{uuid.uuid4().hex[:8]}.new"
    try:
        fresh.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise BackupRefused(f"{folder} cannot be written ({error.strerror})") from None
    is_whole = False
    try:
        yield fresh
        for path in sorted(fresh.iterdir(), key=lambda path: path.name in (DATABASE, _MANIFEST)):
            path.rename(folder / path.name)
        is_whole = True
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(f"{folder} cannot be written ({error})") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if is_new and not is_whole:
            shutil.rmtree(folder, ignore_errors=True)


def _copy_database(source: Path, copy: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as fresh:
            live.backup(fresh)
    except sqlite3.Error as error:
        raise BackupRefused(
            f"{source} is damaged ({error}); restore the last good copy with `ringback restore`"
        ) from None
    _check_database(copy, "restore the last good copy with `ringback restore`")


def _count_messages(path: Path) -> int:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM voicemails").fetchone()[0])


def _copy_folder(source: Path, target: Path) -> None:
    """Copy the plain files of a folder. Links, pipes and devices are left out."""
    if source.is_symlink() or not source.is_dir():
        return
    for path in source.rglob("*"):
        inside = path.relative_to(source)
        if _is_file(path) and not any((source / parent).is_symlink() for parent in inside.parents):
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / inside, follow_symlinks=False)


def _check(folder: Path) -> str:
    """Check that a folder holds a whole backup; return when it was made. Raises BackupRefused."""
    manifest, database = folder / _MANIFEST, folder / DATABASE
    if not _is_file(manifest) or not _is_file(database):
        raise BackupRefused(
            f"{folder} is not a backup of Ringback: {_MANIFEST} and {DATABASE} must be plain files in it"
        )
    try:
        written = json.loads(manifest.read_text("utf-8"))
        made_at, tables = str(written["made_at"]), str(written["tables"])
        datetime.fromisoformat(made_at)
    except (ValueError, KeyError, TypeError):
        raise BackupRefused(f"{manifest} cannot be read; use another copy") from None
    if tables > NEWEST:
        raise BackupRefused(f"{folder} was made by a newer version (tables {tables}, here {NEWEST}); upgrade first")
    _check_database(database, "use another copy")
    return made_at


def _check_database(path: Path, remedy: str) -> None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            said = database.execute("PRAGMA quick_check").fetchone()
            database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        said = (str(error),)
    if said != ("ok",):
        raise BackupRefused(f"the database {path} is damaged ({said[0]}); {remedy}")


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _refuse_foreign(data: Path) -> None:
    """Refuse a data folder that holds what a restored one would replace."""
    found = [name for name in (*_FILES, *_FOLDERS) if (data / name).exists()]
    if found:
        raise BackupRefused(f"{data} contains {', '.join(found)}; move the folder away, or set RINGBACK_DATA_DIR")


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
