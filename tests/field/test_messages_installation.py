"""A fault of the installation is never charged to a message: it waits, says for what, and goes on when it is mended."""

from __future__ import annotations

import errno
import hashlib
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.engine import Engine

from runtime.sql.database import reading
from tests.voicemail.conftest import Web, reply, wav
from voicemail import mailbox, steps
from voicemail.audio import recording_audio
from voicemail.audio.decoders import Decoders
from voicemail.jobs.fetching import fetch_voicemail
from voicemail.jobs.transcription import Dictation
from voicemail.mailbox import Voicemail
from voicemail.recordings import ProviderAccount, StoredRecording, path_of

CONTENT = wav(0.3 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 8_000))
KILLED = """
import os, socket, sys
line = socket.socket(fileno=int(sys.argv[1]))
line.sendall(b"ready\\n")
line.recv(1)
os.kill(os.getpid(), 9)
"""


class Worker:
    """A worker with a folder of recordings, and one stored message."""

    def __init__(self, engine: Engine, folder: Path, voicemail_id: str) -> None:
        self.engine, self.folder, self.id = engine, folder, voicemail_id
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        self.path = path_of(folder, sha256)
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(CONTENT)
        assert steps.store(engine, self.message, StoredRecording(sha256, "audio/wav", len(CONTENT)))
        self._dictation = Dictation(engine, folder, folder / "no-models", threading.Event())

    @property
    def message(self) -> Voicemail:
        with reading(self.engine) as connection:
            message = mailbox.load(connection, self.id)
        assert message is not None
        return message

    @property
    def status(self) -> str:
        """It ends as failed: there is no model of Latvian."""
        return self.message.status

    def work(self) -> int | None:
        return self._dictation.write_down(self.id)


@pytest.fixture
def worker(sqlite_database: Engine, left: Callable[..., str], tmp_path: Path) -> Worker:
    return Worker(sqlite_database, tmp_path / "recordings", left(sqlite_database, language="lv"))


FAULTS = {
    "no memory": (MemoryError(), "Waiting for memory"),
    "no memory for a process": (OSError(errno.ENOMEM, "Cannot allocate memory"), "Waiting for memory"),
    "a full disk": (OSError(errno.ENOSPC, "No space left on device"), "Waiting for room on the server's disk"),
    "a quota": (OSError(errno.EDQUOT, "Disk quota exceeded"), "Waiting for room on the server's disk"),
    "too many processes": (BlockingIOError(errno.EAGAIN, "unavailable"), "allows no more processes or open files"),
    "too many files": (OSError(errno.EMFILE, "Too many open files"), "allows no more processes or open files"),
    "another owner": (PermissionError(errno.EACCES, "Permission denied"), "(Permission denied)"),
    "a dying disk": (OSError(errno.EIO, "Input/output error"), "(Input/output error)"),
    "a missing package": (ModuleNotFoundError("No module named 'soxr'"), "a part of the installation that is missing"),
    "a missing library": (OSError("cannot load library 'libvosk.so'"), "a part of the installation that is missing"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_server_lacks_something(worker: Worker, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    error, sentence = FAULTS[name]

    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(recording_audio, "examine", fail)
    for _ in range(5):  # far more often than a recording may make the recogniser crash
        assert worker.work() == 60
    assert worker.status == "stored"
    assert sentence in worker.message.status_reason
    assert steps.care_of(worker.engine, worker.message) == steps.Care(None, 0)
    monkeypatch.undo()
    assert worker.work() is None
    assert worker.status == "failed"


def test_the_folder_of_recordings_is_not_mounted(worker: Worker, tmp_path: Path) -> None:
    worker.folder.rename(tmp_path / "elsewhere")
    for _ in range(2):
        assert worker.work() == 60
        assert "the folder of recordings" in worker.message.status_reason
        worker.folder.mkdir(exist_ok=True)  # the empty place where it is mounted
    worker.folder.rmdir()
    shutil.move(tmp_path / "elsewhere", worker.folder)
    assert worker.work() is None
    assert worker.status == "failed"


def test_the_kernel_kills_the_decoder_for_want_of_memory(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = Decoders(program=["-c", KILLED])
    monkeypatch.setattr(recording_audio, "decoders", killed)
    assert worker.work() == 60
    assert (worker.status, "memory" in worker.message.status_reason) == ("stored", True)
    killed.close()
    monkeypatch.undo()
    assert worker.work() is None


@pytest.mark.parametrize("trouble", ["401", "403", "no account", "a full disk"])
def test_what_the_operator_must_mend_is_waited_for_without_end(
    sqlite_database: Engine,
    left: Callable[..., str],
    web: Web,
    account: ProviderAccount,
    recording_path: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    asked_as = account
    if trouble == "no account":
        asked_as = ProviderAccount(account.api_url, "", account.auth_token)
    elif trouble == "a full disk":
        monkeypatch.setattr("voicemail.recordings.MIN_FREE_BYTES", 1 << 60)
    else:
        web.on(recording_path, reply(int(trouble)))
    voicemail_id = left(sqlite_database)
    now = datetime.now(UTC)

    def fetch(asked_as: ProviderAccount) -> int | None:
        since = now - timedelta(days=30)
        return fetch_voicemail(sqlite_database, asked_as, tmp_path, voicemail_id, attempt=999, since=since, now=now)

    assert fetch(asked_as) == 120
    with reading(sqlite_database) as connection:
        message = mailbox.load(connection, voicemail_id)
    assert message is not None
    assert (message.status, bool(message.status_reason)) == ("available", True)
    monkeypatch.undo()
    web.on(recording_path, reply(body=CONTENT))
    assert fetch(account) is None
    with reading(sqlite_database) as connection:
        assert (stored := mailbox.load(connection, voicemail_id)) is not None
    assert stored.status == "stored"
