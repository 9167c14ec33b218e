"""The doctor says what is wrong, where, and what to do; on real servers, a real database and the real door."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
import redis
import sqlalchemy as sa
from pydantic import SecretStr

from api.app import create_app
from api.doctor import checkup, reachability
from api.doctor.checkup import Finding
from ivr.published_flows import PublishedFlows
from ivr.publishing import publish_folder
from runtime.config import Settings
from runtime.redis import open_redis
from runtime.sql.database import open_database, writing
from runtime.sql.migrate import upgrade
from tests.tokens import add_user

SHIPPED_FLOWS = Path(__file__).resolve().parents[2] / "flows" / "definitions"
ACCOUNT = "AC" + "1" * 32
TOKEN = "t" * 32


class Diagnosis(NamedTuple):
    status: int
    output: str


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with a telephone account, its tables made and the shipped flows published."""
    made = Settings(
        data_dir=tmp_path,
        public_url="https://ivr.example.com",
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=SecretStr(TOKEN),
        redis_url=f"unix://{tmp_path}/nobody.sock",
    )
    upgrade(made.sql_url)
    engine = open_database(made.sql_url)
    publish_folder(engine, SHIPPED_FLOWS, "test", "test")
    engine.dispose()
    return made


@pytest.fixture
def door(settings: Settings) -> Iterator[httpx2.Client]:
    """A client for whom every address leads to the api of `settings`, as behind a proxy."""
    from starlette.testclient import TestClient

    with TestClient(create_app(settings), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    ("values", "environment", "verdict", "words"),
    [
        ({}, {"RINGBACK_PORT": "8000", "HOME": "/"}, "good", "no unknown setting"),
        ({}, {"RINGBACK_PROT": "8000"}, "doubtful", "RINGBACK_PORT?"),
        ({}, {"RINGBACK_WORKER_THREADS": "2", "RINGBACK_PYTHON": "python3"}, "good", "no unknown setting"),
        ({"twilio_account_sid": ACCOUNT}, {}, "wrong", "RINGBACK_TWILIO_AUTH_TOKEN"),
        ({"database_url": "postgresql://db/ringback"}, {}, "doubtful", "RINGBACK_SECRET_KEY is not set"),
    ],
)
def test_settings_that_cannot_be_meant_so_are_named(
    values: dict[str, str], environment: dict[str, str], verdict: str, words: str
) -> None:
    findings = list(checkup.check_settings(Settings(**values), environment))  # type: ignore[arg-type]  # strings only
    assert any(found.verdict == verdict and words in found.says + found.remedy for found in findings), findings


@pytest.mark.parametrize(
    ("free_bytes", "verdict"), [(150_000_000, "wrong"), (300_000_000, "doubtful"), (50_000_000_000, "good")]
)
def test_a_disk_that_fills_up_is_told_before_messages_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int, verdict: str
) -> None:
    usage = type(shutil.disk_usage(tmp_path))(10**12, 10**12 - free_bytes, free_bytes)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert checkup.check_data_folder(Settings(data_dir=tmp_path)).verdict == verdict
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("step", "verdict", "remedy"),
    [
        (None, "good", ""),
        ("0000", "wrong", "ringback migrate"),
        ("9999", "wrong", "newer version"),
    ],
)
def test_tables_of_another_version_are_told_with_the_way_out(
    settings: Settings, step: str | None, verdict: str, remedy: str
) -> None:
    if step is not None:
        engine = open_database(settings.sql_url)
        with writing(engine) as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :step"), {"step": step})
        engine.dispose()
    found = checkup.check_database(settings)
    assert (found.verdict, remedy in found.remedy) == (verdict, True)


def test_a_database_that_is_away_is_told_without_its_password() -> None:
    found = checkup.check_database(Settings(database_url="postgresql://ringback:hush@127.0.0.1:1/ringback"))
    assert found.verdict == "wrong"
    assert "127.0.0.1:1" in found.says
    assert "hush" not in found.says + found.remedy


def test_a_queue_server_that_may_throw_jobs_away_is_wrong(redis_url: str, redis_client: redis.Redis) -> None:
    settings = Settings(redis_url=redis_url)
    assert [found.verdict for found in checkup.check_queue(settings, redis_client)] == ["good"]
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        (_, found) = checkup.check_queue(settings, redis_client)
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")
    assert (found.verdict, found.remedy) == ("wrong", "set maxmemory-policy noeviction")


def test_a_queue_server_that_is_away_is_wrong_only_if_it_was_configured(tmp_path: Path) -> None:
    nobody = open_redis(f"unix://{tmp_path}/nobody.sock")
    (configured,) = checkup.check_queue(Settings(redis_url="redis://127.0.0.1:1"), nobody)
    (embedded,) = checkup.check_queue(Settings(data_dir=tmp_path), nobody)
    assert (configured.verdict, embedded.verdict) == ("wrong", "doubtful")
    assert "script/server" in embedded.remedy


def test_what_is_published_and_what_can_be_written_down_is_told(settings: Settings) -> None:
    engine = open_database(settings.sql_url)
    published_flows = PublishedFlows(engine)
    flows = list(checkup.check_flows(published_flows))
    models = {found.says.split()[0]: found for found in checkup.check_models(settings.models_dir, published_flows)}
    nobody = checkup.check_users(engine)
    add_user(engine, "maija", "agent")
    somebody = checkup.check_users(engine)
    engine.dispose()
    assert [found.verdict for found in flows] == ["good"]
    assert "ringback models install ru" in models["Russian"].remedy
    assert any("no model exists for Latvian" in found.says for found in models.values())
    assert (nobody.verdict, somebody.verdict) == ("doubtful", "good")


def test_without_a_publication_no_call_can_be_answered(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    upgrade(url)
    engine = open_database(url)
    (found,) = checkup.check_flows(PublishedFlows(engine))
    engine.dispose()
    assert (found.verdict, found.remedy) == ("wrong", "run `ringback flows publish`")


@pytest.mark.parametrize(
    ("public_url", "verdict"),
    [
        ("https://ivr.example.com", "good"),
        ("http://ivr.example.com", "wrong"),
        ("https://192.168.1.20", "wrong"),
        ("https://localhost", "wrong"),
        ("", "wrong"),
    ],
)
def test_a_provider_needs_a_public_and_encrypted_address(settings: Settings, public_url: str, verdict: str) -> None:
    changed = _changed(settings, public_url=public_url)
    assert reachability.check_public_url(changed).verdict == verdict
    on_this_machine = _changed(changed, twilio_api_url="http://127.0.0.1:4010")
    assert reachability.check_public_url(on_this_machine).verdict == "good"


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, "good", "is accepted"),
        ({"public_url": "https://other.example.com"}, "wrong", "answered 403"),
        ({"public_url": "http://ivr.example.com"}, "wrong", "answered 403"),
        ({"public_url": "https://ivr.example.com/phone"}, "wrong", "answered 404"),
        ({"twilio_auth_token": SecretStr("another")}, "wrong", "answered 403"),
        ({"twilio_account_sid": "AC" + "2" * 32}, "wrong", "answered 400"),
    ],
)
def test_the_door_is_tried_as_the_provider_would(
    settings: Settings, door: httpx2.Client, changes: dict[str, str], verdict: str, words: str
) -> None:
    found = reachability.check_door(_changed(settings, **changes), door)
    assert (found.verdict, words in found.says) == (verdict, True), found
    assert (found.verdict == "good") == (found.remedy == "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx2.Response(301, headers={"location": "https://www.example.com"}), "redirects to https://www.example.com"),
        (httpx2.Response(502), "the proxy does not reach the api"),
        (httpx2.Response(418), "Ringback does not answer so"),
    ],
)
def test_what_a_proxy_in_the_way_does_is_told_apart(settings: Settings, answer: httpx2.Response, words: str) -> None:
    with httpx2.Client(transport=httpx2.MockTransport(lambda _: answer)) as client:
        found = reachability.check_door(settings, client)
    assert (found.verdict, words in found.says) == ("wrong", True)


@pytest.mark.parametrize(
    ("status", "hours_off", "verdicts"),
    [(200, 0, ["good", "good"]), (401, 0, ["wrong", "good"]), (200, 1, ["good", "wrong"]), (500, 0, ["wrong", "good"])],
)
def test_credentials_and_clock_are_compared_with_the_provider(
    settings: Settings, status: int, hours_off: int, verdicts: list[str]
) -> None:
    told = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3600 * hours_off))
    answering = httpx2.MockTransport(lambda _: httpx2.Response(status, headers={"date": told}))
    with httpx2.Client(transport=answering) as client:
        found = list(reachability.check_provider(settings, client))
    assert [each.verdict for each in found] == verdicts


def test_clocks_of_the_servers_are_compared(redis_client: redis.Redis) -> None:
    (found,) = reachability.check_clocks(None, redis_client)
    assert found == Finding("good", "clocks", "the clock of Redis is right")


def test_a_running_house_is_well_and_a_stopped_one_is_not(tmp_path: Path) -> None:
    """The real processes: started as a user does, examined, ended, examined again."""
    environment = _environment(tmp_path / "data")
    assert _diagnose(environment).status == 0, "a house that was never started has nothing wrong with it"
    assert not (tmp_path / "data").exists(), "the doctor changes nothing"
    house = subprocess.Popen(
        [sys.executable, "-m", "api.commands.cli", "serve"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert house.stdout is not None
        assert "Ringback is ready" in house.stdout.readline()
        well = _diagnose(environment)
    finally:
        house.send_signal(signal.SIGTERM)
        house.communicate(timeout=60)
    ill = _diagnose(environment)
    assert well.status == 0, well.output
    assert "✓ webhooks" in well.output
    assert "✓ line" in well.output
    assert ill.status == 1
    assert "✗ line" in ill.output
    assert "script/server starts it" in ill.output


def test_a_setting_that_cannot_be_read_is_one_line_and_exit_1(tmp_path: Path) -> None:
    ill = _diagnose(_environment(tmp_path) | {"RINGBACK_PUBLIC_URL": "ivr.example.com"})
    assert ill.status == 1
    assert "RINGBACK_PUBLIC_URL" in ill.output
    assert "https://ivr.example.com" in ill.output
    assert "Traceback" not in ill.output


def _changed(settings: Settings, **changes: object) -> Settings:
    """Made anew: a copy of a model would keep the addresses that were worked out before."""
    return Settings(**{**settings.model_dump(), **changes})


def _environment(data_dir: Path) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}
    return ours | {"RINGBACK_DATA_DIR": str(data_dir), "RINGBACK_PORT": str(port), "PYTHONWARNINGS": "ignore"}


def _diagnose(environment: dict[str, str]) -> Diagnosis:
    command = [sys.executable, "-m", "api.commands.cli", "doctor"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return Diagnosis(done.returncode, done.stdout + done.stderr)
