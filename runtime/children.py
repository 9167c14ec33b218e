"""Starts child processes that end with their parent."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO

from setproctitle import setproctitle

_PR_SET_PDEATHSIG = 1


def start_child(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that dies with this one. It has its own session, so Ctrl-C reaches the parent first.

    Call it from the main thread: Linux binds the death signal to the thread that forked. On other systems only
    `stop_child` ends the child.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        env=dict(env) if env is not None else None,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        preexec_fn=_die_with_parent(os.getpid()) if sys.platform == "linux" else None,  # noqa: PLW1509
    )


def fork_child(title: str, run: Callable[[], None], env: Mapping[str, str]) -> BaseProcess:
    """Run a function in a child process that shares what this process has loaded, so that it starts at once and small.

    The child has a session of its own, the default signals and `env` besides our environment, and it dies when we die.
    `title` is what `ps` shows. Call it from the main thread of a process without other threads.
    """
    gc.freeze()  # a collection in the child would copy every page that it looks through
    die_with_parent = _die_with_parent(os.getpid()) if sys.platform == "linux" else None

    def begin() -> None:
        if die_with_parent is not None:
            die_with_parent()
        os.setsid()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        setproctitle(title)  # before the environment changes: it writes where that begins
        os.environ.update(env)
        run()

    child = multiprocessing.get_context("fork").Process(target=begin, name=title)
    child.start()
    return child


def stop_forked(child: BaseProcess, patience_seconds: float) -> None:
    """Ask a forked child to end, and end it when it has not after `patience_seconds`."""
    if child.is_alive():
        child.terminate()
    child.join(patience_seconds)
    if child.is_alive():
        child.kill()
        child.join(5)


def stop_child(child: subprocess.Popen[bytes], patience_seconds: float) -> None:
    """Send SIGTERM to a child, and SIGKILL after `patience_seconds`."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(5)


def _die_with_parent(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def set_death_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    return set_death_signal
