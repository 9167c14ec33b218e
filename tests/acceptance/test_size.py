"""What the product takes of a machine when nobody calls."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.acceptance.processes import memory_by_process, product, wait_for

# The whole of `script/server` with the flows that ship and no speech model.
MOST_MB = 320


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted by /proc")
def test_everything_on_one_machine_is_small_while_nobody_calls(tmp_path: Path) -> None:
    with product(tmp_path) as ringback:
        server = ringback.start("serve")
        ringback.ready()
        log = tmp_path / "serve.log"
        wait_for(
            "worker and clock are up", lambda: {"worker.ready", "clock.ready"} <= set(log.read_text().split('"')), 30
        )
        wait_for("the clock has compared with the line", lambda: "reconciler.compared" in log.read_text(), 30)
        memory = memory_by_process(server.pid)
        assert {"ringback api", "ringback clock", "ringback line", "ringback worker"} <= {
            name.split(" ", 1)[1] for name in memory
        }
        assert sum(memory.values()) < MOST_MB, memory
