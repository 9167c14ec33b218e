"""A disk that fills up and has room again: callers are answered all the while, and afterwards everything is in SQL."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# A limit of the size of files stands for the full disk: no write beyond it succeeds, neither of the spool nor of SQLite.
BEGIN = """
import asyncio, json, resource, sys, threading, time
from pathlib import Path
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
def fill(): resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
def make_room(): resource.setrlimit(resource.RLIMIT_FSIZE, limits)
"""

SPOOL = (
    BEGIN
    + """
from ivr.journal.spool import Spool
spool = Spool(Path(sys.argv[1]))
spool.append([{"turn": 1}])
fill()
refused = 0
for turn in (2, 3):
    try:
        spool.append([{"turn": turn}])
    except OSError:
        refused += 1
during = spool.read()[0]
make_room()
spool.append([{"turn": 4}])
print(json.dumps([refused, during, spool.read()[0]]))
"""
)

CALLS = (
    BEGIN
    + """
from ivr.tables import calls, turns
from callbacks.tables import callbacks
from runtime.sql.database import reading
from runtime.sql.migrate import upgrade
from tests.front import open_front
from tests.switchboard import new_recording
import sqlalchemy as sa

async def message(front, number):
    call = await front.switchboard.ring(from_number=number)
    await call.press("3")
    await call.press("3")
    await call.record(new_recording())
    return "anything else" in call.document.said

async def main():
    folder = Path(sys.argv[1])
    url = f"sqlite:///{folder / 'house.sqlite3'}"
    upgrade(url)
    async with open_front(folder / "data", url, "unix:///nowhere", patience_seconds=1) as front:
        heard = [await message(front, "+37120000101")]
        fill()
        heard.append(await message(front, "+37120000102"))
        await asyncio.sleep(2)  # the journal tries again meanwhile
        make_room()
        heard.append(await message(front, "+37120000103"))
        give_up = time.monotonic() + 30
        while front.parts.journal.is_behind and time.monotonic() < give_up:
            await asyncio.sleep(0.1)
        alive = any(thread.name == "journal" for thread in threading.enumerate())
        with reading(front.parts.console_database) as connection:
            numbers = set(connection.scalars(sa.select(callbacks.c.number)))
        ready = (await front.client.get("/readyz")).json()
        print(json.dumps([heard, alive, sorted(numbers), ready["spool"], ready["threads"]]))

asyncio.run(main())
"""
)


def run(code: str, folder: Path) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[object] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of file sizes is Linux's")
def test_what_a_full_disk_refused_never_comes_back_from_a_buffer(tmp_path: Path) -> None:
    refused, during, after = run(SPOOL, tmp_path)
    assert (refused, during, after) == (2, [{"turn": 1}], [{"turn": 1}, {"turn": 4}])


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of file sizes is Linux's")
def test_the_journal_goes_on_by_itself_after_a_full_disk(tmp_path: Path) -> None:
    heard, alive, numbers, spool, threads = run(CALLS, tmp_path)
    assert heard == [True, True, True]
    assert alive
    assert isinstance(numbers, list)
    assert {"+37120000101", "+37120000103"} <= set(numbers)
    assert (spool, threads) == ("ok", "ok")


DIES = """
import sys, threading, time
from runtime.threads import died, end_when_a_thread_dies
end_when_a_thread_dies()
def fail(): raise OSError("no space left on device")
threading.Thread(target=fail, name="flows").start()
time.sleep(60)
"""


def test_a_thread_that_dies_is_named_and_ends_its_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DIES], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == -15
    assert "thread.died" in done.stdout + done.stderr
    assert "flows" in done.stdout + done.stderr
