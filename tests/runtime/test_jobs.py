"""The job queue when its server dies: the worker goes on as soon as it is back."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import dramatiq
import pytest

from runtime.embedded import EmbeddedRedis
from runtime.jobs import open_broker


@pytest.mark.timeout(60)
def test_a_worker_that_holds_delayed_jobs_survives_its_queue_server(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path / "queue", tmp_path / "s") as server:
        broker = open_broker(server.url)
        done: list[int] = []
        came = threading.Event()

        def work(number: int) -> None:
            done.append(number)
            came.set()

        job = dramatiq.actor(broker=broker, queue_name="voicemail")(work)
        worker = dramatiq.Worker(broker, worker_threads=1)
        worker.start()
        try:
            job.send(1)
            assert came.wait(10)
            moment = time.time() + 3
            for number in range(900):
                job.send_with_options(args=(number,), delay=round((moment - time.time()) * 1000))
            time.sleep(moment - time.time() + 0.1)  # the worker moves them from waiting to work, one after the other
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            time.sleep(2.5)
            server.restart()
            done.clear()
            # What it held comes again by its rows in SQL (voicemail/jobs/actors.py); what is sent now must be taken by it.
            job.send(1098)
            job.send_with_options(args=(1099,), delay=500)
            give_up = time.monotonic() + 20
            while not {1098, 1099} <= set(done):
                assert time.monotonic() < give_up, len(done)
                time.sleep(0.1)
        finally:
            worker.stop()
            broker.close()


@pytest.mark.timeout(60)
def test_delayed_jobs_that_a_worker_held_when_its_queue_server_died_are_done(tmp_path: Path) -> None:
    """Else they would lie in its hands until it ends: as long as it lives, nobody else takes them."""
    with EmbeddedRedis(tmp_path / "queue", tmp_path / "s") as server:
        broker = open_broker(server.url)
        done: list[int] = []

        def work(number: int) -> None:
            done.append(number)

        job = dramatiq.actor(broker=broker, queue_name="voicemail")(work)
        worker = dramatiq.Worker(broker, worker_threads=1)
        worker.start()
        try:
            for number in range(50):
                job.send_with_options(args=(number,), delay=4_000)
            time.sleep(2)  # by now the worker has fetched them and waits for their moment
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            time.sleep(0.5)
            server.restart()
            give_up = time.monotonic() + 20
            while set(done) != set(range(50)):
                assert time.monotonic() < give_up, len(set(done))
                time.sleep(0.1)
        finally:
            worker.stop()
            broker.close()
