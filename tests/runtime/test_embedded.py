"""The embedded queue server keeps what it acknowledged and never outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.embedded import EmbeddedError, EmbeddedRedis
from runtime.redis import open_redis

PARENT = """
import sys, time
from pathlib import Path
from runtime.embedded import EmbeddedRedis
folder = Path(sys.argv[1])
server = EmbeddedRedis(folder / "queue", folder / "s")
server.start()
print(server._child.pid, flush=True)
time.sleep(60)
"""


def start_parent(folder: Path) -> tuple[subprocess.Popen[str], int]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_what_was_acknowledged_survives_kill_9_of_everything(tmp_path: Path) -> None:
    parent, server_pid = start_parent(tmp_path)
    client = open_redis(f"unix://{tmp_path / 's'}")
    for number in range(200):
        client.set(f"key:{number}", number)
    os.kill(server_pid, signal.SIGKILL)
    parent.kill()
    parent.communicate()
    with EmbeddedRedis(tmp_path / "queue", tmp_path / "s"):
        assert client.dbsize() == 200
    client.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_the_server_dies_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent, server_pid = start_parent(tmp_path)
    parent.kill()
    parent.communicate()
    give_up = time.monotonic() + 5
    while is_alive(server_pid) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not is_alive(server_pid)


def test_a_second_server_in_the_same_folder_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path / "queue", tmp_path / "s"), pytest.raises(EmbeddedError, match="RINGBACK_DATA_DIR"):
        EmbeddedRedis(tmp_path / "queue", tmp_path / "s2").start()
