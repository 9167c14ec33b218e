"""`ringback flows` as an author types it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.flows import flows

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "flows" / "definitions"
RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in SHIPPED.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return tmp_path


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "reception.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_what_ships_is_checked_and_tested_green() -> None:
    checked = RUN.invoke(flows, ["check"])
    assert checked.exit_code == 0
    assert checked.output.startswith("calendar office: Europe/Riga; mon-fri 9:00-17:00\n  next holidays: ")
    assert checked.output.endswith("1 flow: 0 errors, 0 warnings.\n")
    tested = RUN.invoke(flows, ["test"])
    assert tested.exit_code == 0
    assert tested.output.endswith("19 tests, 0 failed.\n")


def test_check_shows_the_line_and_fails(folder: Path) -> None:
    edit(folder, "next: complaint_box}", "next: complaint_bocks}")
    result = RUN.invoke(flows, ["check", str(folder)])
    assert result.exit_code == 1
    assert (
        'option "complaint" goes to "complaint_bocks", which is not a node. Did you mean "complaint_box"?'
        in result.output
    )
    assert "[UNKNOWN_TARGET]" in result.output


def test_check_warns_of_an_exit_that_no_test_takes_but_does_not_fail(folder: Path) -> None:
    edit(
        folder,
        "events: [key 3, key 1, dial busy, key 2, record 20s, silence]",
        "events: [key 3, key 1, dial no_answer, key 2, record 20s, silence]",
    )
    result = RUN.invoke(flows, ["check", str(folder)])
    assert result.exit_code == 0
    assert 'node "front_desk": no test reaches exit "busy".' in result.output


def test_failing_test_says_why_and_fails(folder: Path) -> None:
    edit(folder, "key 1, key 3, record 45s", "key 1, key 3, record empty")
    result = RUN.invoke(flows, ["test", str(folder), "-v"])
    assert result.exit_code == 1
    assert "FAIL reception: complaint is heard out in Latvian" in result.output
    assert "callback: expected one, found none" in result.output
    assert "[lv] Mums ļoti žēl" in result.output


def test_flow_is_played_by_a_script() -> None:
    script = "key 1, key 3, record 9s, silence"
    result = RUN.invoke(flows, ["play", "--at", "2030-03-05 10:15", "--script", script, "--trace"])
    assert result.exit_code == 0
    assert "[lv] Mums ļoti žēl" in result.output
    assert "VoicemailLeft node=complaint_box queue=complaints intent=complaint" in result.output
    assert result.output.endswith(
        "Path: welcome → language → opening → main → complaint_box → closing → goodbye. Outcome: done.\n"
    )


def test_flow_is_played_at_the_keyboard() -> None:
    typed = "3\n\n\n\n12\n\n"
    result = RUN.invoke(flows, ["play", "--at", "2030-03-05 10:15"], input=typed)
    assert result.exit_code == 0
    assert "→ mailbox → closing → goodbye. Outcome: done." in result.output
    hung_up = RUN.invoke(flows, ["play", "--at", "2030-03-05 10:15", "--from", "withheld"], input="3\n4\nh\n")
    assert hung_up.output.endswith("→ ring_back → mailbox. Outcome: hung_up.\n")


def test_unknown_word_in_a_script_is_refused() -> None:
    result = RUN.invoke(flows, ["play", "--script", "sing"])
    assert result.exit_code == 1
    assert 'event "sing" is unknown' in result.output


@pytest.mark.parametrize("command", ["check", "test", "play"])
def test_folder_that_is_none_is_named(command: str, tmp_path: Path) -> None:
    place = [str(tmp_path / "no"), *(["reception"] if command == "play" else [])]
    result = RUN.invoke(flows, [command, *place])
    assert result.exit_code == 1
    assert "is no folder" in result.output


def test_publishing_is_refused_when_a_test_fails(folder: Path) -> None:
    edit(folder, "key 1, key 3, record 45s", "key 1, key 3, record empty")
    result = RUN.invoke(flows, ["publish", str(folder)])
    assert result.exit_code == 1
    assert "Nothing was published" in result.output


def test_engine_starts_without_the_libraries_that_it_rarely_needs() -> None:
    """A process that answers calls imports the engine; YAML, locale tables and templates must not come with it."""
    program = (
        "import sys, flows.engine, flows.files.loader, flows.last_resort\n"
        "print([name for name in ('babel', 'ruamel.yaml', 'sqlalchemy', 'typer', 'asyncio') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
