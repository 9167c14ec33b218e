"""The processes of the product, started as an operator starts them, with their logs kept."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx2

from runtime.children import start_child

ROOT = Path(__file__).resolve().parents[1]
STOP_PATIENCE_SECONDS = 25.0
Found = TypeVar("Found")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(what: str, look: Callable[[], Found | None], seconds: float) -> Found:
    """Poll until something is found. Fails with `what` after `seconds`."""
    give_up = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() > give_up:
            raise AssertionError(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)


@dataclass
class Product:
    """A set of processes on one data folder. `environment` has the settings. Use it from the main thread (children.py)."""

    folder: Path
    port: int
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    token: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str, command: str | None = None, **settings: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as output:
            process = start_child(
                [sys.executable, "-m", "api.commands.cli", command or name],
                env=self.environment | settings,
                output=output,
                folder=ROOT,
            )
        self.processes[name] = process
        return process

    def run(self, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a subcommand until it ends."""
        return subprocess.run(
            [sys.executable, "-m", "api.commands.cli", *arguments],
            cwd=ROOT,
            env=self.environment | {"COLUMNS": "160"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def call(self, script: str, *options: str) -> str:
        """Make a call with `ringback call`; return what was heard. Fails when the call ends in an error."""
        done = self.run("call", "--script", script, *options, seconds=120)
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()
        return done.stdout

    def ready(self, seconds: float = 30) -> None:
        def look() -> bool:
            try:
                return httpx2.get(f"{self.url}/readyz", timeout=2).status_code == 200
            except httpx2.HTTPError:
                for name, process in self.processes.items():
                    assert process.poll() is None, f"{name} ended\n{self.logs()}"
                return False

        wait_for("the api is ready", look, seconds)

    def client(self) -> httpx2.Client:
        """A client with the token of an admin."""
        if not self.token:
            assert self.run("users", "add", "tester", "--role", "admin").returncode == 0, self.logs()
            done = self.run("users", "token", "tester")
            assert done.returncode == 0, done.stderr
            self.token = done.stdout.strip()
        return httpx2.Client(base_url=self.url, headers={"authorization": f"Bearer {self.token}"}, timeout=20)

    def logs(self) -> str:
        """The logs of the processes, for a failing test."""
        return "\n".join(f"== {path.name}\n{path.read_text()[-4000:]}" for path in sorted(self.folder.glob("*.log")))

    def kill(self, name: str) -> None:
        """kill -9."""
        self.processes[name].kill()
        self.processes.pop(name).wait()

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(STOP_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)


@contextmanager
def product(folder: Path, **settings: str) -> Iterator[Product]:
    """Processes on free ports; all are stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}
    environment |= {
        "RINGBACK_DATA_DIR": str(folder / "data"),
        "RINGBACK_PORT": str(port),
        "RINGBACK_LOG_FORMAT": "json",
    }
    opened = Product(folder, port, environment | settings)
    try:
        yield opened
    finally:
        opened.stop()
