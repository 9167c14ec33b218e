"""What an operator finds in the log while a part is away."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from runtime.config import Settings
from runtime.logs.repeated_lines import PAUSE_SECONDS, RepeatedLines
from runtime.sql.migrate import upgrade

NAME = re.compile(r"[a-z_]+\.[a-z_]+")


def test_a_worker_without_redis_says_so_in_one_line_with_the_remedy(tmp_path: Path) -> None:
    upgrade(Settings(data_dir=tmp_path).sql_url)
    environment = os.environ | {
        "RINGBACK_DATA_DIR": str(tmp_path),
        "RINGBACK_REDIS_URL": "redis://127.0.0.1:9",
        "RINGBACK_LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "api.commands.cli", "worker"]
    lines: list[dict[str, str]] = []
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        for line in worker.stderr:
            lines.append(json.loads(line))
            if {"worker.ready", "worker.queue_away"} <= {each["event"] for each in lines}:
                worker.send_signal(signal.SIGTERM)
    away = [line for line in lines if line["event"] == "worker.queue_away"]
    assert len(away) == 1
    assert "RINGBACK_REDIS_URL" in away[0]["remedy"]
    assert [line["event"] for line in lines if not NAME.fullmatch(line["event"])] == []
    assert {line["level"] for line in lines} <= {"info", "warning", "error"}


def test_a_fault_that_lasts_is_written_every_thirty_seconds_by_kind() -> None:
    now = 1000.0
    keep = RepeatedLines(lambda: now)
    written: list[tuple[float, str, object]] = []
    for second in range(65):
        now = 1000.0 + second
        for line in ({"event": "journal.still_behind"}, {"event": "outbox.postponed", "kind": f"job{second % 2}"}):
            try:
                kept = keep(None, "warning", dict(line))
            except structlog.DropEvent:
                continue
            written.append((second, str(kept.get("kind", kept["event"])), kept.get("left_out")))
    assert [line for line in written if line[1] == "journal.still_behind"] == [
        (0, "journal.still_behind", None),
        (PAUSE_SECONDS, "journal.still_behind", 29),
        (2 * PAUSE_SECONDS, "journal.still_behind", 29),
    ]
    assert [second for second, kind, _ in written if kind == "job1"] == [1, 31, 61]


@pytest.mark.parametrize("event", ["turn.failed", "promise.broken", "webhook.refused"])
def test_what_happens_to_one_call_is_written_each_time(event: str) -> None:
    keep = RepeatedLines(lambda: 0.0)
    assert [keep(None, "error", {"event": event})["event"] for _ in range(3)] == [event] * 3
