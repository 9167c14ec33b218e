"""A newcomer changes the sample, writes tests and plays calls."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.commands.flows import flows
from flows.inputs import Dialed, Digits, HungUp, Recorded, Silence
from flows.testing.acts import Elapse, parse_act
from ivr.line.caller.script import HangUpStep, KeysStep, PauseStep, SilenceStep, SpeakStep, WaitStep, parse
from tests.field.definitions import tone, write_folder
from tests.field.house import OpenHouse
from tests.front import DEFINITIONS

RUN = CliRunner()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """`cp -r flows/definitions my-flows`, as the README says."""
    return Path(shutil.copytree(DEFINITIONS, tmp_path / "my-flows"))


def run(*words: str | Path) -> Result:
    return RUN.invoke(flows, [str(word) for word in words], catch_exceptions=False)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_own_name_hours_zone_holidays_number_and_notice_are_checked_and_tested_without_touching_the_tests(
    copied: Path,
) -> None:
    edit(copied / "company.yaml", "Amber Workshop", "Harbour Dental")
    edit(copied / "company.yaml", "Dzintara darbnīca", "Ostas zobārstniecība")
    edit(copied / "company.yaml", "Янтарная мастерская", "Портовая стоматология")
    edit(copied / "company.yaml", "9:00-17:00", "8:30-12:00")
    edit(copied / "company.yaml", "zone: Europe/Riga", "zone: America/New_York")
    edit(copied / "company.yaml", "holidays: LV", "holidays: US-NY")
    edit(copied / "company.yaml", "+442079460123", "+442079460199")
    edit(copied / "reception.yaml", "    open_promise:", _NOTICE + "    open_promise:")
    (copied / "audio").mkdir()
    (copied / "audio" / "friday.mp3").write_bytes(tone(5.0, form="MP3"))
    checked, tested = run("check", copied), run("test", copied)
    assert checked.exit_code == 0 and "0 errors" in checked.output
    assert tested.exit_code == 0 and tested.output.endswith(" 0 failed.\n")


_NOTICE = """\
    notice:
      lv: {text: Piektdien esam slēgti., audio: friday.mp3}
      ru: В пятницу мы закрыты.
      en: We are closed on Friday.
"""


def test_a_test_may_name_the_organisation_whatever_it_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "begun"
    run("new", "desk", folder)
    edit(
        folder / "desk.yaml",
        "      path: [welcome, main, mailbox, goodbye]\n      callback: none",
        '      said: ["{organisation}"]\n      not_said: ["Good night, {organisation}"]\n      callback: none',
    )
    assert run("test", folder).exit_code == 0
    edit(folder / "desk.yaml", '["{organisation}"]', '["{organisation} of the others"]')
    failed = run("test", folder)
    assert failed.exit_code == 1 and 'not heard: "{organisation} of the others"' in failed.output


def test_what_was_heard_instead_is_shown(small: Path) -> None:
    result = run("test", small)
    assert result.exit_code == 1
    assert (
        'not heard: "Please leave us a message"; heard instead: "Please leave a message. Thank you."' in result.output
    )


_SMALL = """\
spec: 1
flow: desk
title: Desk
languages: [en]
start: welcome
nodes:
  welcome: {type: greeting, next: mailbox}
  mailbox:
    type: voicemail
    queue: desk
    prompt: {en: "Please leave a message. Thank you."}
    exits: {saved: goodbye, empty: goodbye}
  goodbye: {type: end, prompt: {en: {text: Goodbye., audio: bye.wav}}}
tests:
  - name: a message
    at: "2030-03-05 10:15 Europe/Riga"
    mock: {mailbox: none}
    events: [record 5s]
    expect: {said: [Please leave us a message]}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "small", _SMALL, audio={"bye.wav": tone(1.5)})


def test_playing_is_quiet_and_takes_the_folder_plainly(small: Path) -> None:
    played = run("play", small, "--script", "record 5s")
    assert played.exit_code == 0
    assert "NodeEntered" not in played.output and "node=" not in played.output
    assert (
        "[en] Please leave a message. Thank you.\n    > record 5s\n[en] ♪ bye.wav (1.5 s)  Goodbye.\n" in played.output
    )
    traced = run("play", small, "--script", "record 5s", "--trace")
    assert "VoicemailLeft node=mailbox" in traced.output
    assert "There is no folder or flow" in run("play", "my-folws").output


def test_words_are_not_broken_at_the_margin(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    played = run("play", copied, "--at", "2030-03-05 10:15", "--script", "key 3, hangup")
    assert all(len(line) <= 60 for line in played.output.splitlines() if line.startswith(("[", " " * 5)))
    assert any(line.startswith(" " * 5) for line in played.output.splitlines())


def test_a_key_while_a_message_is_recorded_is_a_step_not_done(small: Path) -> None:
    played = run("play", small, "--script", "key 1, record 5s")
    assert played.exit_code == 1
    assert "step not done: key 1 (the call waits for a message)" in played.output
    assert played.output.count("Please leave a message.") == 1


def test_a_key_counts_as_it_is_pressed_at_a_terminal(tmp_path: Path) -> None:
    run("new", "desk", tmp_path / "begun")
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "api.commands.cli", "flows", "play", str(tmp_path / "begun")]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, cwd=DEFINITIONS.parents[1], text=True
    ) as playing:
        assert playing.stdout is not None
        os.write(ours, b"7h")  # a wrong key, then the receiver down: no Enter
        heard = playing.communicate(timeout=60)[0]
    os.close(ours)
    os.close(theirs)
    assert playing.returncode == 0 and heard.endswith("Path: welcome → main. Outcome: hung_up.\n")


def test_recordings_of_a_played_call_are_written_to_a_file(small: Path, tmp_path: Path) -> None:
    played = run("play", small, "--script", "record 5s", "--listen", tmp_path / "call.wav")
    assert played.exit_code == 0 and (tmp_path / "call.wav").stat().st_size > 1.5 * 16_000


SPELLINGS: list[tuple[str, type[object], type[object]]] = [
    ("key 1", Digits, KeysStep),
    ("keys 123#", Digits, KeysStep),
    ("press 1", Digits, KeysStep),
    ("dtmf *", Digits, KeysStep),
    ("silence", Silence, SilenceStep),
    ("record 12s", Recorded, SpeakStep),
    ("record message.wav", Recorded, SpeakStep),
    ("record empty", Recorded, SilenceStep),
    ("say nothing", Recorded, SilenceStep),
    ("record 12s then hangup", HungUp, SpeakStep),
    ("record message.wav then #", Recorded, SpeakStep),
    ("hangup 5s", HungUp, SpeakStep),
    ("hangup", HungUp, HangUpStep),
    ("hang up", HungUp, HangUpStep),
    ("wait", Elapse, WaitStep),
    ("wait 2m", Elapse, PauseStep),
    ("pause 2s", Elapse, PauseStep),
    ("dial no_answer", Dialed, str),
    ("dial no-answer", Dialed, str),
    ("dial answered 20s", Dialed, str),
    ("dial busy", Dialed, str),
]


@pytest.mark.parametrize(("written", "act", "step"), SPELLINGS, ids=[each[0] for each in SPELLINGS])
def test_tests_of_flows_and_scripts_of_calls_take_the_same_words(
    written: str, act: type[object], step: type[object], tmp_path: Path
) -> None:
    (tmp_path / "message.wav").write_bytes(tone(1.0))
    assert isinstance(parse_act(written), act)
    script = parse(written, tmp_path)
    found: list[object] = [*script.steps, *script.dial_results]
    assert len(found) == 1 and isinstance(found[0], step)


def test_one_script_is_played_by_the_simulator_and_by_the_line(small: Path, house_of: OpenHouse) -> None:
    script = "record 12s then hangup"
    assert run("play", small, "--script", script).output.endswith("Outcome: hung_up.\n")
    heard = house_of(small).ring(script)
    assert heard.outcome.faults == () and [event.seconds for event in heard.of("recorded")] == [12.0]
