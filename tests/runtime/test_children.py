"""Processes that we start: they share what we have loaded, say who they are, and do not outlive us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A parent that forks one child and waits; the child tells its number, then waits for ever.
PARENT = """
import os, sys, time
from runtime.children import fork_child
def run():
    print(os.getpid(), os.environ["TOLD"], os.getsid(0) == os.getpid(), flush=True)
    time.sleep(600)
child = fork_child("ringback sleeper", run, {"TOLD": "yes"})
child.join()
print("child ended with", child.exitcode, flush=True)
"""


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def parent_with_child() -> tuple[subprocess.Popen[str], int]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, told, leads_session = parent.stdout.readline().split()
    assert (told, leads_session) == ("yes", "True")
    return parent, int(pid)


def test_a_forked_child_is_shown_by_its_own_name_and_ends_when_asked() -> None:
    parent, pid = parent_with_child()
    with parent:
        assert Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0 ") == b"ringback sleeper"
        os.kill(pid, signal.SIGTERM)
        assert parent.stdout is not None
        assert parent.stdout.readline() == f"child ended with {-signal.SIGTERM}\n"


def test_a_forked_child_does_not_outlive_a_parent_that_is_killed() -> None:
    parent, pid = parent_with_child()
    with parent:
        parent.kill()
        wait_until(lambda: is_gone(pid))
