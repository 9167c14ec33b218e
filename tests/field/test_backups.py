"""Backups as operators make and restore them: every night, into wrong places, from damaged and strange folders."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime.backup import BackupRefused, back_up, back_up_dated, restore
from runtime.config import Settings
from runtime.secret import secret_key
from runtime.sql.migrate import upgrade

NOW = datetime(2030, 3, 5, 3, 15, tzinfo=UTC)


@pytest.fixture
def live(tmp_path: Path) -> Settings:
    """A data folder with a database, a key and a recording."""
    settings = Settings(data_dir=tmp_path / "live")
    secret_key("", settings.data_dir)
    upgrade(settings.sql_url)
    (settings.recordings_dir / "ab").mkdir(parents=True)
    (settings.recordings_dir / "ab" / "cd.wav").write_bytes(b"RIFF")
    return settings


@pytest.fixture
def copy(live: Settings, tmp_path: Path) -> Path:
    return back_up(live, tmp_path / "copy").folder


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_nightly_backup_works_in_the_third_week_and_keeps_fourteen(live: Settings, tmp_path: Path) -> None:
    for night in range(20):
        made = back_up_dated(live, tmp_path / "nightly", 14, NOW + timedelta(days=night))
    kept = sorted(path.name for path in (tmp_path / "nightly").iterdir())
    assert (len(kept), kept[0], made.removed) == (14, "ringback-2030-03-11-031500", 1)
    restore(Settings(data_dir=tmp_path / "again"), made.folder)


def test_other_folders_beside_nightly_backups_are_left_alone(live: Settings, tmp_path: Path) -> None:
    (tmp_path / "nightly" / "photos").mkdir(parents=True)
    for night in range(3):
        back_up_dated(live, tmp_path / "nightly", 1, NOW + timedelta(days=night))
    assert sorted(path.name for path in (tmp_path / "nightly").iterdir()) == ["photos", "ringback-2030-03-07-031500"]


@pytest.mark.parametrize("place", ["", "recordings", "recordings/backup", "new"])
def test_a_backup_into_the_data_folder_is_refused(live: Settings, place: str) -> None:
    before = everything(live.data_dir)
    with pytest.raises(BackupRefused):
        back_up(live, live.data_dir / place)
    assert everything(live.data_dir) == before


def test_a_backup_onto_a_file_is_refused_in_one_sentence(live: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BackupRefused, match="cannot be written"):
        back_up(live, tmp_path / "file")
    with pytest.raises(BackupRefused, match="cannot be written"):
        back_up(live, tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_damaged_database_is_named_and_leaves_no_copy(live: Settings, tmp_path: Path) -> None:
    database = live.data_dir / "ringback.sqlite3"
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 20_000)
    with pytest.raises(BackupRefused, match="damaged"):
        back_up(live, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_restored_folder_follows_no_link_and_takes_only_what_a_backup_holds(copy: Path, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "shadow").write_text("hashes")
    (copy / "shadow.txt").symlink_to(secret / "shadow")
    (copy / "recordings" / "linked").symlink_to(secret)
    (copy / "recordings" / "ab" / "ef.wav").symlink_to(secret / "shadow")
    (copy / "models").mkdir()
    (copy / "models" / "evil").write_text("x")
    os.mkfifo(copy / "recordings" / "pipe")
    again = Settings(data_dir=tmp_path / "again")
    restore(again, copy)
    assert everything(again.data_dir / "recordings") == ["ab", "ab/cd.wav"]
    assert not (again.data_dir / "shadow.txt").exists()
    assert not (again.data_dir / "models").exists()


@pytest.mark.parametrize("linked", ["recordings", "ringback.sqlite3", "secret.key", "backup.json"])
def test_a_linked_part_of_a_backup_is_never_followed(copy: Path, tmp_path: Path, linked: str) -> None:
    (copy / linked).rename(tmp_path / "elsewhere")
    (copy / linked).symlink_to(tmp_path / "elsewhere")
    again = Settings(data_dir=tmp_path / "again")
    if linked in ("ringback.sqlite3", "backup.json"):
        with pytest.raises(BackupRefused, match="plain files"):
            restore(again, copy)
        assert not again.data_dir.exists()
    else:
        restore(again, copy)
        assert not (again.data_dir / linked).exists()


@pytest.mark.parametrize(
    "manifest", ["{", "{}", "[]", '{"made_at": "yesterday", "tables": "0001"}', '{"made_at": 5, "tables": 1}', "\xff"]
)
def test_a_damaged_manifest_is_refused_before_anything_is_written(copy: Path, tmp_path: Path, manifest: str) -> None:
    (copy / "backup.json").write_text(manifest, "latin-1")
    again = Settings(data_dir=tmp_path / "again")
    with pytest.raises(BackupRefused, match=r"cannot be read"):
        restore(again, copy)
    assert not again.data_dir.exists()


def test_a_backup_of_a_newer_version_is_refused(copy: Path, tmp_path: Path) -> None:
    written = json.loads((copy / "backup.json").read_text())
    (copy / "backup.json").write_text(json.dumps(written | {"tables": "9999"}))
    with pytest.raises(BackupRefused, match="newer version"):
        restore(Settings(data_dir=tmp_path / "again"), copy)


@pytest.mark.parametrize("damage", ["empty", "garbage", "cut", "middle"])
def test_a_damaged_database_is_not_restored(copy: Path, tmp_path: Path, damage: str) -> None:
    database = copy / "ringback.sqlite3"
    whole = database.read_bytes()
    damaged = {
        "empty": b"",
        "garbage": b"x" * 9000,
        "cut": whole[: len(whole) // 2],
        "middle": whole[:4096] + b"\xff" * 20_000 + whole[24_096:],
    }
    database.write_bytes(damaged[damage])
    again = Settings(data_dir=tmp_path / "again")
    with pytest.raises(BackupRefused, match="damaged"):
        restore(again, copy)
    assert not again.data_dir.exists()
    database.write_bytes(whole)
    restore(again, copy)
    with sqlite3.connect(again.data_dir / "ringback.sqlite3") as restored:
        assert restored.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_models_that_are_here_already_stay_after_a_restore(copy: Path, tmp_path: Path) -> None:
    again = Settings(data_dir=tmp_path / "again")
    (again.data_dir / "models" / "ko").mkdir(parents=True)
    restore(again, copy)
    assert (again.data_dir / "models" / "ko").is_dir()
    assert (again.data_dir / "ringback.sqlite3").is_file()
