"""A whole installation as real processes: two apis behind a front, two workers, the clock, Redis, SQL and the line."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import httpx2
import redis
import structlog

from drill.databases import Database, PostgresDatabase, SqliteDatabase, wait_until_it_writes
from drill.faults import Step
from drill.processes import ROOT, Product, free_port, product, wait_for
from ivr.line.store.account import LineAccount, find
from runtime.children import start_child
from runtime.embedded import EmbeddedRedis
from runtime.redis import open_redis

log = structlog.get_logger()

FLOWS = Path(__file__).with_name("flows")
OURS = {"api-1": "api", "api-2": "api", "worker-1": "worker", "worker-2": "worker", "clock": "clock"}
# The longest time until a dead process is restarted.
RESTART_SECONDS = 1.5
AGENTS = ("maija", "peteris", "soyeon", "ilze")
DatabaseName = Literal["sqlite", "postgresql"]


@dataclass
class Installation:
    """All running processes. Use it from the main thread only: children die with the thread that started them."""

    product: Product
    database: Database
    redis: EmbeddedRedis
    front_url: str
    api_urls: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)
    _start_again: dict[str, float] = field(default_factory=dict)
    _expected: set[str] = field(default_factory=set)
    _put_off: list[Step] = field(default_factory=list)
    _is_frozen: bool = False

    @property
    def data(self) -> Path:
        return self.product.folder / "data"

    @property
    def line(self) -> LineAccount:
        return find(self.data)

    def start(self, name: str) -> None:
        settings = {"RINGBACK_PORT": self.api_urls[name].rpartition(":")[2]} if name in self.api_urls else {}
        self.product.start(name, OURS.get(name, name), **settings)

    def supervise(self) -> None:
        """Restart what ended, and carry out postponed steps."""
        now = time.monotonic()
        for name, process in list(self.product.processes.items()):
            if process.poll() is None:
                continue
            if name not in OURS:
                raise AssertionError(f"{name} ended with {process.returncode}\n{self.product.logs()}")
            if name not in self._start_again:
                if name not in self._expected:
                    self.done[f"{OURS[name]} ended by itself"] += 1
                self._start_again[name] = now + RESTART_SECONDS * (process.pid % 100) / 100
            elif now >= self._start_again[name]:
                del self._start_again[name]
                self._expected.discard(name)
                self.start(name)
        if not self.redis.is_running():
            self.redis.restart()
        put_off, self._put_off = self._put_off, []
        for step in put_off:
            self.carry_out(step)

    def carry_out(self, step: Step) -> None:
        """Carry out a step of the plan, or postpone it when it is not possible now."""
        match step.what:
            case "kill" | "term":
                is_done = self._end(step.whom, step.what)
            case "empty":
                is_done = self._empty()
            case "freeze" | "thaw":
                is_done = self._signal_redis(signal.SIGSTOP if step.what == "freeze" else signal.SIGCONT)
            case "take_sql":
                self.database.take_away(step.whom)  # type: ignore[arg-type]  # the plan chose among its outages
                is_done = True
            case "bring_sql":
                self.database.bring_back()
                is_done = True
        if is_done:
            self.done[step.what] += 1
            if step.what in ("kill", "term"):
                self.done[f"{step.what} {OURS.get(step.whom, step.whom)}"] += 1
        else:
            self._put_off.append(step)

    def restart(self, name: str) -> None:
        """Stop a process by SIGTERM, and start it again."""
        self.product.processes[name].terminate()
        self.product.processes[name].wait(30)
        self.start(name)

    def end_faults(self) -> None:
        """End all faults: drop postponed steps, bring back what is frozen or away, restart what died."""
        self._put_off.clear()
        self.database.bring_back()
        self._signal_redis(signal.SIGCONT)
        give_up = time.monotonic() + 60
        while any(process.poll() is not None for process in self.product.processes.values()) or self._start_again:
            self.supervise()
            time.sleep(0.1)
            if time.monotonic() > give_up:
                raise AssertionError(f"not everything runs again\n{self.product.logs()}")
        self.supervise()
        for name in self.api_urls:
            wait_for(f"{name} is ready", partial(self._answers, name, "/readyz"), 60)

    def figures(self) -> dict[str, dict[str, int]]:
        """The counters of the front."""
        found: dict[str, dict[str, int]] = httpx2.get(f"{self.front_url}/drill/figures", timeout=10).json()
        return found

    def _end(self, name: str, how: str) -> bool:
        """kill -9, or SIGTERM. An api only while the other one answers, because one must always be there."""
        if name == "redis":
            pid = self.redis.pid
            if pid is None or not self.redis.is_running():
                return False
            os.kill(pid, signal.SIGKILL)
            self._is_frozen = False
            return True
        process = self.product.processes[name]
        if process.poll() is not None:
            return False
        if name in self.api_urls and not all(self._answers(other) for other in self.api_urls if other != name):
            return False
        self._expected.add(name)
        process.send_signal(signal.SIGKILL if how == "kill" else signal.SIGTERM)
        return True

    def _answers(self, name: str, path: str = "/healthz") -> bool:
        try:
            return httpx2.get(self.api_urls[name] + path, timeout=2, trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    def _empty(self) -> bool:
        if self._is_frozen or not self.redis.is_running():
            return False
        client = open_redis(self.redis.url)
        try:
            client.flushall()
        except redis.RedisError:
            return False
        finally:
            client.close()
        return True

    def _signal_redis(self, number: signal.Signals) -> bool:
        self._is_frozen = number is signal.SIGSTOP
        if self.redis.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.redis.pid, number)
        return True


@contextmanager
def running_installation(folder: Path, database: DatabaseName) -> Iterator[Installation]:
    """Start everything on loopback, wait until it is ready, and stop it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir()
    front_port, line_port = free_port(), free_port()
    with contextlib.ExitStack() as stack:
        sql: Database = SqliteDatabase(folder / "data") if database == "sqlite" else PostgresDatabase(folder)
        stack.callback(sql.stop)
        queue = stack.enter_context(EmbeddedRedis(folder / "queue", folder / "queue" / "s"))
        ringback = stack.enter_context(
            product(
                folder,
                RINGBACK_DATABASE_URL=sql.url,
                RINGBACK_REDIS_URL=queue.url,
                RINGBACK_FLOWS_DIR=str(FLOWS),
                RINGBACK_SECRET_KEY="the drill needs no real secret",
                RINGBACK_PUBLIC_URL=f"http://127.0.0.1:{front_port}",
                RINGBACK_TWILIO_API_URL=f"http://127.0.0.1:{line_port}",
                RINGBACK_WORKER_THREADS="1",
            )
        )
        urls = {name: f"http://127.0.0.1:{free_port()}" for name in ("api-1", "api-2")}
        started = Installation(ringback, sql, queue, f"http://127.0.0.1:{front_port}", urls)
        _run(ringback, "migrate", "--new")  # publishes FLOWS, too
        for agent in AGENTS:
            _run(ringback, "users", "add", agent, "--role", "agent")
            started.tokens[agent] = _run(ringback, "users", "token", agent)
        started.product.start("line")
        _start_front(started, front_port)
        for name in OURS:
            started.start(name)
        for name in urls:
            wait_for(f"{name} is ready", partial(started._answers, name, "/readyz"), 60)
        wait_for("the front is ready", lambda: _front_is_ready(started), 30)
        wait_until_it_writes(sql.url, 30)
        yield started
        started.end_faults()


def _run(ringback: Product, *arguments: str) -> str:
    done = ringback.run(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def _start_front(started: Installation, port: int) -> None:
    ports = [url.rpartition(":")[2] for url in started.api_urls.values()]
    with (started.product.folder / "front.log").open("ab") as output:
        started.product.processes["front"] = start_child(
            [sys.executable, "-m", "drill.front", str(port), *ports], output=output, folder=ROOT
        )


def _front_is_ready(started: Installation) -> bool:
    try:
        return bool(started.figures())
    except httpx2.HTTPError:
        return False
