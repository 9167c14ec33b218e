"""The telephone in the terminal, operated as a person does: keys without Enter, a path at the beep, Ctrl-C."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.line.caller.keyboard import LineEditor
from ivr.line.caller.terminal import completed
from ivr.line.playing.active_call import Webhooks
from ivr.line.service.server import line_app, line_server
from ivr.line.store.account import LineAccount, announce
from tests.ivr.line.conftest import ACCOUNT, Desk, running

ROOT = Path(__file__).parents[4]


class Person:
    """Somebody at a terminal who reads what `ringback call` shows and types."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._terminal, far_end = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "api.commands.cli", "call", *arguments],
            cwd=ROOT,
            env=os.environ | {"RINGBACK_DATA_DIR": str(folder), "TERM": "xterm", "COLUMNS": "120"},
            stdin=far_end,
            stdout=far_end,
            stderr=far_end,
            start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # makes it the controlling terminal
        )
        os.close(far_end)
        self.seen = ""

    def reads(self, words: str) -> None:
        """Wait until `words` have been shown, after what was read before."""
        deadline = time.monotonic() + 15
        while words not in self.seen:
            assert time.monotonic() < deadline, f"{words!r} was not shown: {self.seen}"
            if select.select([self._terminal], [], [], 0.1)[0]:
                try:
                    shown = os.read(self._terminal, 65536).decode(errors="replace")
                except OSError:
                    shown = ""
                self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
        self.seen = self.seen.partition(words)[2]

    def types(self, characters: str) -> None:
        os.write(self._terminal, characters.encode())

    def leaves(self) -> int:
        code = self._process.wait(15)
        os.close(self._terminal)
        return code


@pytest.fixture
def data(desk: Desk, tmp_path: Path) -> Iterator[Path]:
    """The data folder of a line that runs and whose calls come to the desk."""
    server = line_server(line_app(ACCOUNT, Webhooks(f"{desk.url}/voice", "", f"{desk.url}/status"), tmp_path))
    server.config.port = 0
    with running(server.config.app, server) as url:  # type: ignore[arg-type]  # it is the Starlette application above
        announce(tmp_path, LineAccount(ACCOUNT.account_sid, ACCOUNT.auth_token, url))
        yield tmp_path


MENU = '<Response><Gather action="/menu" numDigits="1"><Say language="ru-RU">Нажмите один</Say></Gather></Response>'


@pytest.mark.parametrize("pace", ["real", "fast"])
def test_a_person_presses_a_key_and_speaks_a_file_at_the_beep(desk: Desk, data: Path, message: Path, pace: str) -> None:
    desk.answer("/voice", MENU)
    desk.answer("/menu", '<Response><Record action="/bye" timeout="1"/></Response>')
    desk.answer("/bye", "<Response><Say>Bye</Say></Response>")
    person = Person(data, "--pace", pace)
    person.reads("ru-RU  Нажмите один")
    person.reads("press a key")
    person.types("1")
    person.reads("beep")
    person.types("/nowhere\x7f.wav\n")
    person.reads("There is no file /nowher.wav")
    person.reads("hangs up:")
    person.types(f"{message}\n")
    person.reads("message.wav")
    person.reads("recorded")
    person.reads("Bye")
    person.reads("completed after")
    assert person.leaves() == 0
    assert desk.form("/menu")["Digits"] == "1"
    assert desk.form("/bye")["RecordingDuration"] == "3"


@pytest.mark.parametrize("way", ["h", "\x03"])
def test_a_person_hangs_up_in_the_middle_of_a_prompt(desk: Desk, data: Path, way: str) -> None:
    desk.answer("/voice", f"<Response><Say>{'A long story. ' * 100}</Say></Response>")
    person = Person(data)
    person.reads("A long story.")
    person.types(way)
    person.reads("completed after")
    assert person.leaves() == 0
    assert desk.paths() == ["/voice", "/status"]


RECORDS = '<Response><Say language="lv-LV">Runājiet</Say><Record action="/bye" timeout="2"/></Response>'


def test_a_newcomer_without_a_recording_speaks_a_sample_in_the_language_heard(desk: Desk, data: Path) -> None:
    desk.answer("/voice", RECORDS)
    desk.answer("/bye", "<Response><Say>Bye</Say></Response>")
    person = Person(data, "--pace", "fast")
    person.reads("beep")
    person.types("s\n")
    person.reads("lv.wav")
    person.reads("Bye")
    assert person.leaves() == 0
    assert 10 < int(desk.form("/bye")["RecordingDuration"]) < 16


def test_h_and_enter_at_the_beep_hang_up(desk: Desk, data: Path) -> None:
    desk.answer("/voice", RECORDS)
    person = Person(data, "--pace", "fast")
    person.reads("beep")
    person.types("h\n")
    person.reads("completed after")
    assert person.leaves() == 0


def test_the_time_of_typing_a_path_is_not_recorded(desk: Desk, data: Path, message: Path) -> None:
    desk.answer("/voice", '<Response><Record action="/bye" timeout="1"/></Response>')
    desk.answer("/bye", "<Response><Say>Bye</Say></Response>")
    person = Person(data, "--pace", "real")
    person.reads("beep")
    person.reads("hangs up:")
    time.sleep(2.5)  # the person types slowly; the recording must not grow by it
    person.types(f"{message}\n")
    person.reads("Bye")
    assert person.leaves() == 0
    assert desk.form("/bye")["RecordingDuration"] == "3"


DIALS = '<Response><Dial action="/after" timeout="20"><Number>+37120000009</Number></Dial></Response>'


@pytest.mark.parametrize("pace", ["real", "fast"])
def test_a_person_answers_a_transfer_by_a_and_ends_it_by_b(desk: Desk, data: Path, pace: str) -> None:
    desk.answer("/voice", DIALS)
    desk.answer("/after", "<Response><Say>Bye</Say></Response>")
    person = Person(data, "--pace", pace)
    person.reads("a answers")
    person.types("a")
    person.reads("connected +37120000009")
    person.reads("b hangs up at the other side")
    person.types("b")
    person.reads("Bye")
    assert person.leaves() == 0
    assert desk.form("/after")["DialCallStatus"] == "completed"
    assert desk.form("/after")["DialBridged"] == "true"


@pytest.mark.parametrize("pace", ["real", "fast"])
def test_a_person_lets_a_transfer_be_busy_by_b(desk: Desk, data: Path, pace: str) -> None:
    desk.answer("/voice", DIALS)
    desk.answer("/after", "<Response><Say>Bye</Say></Response>")
    person = Person(data, "--pace", pace)
    person.reads("b is busy")
    person.types("b")
    person.reads("Bye")
    assert person.leaves() == 0
    assert desk.form("/after")["DialCallStatus"] == "busy"


def test_tab_completes_a_path_and_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "messages").mkdir()
    for name in ("anna-one.wav", "anna-two.wav", "janis.wav"):
        (tmp_path / "messages" / name).touch()
    assert completed("~/mes") == ("~/messages/", "sages/")
    assert completed("~/messages/j") == ("~/messages/janis.wav", "anis.wav")
    assert completed("~/messages/a") == ("~/messages/anna-", "nna-")
    assert completed("~/nowhere/x") == ("~/nowhere/x", "")


def test_a_line_is_edited_with_backspace() -> None:
    editor = LineEditor()
    assert [editor.type(character) for character in "ab\x7fc\n"] == [
        ("a", None),
        ("b", None),
        ("\b \b", None),
        ("c", None),
        ("\n", "ac"),
    ]
    assert editor.type("\x7f") == ("", None)
