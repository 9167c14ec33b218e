"""A worker keeps numpy to one thread for each message."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# The worker ends at once, because its data folder has no tables; numpy is imported afterwards, as for the first message.
PROGRAM = """
import os, sys
from api.commands.cli import main
sys.argv = ["ringback", "worker"]
try:
    main()
except BaseException:
    assert "numpy" not in sys.modules, "it was imported before it was told"
import numpy
numpy.ones((512, 512)) @ numpy.ones((512, 512))
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
@pytest.mark.parametrize(("asked", "threads"), [(None, 1), ("2", 2)])
def test_numpy_has_one_thread_unless_more_are_asked_for(tmp_path: Path, asked: str | None, threads: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    environment["RINGBACK_DATA_DIR"] = str(tmp_path)
    if asked:
        environment["OPENBLAS_NUM_THREADS"] = asked
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) == min(threads, os.cpu_count() or 1)
