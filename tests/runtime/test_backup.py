"""A copy taken while people ring is whole, and put back it is the same house."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from customers.tables import customers
from runtime.backup import BackupRefused, back_up, restore
from runtime.config import Settings
from runtime.embedded import EmbeddedRedis
from runtime.secret import secret_key
from runtime.sql.database import insert_once, open_database, reading, writing
from runtime.sql.migrate import upgrade


def test_a_copy_taken_under_writes_is_whole_and_can_be_put_back(tmp_path: Path) -> None:
    live = Settings(data_dir=tmp_path / "live")
    key = secret_key("", live.data_dir)
    upgrade(live.sql_url)
    (live.recordings_dir / "ab").mkdir(parents=True)
    (live.recordings_dir / "ab" / "cd.wav").write_bytes(b"RIFF")
    engine = open_database(live.sql_url)
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        while not stop.is_set():
            with writing(engine) as connection:
                insert_once(connection, customers, id=f"cu_{len(written)}", name="", created_at=datetime.now(UTC))
            written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    while len(written) < 20:
        pass
    before = len(written)
    made = back_up(live, tmp_path / "copy")
    stop.set()
    writer.join()
    engine.dispose()
    assert made.recordings == 1

    again = Settings(data_dir=tmp_path / "again")
    restore(again, tmp_path / "copy")
    assert secret_key("", again.data_dir) == key
    assert (again.recordings_dir / "ab" / "cd.wav").read_bytes() == b"RIFF"
    engine = open_database(again.sql_url)
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(customers)).scalar_one() >= before
    engine.dispose()


def test_a_copy_is_not_put_over_a_house_that_stands_or_runs(tmp_path: Path) -> None:
    live = Settings(data_dir=tmp_path / "live")
    upgrade(live.sql_url)
    back_up(live, tmp_path / "copy")
    with pytest.raises(BackupRefused, match="contains a database"):
        restore(live, tmp_path / "copy")
    with pytest.raises(BackupRefused, match="not empty"):
        back_up(live, tmp_path / "copy")
    running = Settings(data_dir=tmp_path / "r")
    with EmbeddedRedis(running.data_dir / "queue", tmp_path / "s"), pytest.raises(BackupRefused, match="end it first"):
        restore(running, tmp_path / "copy")


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="not a backup"):
        restore(Settings(data_dir=tmp_path / "x"), tmp_path)
    with pytest.raises(BackupRefused, match="pg_dump"):
        back_up(Settings(database_url="postgresql://x@y/z"), tmp_path / "copy")
