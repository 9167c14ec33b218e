"""What an operator does on the first day: commands from other folders, wrong settings, a browser."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runtime.config import Settings, default_data_dir
from tests.front import Front, open_front

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}


@pytest.fixture
async def front(tmp_path: Path, sqlite_url: str, redis_url: str) -> AsyncIterator[Front]:
    async with open_front(tmp_path / "data", sqlite_url, redis_url) as opened:
        yield opened


def run(*arguments: str, folder: Path = ROOT, called_as: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """The command as script/ringback calls it."""
    ringback = ROOT / ".venv" / "bin" / "ringback"
    return subprocess.run(
        [ringback, *arguments],
        cwd=folder,
        env=ENVIRONMENT | {f"RINGBACK_{name}": value for name, value in (settings | {"CALLED_AS": called_as}).items()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_data_folder_is_the_same_wherever_a_command_is_called_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RINGBACK_DATA_DIR", raising=False)
    here = Settings().data_dir
    monkeypatch.chdir(tmp_path)
    assert Settings().data_dir == here == default_data_dir() == ROOT / "data"


@pytest.mark.parametrize("command", [["queue"], ["users", "list"], ["queue", "claim"], ["backup", "copy"]])
def test_a_command_where_nothing_is_installed_says_so_and_makes_nothing(tmp_path: Path, command: list[str]) -> None:
    done = run(*command, folder=tmp_path, DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 1
    assert "RINGBACK_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_migrate_makes_a_new_installation_only_when_told(tmp_path: Path) -> None:
    refused = run("migrate", called_as="script/ringback", DATA_DIR=str(tmp_path / "data"))
    assert refused.returncode == 1
    assert f"there is no installation in {tmp_path / 'data'}" in refused.stderr
    assert "`script/ringback migrate --new`" in refused.stderr
    assert not (tmp_path / "data").exists()
    assert run("migrate", "--new", DATA_DIR=str(tmp_path / "data")).returncode == 0
    assert run("migrate", DATA_DIR=str(tmp_path / "data")).stdout == "The tables are up to date.\n"


@pytest.mark.parametrize("called_as", ["script/ringback", "../ringback/script/ringback", ""])
def test_remedies_name_commands_as_they_were_called(tmp_path: Path, called_as: str) -> None:
    assert run("migrate", "--new", DATA_DIR=str(tmp_path / "data")).returncode == 0
    run("users", "add", "maija", DATA_DIR=str(tmp_path / "data"))
    told = run("doctor", called_as=called_as, DATA_DIR=str(tmp_path / "data")).stdout
    assert f"`{called_as or 'ringback'} " in told
    assert called_as == "" or "`ringback " not in told
    assert "RINGBACK_CALLED_AS" not in told


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"TWILIO_ACCOUNT_SID": "AC1"}, "only half of a telephone account is set"),
        ({"TWILIO_AUTH_TOKEN": "secret"}, "only half of a telephone account is set"),
        ({"DATA_DIR": "/proc/nowhere"}, "the data folder /proc/nowhere cannot be made"),
        ({"FLOWS_DIR": "nowhere/flows"}, "the flows folder nowhere/flows does not exist"),
    ],
)
def test_a_wrong_setting_ends_the_start_with_one_sentence(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    folder = {"DATA_DIR": str(tmp_path / "data")}
    done = run("serve", folder=ROOT, called_as="", **(folder | settings))
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_the_version_is_told() -> None:
    assert run("--version").stdout == "ringback 0.1.0\n"


async def test_the_address_in_a_browser_says_what_this_is_and_where_to_go(front: Front) -> None:
    page = await front.client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for word in ("Ringback", "script/ringback call", "api/openapi.json", "readyz"):
        assert word in page.text
    assert (await front.client.get("/api/openapi.json")).status_code == 200
