"""The line is the same line after a restart, and can be found from another terminal."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.line.store.account import LineAccount, LineNotFound, announce, find, for_settings, load_or_create
from runtime.config import Settings


def test_the_account_is_made_once_and_kept_privately(tmp_path: Path) -> None:
    first = load_or_create(tmp_path / "data")
    assert first.account_sid.startswith("AC")
    assert len(first.account_sid) == 34
    assert load_or_create(tmp_path / "data") == first == find(tmp_path / "data")
    assert stat.S_IMODE((tmp_path / "data" / "line.json").stat().st_mode) == 0o600


def test_a_port_that_is_asked_for_is_written_down(tmp_path: Path) -> None:
    assert load_or_create(tmp_path, 9123).url == find(tmp_path).url == "http://127.0.0.1:9123"


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: load_or_create(tmp_path), range(16)))
    assert len(made) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["line.json"]


def test_a_configured_provider_lends_its_credentials(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, twilio_account_sid="ACx", twilio_auth_token="secret")  # type: ignore[arg-type]
    account = for_settings(settings)
    assert (account.account_sid, account.auth_token) == ("ACx", "secret")


def test_a_line_that_never_ran_is_missed_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(LineNotFound, match="script/server first"):
        find(tmp_path)


def test_half_a_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    announce(tmp_path, LineAccount("AC1", "t", "http://127.0.0.1:1"))
    (tmp_path / "line.json").write_text('{"account_sid"')
    with pytest.raises(LineNotFound, match=r"line\.json.*delete it"):
        find(tmp_path)
