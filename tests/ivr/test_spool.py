"""The spool: what it took is there after a crash, whole, in order; a torn tail is cut."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.journal.spool import Spool

WRITER = """
import sys
from pathlib import Path
from ivr.journal.spool import Spool
spool = Spool(Path(sys.argv[1]))
for number in range(10_000):
    spool.append([{"n": number}])
    print(number, flush=True)
"""


def everything(spool: Spool) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = []
    place = 0
    while True:
        more, place = spool.read(place, 100)
        if not more:
            return entries
        entries += more


def test_entries_come_back_in_order_and_only_what_was_read_is_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([{"n": n, "text": "Привет"} for n in range(300)])
    first, place = spool.read(0, 256)
    assert [entry["n"] for entry in first] == list(range(256))
    assert not spool.forget(place)
    assert [entry["n"] for entry in everything(spool)] == list(range(300))
    _, place = spool.read(place, 256)
    assert spool.forget(place)
    assert everything(spool) == []
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_had_acknowledged_is_adopted(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(50)][-1]
    living = Spool(tmp_path)
    assert living.adopt() == 0  # its process lives
    os.kill(writer.pid, signal.SIGKILL)
    rest, _ = writer.communicate()
    acknowledged = max([acknowledged, *map(int, rest.split())])
    assert living.adopt() >= acknowledged + 1
    assert [entry["n"] for entry in everything(living)][: acknowledged + 1] == list(range(acknowledged + 1))
    assert living.adopt() == 0
    living.close()


@pytest.mark.parametrize("cut", [1, 4, 7, 15, 16])
def test_a_torn_tail_is_cut_and_the_rest_is_whole(tmp_path: Path, cut: int) -> None:
    dead = Spool(tmp_path)
    dead.append([{"n": n} for n in range(5)])
    dead.close()
    (path,) = tmp_path.glob("*.spool")
    path.write_bytes(path.read_bytes()[:-cut])
    heir = Spool(tmp_path)
    assert heir.adopt() == (4 if cut <= 15 else 3)
    assert not path.exists()
    assert path.with_suffix(".torn").exists() == (cut != 15)  # what could not be read is kept for a person to look at
    heir.close()


def test_a_flipped_bit_is_not_taken_for_an_entry(tmp_path: Path) -> None:
    dead = Spool(tmp_path)
    dead.append([{"n": n} for n in range(5)])
    dead.close()
    (path,) = tmp_path.glob("*.spool")
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(bytes(content))
    heir = Spool(tmp_path)
    assert heir.adopt() == 4
    heir.close()
