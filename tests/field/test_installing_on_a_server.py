"""An operator copies the units of docs/deployment.md."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api.commands.cli import COMMANDS
from runtime.config import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/deployment.md").read_text()
UNITS = re.findall(r"`/etc/systemd/system/(ringback[a-z-]*\.(?:service|timer))`:\n\n```ini\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_has_the_units_of_server_and_backup() -> None:
    assert [name for name, _ in UNITS] == ["ringback.service", "ringback-backup.service", "ringback-backup.timer"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_takes_the_units_as_they_stand_on_the_page(tmp_path: Path) -> None:
    script = tmp_path / "ringback"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    for name, text in UNITS:
        (tmp_path / name).write_text(text.replace("/opt/ringback/script/ringback", str(script)))
    names = [str(tmp_path / name) for name, _ in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False, timeout=60
    )
    told = [line for line in done.stderr.splitlines() if str(tmp_path) in line or line.startswith("ringback")]
    assert told == []


def test_every_command_of_the_page_exists() -> None:
    called = set(re.findall(r"/opt/ringback/script/ringback ([a-z]+)", PAGE))
    units = set(re.findall(r"ringback@([a-z]+)", PAGE))
    assert {"serve", "queue", "backup", "migrate"} <= called
    assert {"api", "clock", "worker"} <= units
    assert called | units <= {command.name for command in COMMANDS}


def test_every_setting_of_the_page_exists() -> None:
    known = {f"RINGBACK_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"RINGBACK_[A-Z_]+", PAGE)) <= known
