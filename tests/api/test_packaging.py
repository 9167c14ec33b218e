"""What is built, published and written about: the image, the compose file, the README, the lock files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from api.commands.cli import COMMANDS
from runtime.config import Settings

ROOT = Path(__file__).resolve().parents[2]
OURS = ("api", "worker", "clock", "migrate")
PAPERS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return read


def test_only_the_api_can_be_reached_from_outside(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {*OURS, "postgres", "redis"}
    assert [name for name, service in services.items() if service.get("ports") or service.get("network_mode")] == [
        "api"
    ]
    assert all(str(port).startswith("${RINGBACK_PUBLISH:-127.0.0.1:") for port in services["api"]["ports"])
    assert services["postgres"]["networks"] == services["redis"]["networks"] == ["inside"]
    assert compose["networks"]["inside"]["internal"] is True


def test_every_process_is_watched_and_waits_for_what_it_needs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name in ("api", "worker", "clock"):
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "postgres": {"condition": "service_healthy"},
            "redis": {"condition": "service_healthy"},
        }
    assert all("test" in services[name]["healthcheck"] for name in services if name != "migrate")


def test_no_secret_has_a_default(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for setting, value in (service.get("environment") or {}).items():
            if any(word in setting for word in ("PASSWORD", "SECRET", "TOKEN", "SID")):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), f"{name}: {setting}"
    assert not re.search(r"://[^/\s]*:[^/\s]*@", (ROOT / "docker-compose.yml").read_text("utf-8")), (
        "password in an address"
    )


def test_every_setting_of_the_compose_file_is_one(compose: dict[str, Any]) -> None:
    known = {f"RINGBACK_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        given = {key for key in compose["services"][name]["environment"] if key.startswith("RINGBACK_")}
        assert given <= known
    assert {compose["services"][name]["command"][0] for name in OURS} <= {command.name for command in COMMANDS}


def test_images_are_named_without_a_host(compose: dict[str, Any]) -> None:
    named = [service["image"] for service in compose["services"].values()]
    named += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert len(named) >= 8
    for image in named:
        assert "/" not in image, image


def test_the_image_runs_as_nobody_in_particular_and_is_watched() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    last_stage = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM ")) :]
    users = [line.split()[1] for line in last_stage if line.startswith("USER ")]
    assert users == ["ringback"]
    assert any(line.startswith("HEALTHCHECK ") for line in last_stage)
    assert any("--require-hashes" in line for line in lines)


def test_the_image_holds_every_room_and_nothing_else() -> None:
    layers = re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    allowed = re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    contracts = re.search(r"^root_packages = (\[.*\])$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert contracts is not None
    assert sorted(layers) == sorted(allowed) == sorted(json.loads(contracts[1]))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "pyproject.toml"])
def test_no_file_names_where_packages_came_from(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", text)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_pinned_with_hashes(name: str) -> None:
    entries = (ROOT / name).read_text("utf-8").replace("\\\n", " ").splitlines()
    pinned = [entry for entry in entries if entry.strip() and not entry.startswith("#")]
    assert len(pinned) > 50
    assert [entry for entry in pinned if not re.match(r"[\w.-]+==\S+.*--hash=sha256:", entry)] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_commands_of_the_papers_exist(paper: str) -> None:
    text = (ROOT / paper).read_text("utf-8")
    for script in set(re.findall(r"(?<![\w/.-])(script/[\w-]+)", text)):
        assert (ROOT / script).is_file(), script
    known = {command.name for command in COMMANDS}
    code = "\n".join(
        re.findall(r"```(?:sh|console|text)?\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
    )
    used = set(re.findall(r"(?:^|[\s/])ringback ([a-z]+)(?= |$|\n)", code, re.MULTILINE))
    assert used <= known, used - known


@pytest.mark.parametrize("paper", PAPERS)
def test_links_of_the_papers_lead_somewhere(paper: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (ROOT / paper).read_text("utf-8")):
        if not target.startswith(("http://", "https://")):
            assert ((ROOT / paper).parent / target).exists(), target


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself(command: str) -> None:
    asked = [sys.executable, "-m", "api.commands.cli", command, "--help"]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert told.returncode == 0, told.stderr
    assert "Usage: ringback" in told.stdout


def test_the_operator_finds_every_setting_explained() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [name for name in Settings.model_fields if f"`RINGBACK_{name.upper()}`" not in text] == []
