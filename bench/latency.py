"""Measures the time from the end of recognition until the words can be read from SQL, with a real worker and queue."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.engine import Engine

import callbacks.tables
import customers.tables
import ivr.tables
import runtime.sql.outbox
from customers.request import Request
from customers.tables import customers as customers_table
from runtime.embedded import EmbeddedRedis
from runtime.jobs import open_broker
from runtime.sql.database import insert_once, metadata, open_database, reading, writing
from voicemail import mailbox, steps
from voicemail.jobs.actors import register
from voicemail.recordings import ProviderAccount, StoredRecording, path_of
from voicemail.tables import transcripts

_TABLES = (callbacks.tables, customers.tables, ivr.tables, runtime.sql.outbox)  # registers their tables
_PATIENCE_SECONDS = 300
_LOOK_SECONDS = 0.005
_NOBODY = ProviderAccount("http://127.0.0.1:9", "AC" + "1" * 32, SecretStr("unused"))

# The worker of the product. It also prints the time at which recognition ended.
_WORKER = """
import sys, threading, time, pydantic
from runtime.config import Settings
from voicemail.recordings import ProviderAccount
from voicemail.recognition.transcriber import Transcriber
from runtime.sql.database import open_database
from voicemail.jobs.worker import run_worker
transcribe = Transcriber.transcribe
def timed(*args, **named):
    written = transcribe(*args, **named)
    sys.stderr.write(f"DONE {time.time()} {written.transcript.text}\\n")
    return written
Transcriber.transcribe = timed
account = ProviderAccount("http://127.0.0.1:9", "AC" + "1" * 32, pydantic.SecretStr("unused"))
run_worker(Settings(), open_database(Settings().sql_url), [sys.argv[1]], threading.Event(), account, models_site="http://127.0.0.1:9")
"""


def news_seconds(clips: Sequence[Path], models_dir: Path, language: str, scratch: Path) -> list[float]:
    """For each clip, the seconds from the end of its recognition until another process finds its words in SQL."""
    data = scratch / "data"
    (data / "recordings").mkdir(parents=True)
    engine = open_database(f"sqlite:///{data / 'ringback.db'}")
    metadata.create_all(engine)
    with EmbeddedRedis(scratch / "queue", scratch / "q.sock") as redis:
        broker = open_broker(redis.url)
        jobs = register(broker, engine, account=_NOBODY, recordings_dir=data / "recordings", models_dir=models_dir)
        for number, clip in enumerate(clips):
            jobs.transcribe.send(_stored(engine, clip, data / "recordings", number, language))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")} | {
            "RINGBACK_DATA_DIR": str(data),
            "RINGBACK_DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "RINGBACK_REDIS_URL": redis.url,
            "RINGBACK_VOSK_MODELS": str(models_dir.resolve()),
        }
        told = scratch / "worker.err"
        with told.open("w") as errors:
            command = [sys.executable, "-c", _WORKER, language]
            worker = subprocess.Popen(
                command, env=environment, cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL, stderr=errors
            )
            try:
                seen = _seen(engine, len(clips), worker)
            finally:
                worker.terminate()
                worker.wait(30)
        broker.close()
    engine.dispose()
    done = {}
    for line in told.read_text(encoding="utf-8").splitlines():
        if line.startswith("DONE "):
            _, hour, text = line.split(" ", 2)
            done[text] = float(hour)
    return [hour - done[text] for text, hour in seen.items()]


def _stored(engine: Engine, clip: Path, recordings_dir: Path, number: int, language: str) -> str:
    content = clip.read_bytes()
    sha256 = f"{number:064x}"
    path = path_of(recordings_dir, sha256)
    path.parent.mkdir(exist_ok=True)
    shutil.copyfile(clip, path)
    now = datetime.now(UTC)
    call_id = f"ca_{number}"
    with writing(engine) as connection:
        insert_once(connection, customers_table, id="cu_1", name="", created_at=now)
        voicemail_id = mailbox.expect(connection, Request(call_id, 1, "cu_1", "support", "general", language, now))
        mailbox.arrived(connection, call_id=call_id, turn=1, recording_id=f"RE{number:032x}", seconds=10, at=now)
        mailbox.attach(connection, voicemail_id, f"cb_{number}")
    with reading(engine) as connection:
        voicemail = mailbox.load(connection, voicemail_id)
    assert voicemail is not None
    steps.store(engine, voicemail, StoredRecording(sha256, "audio/wav", len(content)))
    return voicemail_id


def _seen(engine: Engine, count: int, worker: subprocess.Popen[bytes]) -> dict[str, float]:
    seen: dict[str, float] = {}
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while len(seen) < count:
        with reading(engine) as connection:
            texts = connection.scalars(sa.select(transcripts.c.text)).all()
        for text in texts:
            seen.setdefault(text, time.time())
        if worker.poll() is not None or time.monotonic() > give_up:
            raise SystemExit(f"The worker wrote down {len(seen)} of {count} messages and then no more.")
        time.sleep(_LOOK_SECONDS)
    return seen


if __name__ == "__main__":
    raise SystemExit("Run `python -m bench.transcription --only news`.")
