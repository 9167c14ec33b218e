"""The line as a process of its own: rung by telephones, asked by Twilio's own client, used from the command line."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.line.caller.script import parse
from ivr.line.caller.scripted_call import Outcome, follow_script
from ivr.line.caller.telephone import CallRefused, dial
from ivr.line.playing.active_call import Webhooks
from ivr.line.protocol import Dial, Ended, HangUp, Listening, Ringing, Silence
from ivr.line.service.server import line_app, line_server
from ivr.line.store.account import LineAccount, LineNotFound
from tests.ivr.line.conftest import ACCOUNT, Desk, running, tone

ROOT = Path(__file__).parents[4]
RECORD = '<Response><Record action="/turn" recordingStatusCallback="/recording"/></Response>'


@pytest.fixture
def line(desk: Desk, tmp_path: Path) -> Iterator[LineAccount]:
    """A running line whose calls come to the desk."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        account = replace(ACCOUNT, url=f"http://127.0.0.1:{probe.getsockname()[1]}")
    server = line_server(line_app(account, Webhooks(f"{desk.url}/voice", "", f"{desk.url}/status"), tmp_path))
    server.config.port = account.port
    with running(server.config.app, server):  # type: ignore[arg-type]  # it is the Starlette application above
        yield account


@pytest.fixture
def client(line: LineAccount) -> Client:
    client = Client(line.account_sid, line.auth_token, environment={"none": ""})
    client.api.base_url = line.url
    return client


async def rung(line: LineAccount, script: str, folder: Path, **wish: str) -> Outcome:
    plan = parse(script, folder)
    wanted = {"from": "+37120000001", "to": "+37167000000", "pace": "fast", "dial_results": plan.dial_results}
    async with dial(line, Dial.model_validate(wanted | wish)) as telephone:
        return await follow_script(telephone, plan, lambda event: None, lambda words: None, is_fast=True)


async def test_a_message_left_by_telephone_is_fetched_with_twilios_client(
    desk: Desk, line: LineAccount, client: Client, message: Path
) -> None:
    desk.answer("/voice", RECORD)
    outcome = await rung(line, "record message.wav", message.parent)
    assert outcome.faults == ()
    told = desk.form("/recording")
    recording = client.recordings(told["RecordingSid"]).fetch()
    assert (recording.duration, recording.channels, recording.status) == ("2", 1, "completed")
    assert recording.call_sid == told["CallSid"]
    assert [each.sid for each in client.recordings.list()] == [recording.sid]
    assert [each.sid for each in client.calls(told["CallSid"]).recordings.list()] == [recording.sid]
    credentials = (line.account_sid, line.auth_token)
    for address in (told["RecordingUrl"], told["RecordingUrl"] + ".wav"):
        media = httpx2.get(address, auth=credentials)
        assert (media.status_code, media.headers["content-type"]) == (200, "audio/x-wav")
        assert media.content[:4] == b"RIFF"
        assert len(media.content) == pytest.approx(2 * 16000, abs=700)
    assert httpx2.get(told["RecordingUrl"], auth=credentials, headers={"Range": "bytes=0-3"}).content == b"RIFF"
    assert httpx2.get(told["RecordingUrl"] + ".mp3", auth=credentials).status_code == 404
    assert httpx2.get(told["RecordingUrl"] + "?RequestedChannels=2", auth=credentials).status_code == 400
    assert client.recordings(recording.sid).delete()
    assert httpx2.get(told["RecordingUrl"], auth=credentials).status_code == 404


def test_nothing_is_told_without_the_accounts_credentials(line: LineAccount) -> None:
    strangers = (None, ("AC", "wrong"), (ACCOUNT.account_sid, ""), ("", ACCOUNT.auth_token))
    for path in ("Recordings/RE" + "0" * 32, "Recordings.json", "Calls.json", "Calls/CA1.json"):
        for credentials in strangers:
            refused = httpx2.get(f"{line.url}/2010-04-01/Accounts/{line.account_sid}/{path}", auth=credentials)
            assert refused.status_code == 401
            assert refused.json()["code"] == 20003
            assert refused.headers["www-authenticate"].startswith("Basic")


def test_what_is_not_there_is_20404(line: LineAccount, client: Client) -> None:
    with pytest.raises(TwilioRestException) as missing:
        client.calls("CA" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)
    other = httpx2.get(f"{line.url}/2010-04-01/Accounts/ACother/Calls.json", auth=(line.account_sid, line.auth_token))
    assert other.json() == {
        "code": 20404,
        "message": "The requested resource /2010-04-01/Accounts/ACother/Calls.json was not found",
        "more_info": "https://www.twilio.com/docs/errors/20404",
        "status": 404,
    }


async def test_calls_are_listed_in_pages_and_by_time(
    desk: Desk, line: LineAccount, client: Client, tmp_path: Path
) -> None:
    desk.answer("/voice", "<Response><Say>Fourteen chars</Say></Response>")
    for number in range(5):
        await rung(line, "", tmp_path, **{"from": f"+3712000000{number}"})
    listed = client.calls.list(page_size=2)
    assert [call._from for call in listed] == [f"+3712000000{number}" for number in (4, 3, 2, 1, 0)]
    assert {(call.status, call.duration, call.direction) for call in listed} == {("completed", "1", "inbound")}
    now = datetime.now(UTC)
    assert len(client.calls.list(start_time_after=now - timedelta(minutes=1))) == 5
    assert client.calls.list(start_time_before=now - timedelta(minutes=1)) == []
    assert len(client.calls.list(from_="+37120000003")) == 1
    fetched = client.calls(listed[0].sid).fetch()
    assert abs(fetched.end_time - now) < timedelta(minutes=1)


async def test_rule_35_a_call_is_ended_from_outside_and_a_finished_one_cannot_be(
    desk: Desk, line: LineAccount, client: Client
) -> None:
    desk.answer("/voice", '<Response><Gather action="/turn"/><Say>Never</Say></Response>')
    sid = ""
    async with dial(line, Dial.model_validate({"from": "+1", "to": "+2", "pace": "fast"})) as telephone:
        async for event in telephone.events():
            match event:
                case Ringing():
                    sid = event.call_id
                case Listening():
                    assert client.calls(sid).fetch().status == "in-progress"
                    client.calls(sid).update(status="completed")
                case Ended():
                    assert event.status == "completed"
    assert desk.paths() == ["/voice", "/status"]
    with pytest.raises(TwilioRestException) as over:
        client.calls(sid).update(status="completed")
    assert (over.value.status, over.value.code) == (400, 21220)


async def test_rule_35_a_recording_cut_from_outside_asks_no_action(
    desk: Desk, line: LineAccount, client: Client
) -> None:
    desk.answer("/voice", RECORD)
    async with dial(line, Dial.model_validate({"from": "+1", "to": "+2", "pace": "fast"})) as telephone:
        async for event in telephone.events():
            if event.waits:
                (call,) = client.calls.list()
                client.calls(call.sid).update(status="completed")
    assert desk.paths() == ["/voice", "/status"]


async def test_a_dropped_connection_is_a_hang_up(desk: Desk, line: LineAccount) -> None:
    desk.answer("/voice", "<Response><Gather/><Say>Never</Say></Response>")
    async with dial(line, Dial.model_validate({"from": "+1", "to": "+2", "pace": "real"})) as telephone:
        async for event in telephone.events():
            if isinstance(event, Listening):
                break
    deadline = time.monotonic() + 5
    while "/status" not in desk.paths():
        assert time.monotonic() < deadline
        time.sleep(0.01)  # noqa: ASYNC251  # the line runs in another thread
    assert desk.form("/status")["CallStatus"] == "completed"


async def test_a_recording_may_be_late_and_survives_a_restart(desk: Desk, line: LineAccount, message: Path) -> None:
    desk.answer("/voice", RECORD)
    await rung(line, "record message.wav", message.parent, modes="availability=700ms")
    address, credentials = desk.form("/recording")["RecordingUrl"], (line.account_sid, line.auth_token)
    assert httpx2.get(address, auth=credentials).status_code == 404
    time.sleep(0.8)  # noqa: ASYNC251
    assert httpx2.get(address, auth=credentials).status_code == 200
    again = line_server(line_app(line, Webhooks(""), message.parent))
    again.config.port = 0
    with running(again.config.app, again) as url:  # type: ignore[arg-type]
        base = f"{url}/2010-04-01/Accounts/{line.account_sid}"
        assert httpx2.get(f"{base}/Recordings.json", auth=credentials).json()["recordings"][0]["media_url"] == address
        (call,) = httpx2.get(f"{base}/Calls.json", auth=credentials).json()["calls"]
        assert (call["status"], call["sid"]) == ("completed", desk.form("/voice")["CallSid"])


async def test_a_telephone_needs_the_lines_token(line: LineAccount) -> None:
    with pytest.raises(CallRefused, match="another data folder"):
        async with dial(replace(line, auth_token="wrong"), Dial.model_validate({"from": "+1", "to": "+2"})):
            pass


async def test_wishes_that_cannot_be_read_are_refused_with_the_reason(line: LineAccount) -> None:
    wish = Dial.model_validate({"from": "+1", "to": "+2", "faults": "explode=1"})
    with pytest.raises(CallRefused, match="explode"):
        async with dial(line, wish) as telephone:
            async for _ in telephone.events():
                pass


async def test_a_line_that_does_not_listen_is_missed_with_the_remedy() -> None:
    with pytest.raises(LineNotFound, match="script/server first"):
        async with dial(LineAccount("AC1", "t", "http://127.0.0.1:9"), Dial.model_validate({"from": "1", "to": "2"})):
            pass


# The command line, as a user has it

PROGRAM = "api.commands.cli"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def line_process(desk_server: Desk, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`ringback line` in a process of its own; its webhooks are at the desk's /twilio/…"""
    environment = os.environ | {"RINGBACK_DATA_DIR": str(folder), "RINGBACK_PUBLIC_URL": desk_server.url}
    process = subprocess.Popen(
        [sys.executable, "-m", PROGRAM, "line"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + 10
    while True:
        try:
            url = json.loads((folder / "line.json").read_text())["url"]
            assert httpx2.get(f"{url}/health").json()["status"] == "ok"
            break
        except (OSError, httpx2.TransportError):
            assert time.monotonic() < deadline, "the line did not start"
            time.sleep(0.02)
    yield process
    process.terminate()
    assert process.wait(10) in (0, -15)


def ringback_call(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", PROGRAM, "call", *arguments],
        cwd=ROOT,
        env=os.environ | {"RINGBACK_DATA_DIR": str(folder)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


MENU = (
    '<Response><Gather action="/menu" numDigits="1"><Say language="lv-LV">Nospiediet viens</Say></Gather>'
    "<Redirect>/menu</Redirect></Response>"
)
BYE = '<Response><Say language="lv-LV">Paldies</Say></Response>'


def test_the_command_line_leaves_a_message(desk: Desk, folder: Path, line_process: subprocess.Popen[bytes]) -> None:
    (folder / "message.wav").write_bytes(tone(2.0, 16000))
    desk.answer("/twilio/voice", MENU)
    desk.answer("/menu", '<Response><Say>Speak now</Say><Record action="/bye"/></Response>')
    desk.answer("/bye", BYE)
    done = ringback_call(
        folder, "--from", "+37120000002", "--script", f"key 1, wait, record {folder}/message.wav, hangup"
    )
    assert (done.stderr, done.returncode) == ("", 0)
    lines = done.stdout.splitlines()
    assert lines[2:7] == [
        "[lv-LV]  Nospiediet viens",
        "    > pressed   1",
        "[en-US]  Speak now",
        "beep",
        "    > speaking  62 kB of sound",
    ]
    assert lines[-4:-1] == ["recorded  7 s, ended by silence", "[lv-LV]  Paldies", "    > hung up"]
    assert lines[-1].startswith("completed after ")
    assert desk.form("/twilio/voice")["From"] == "+37120000002"
    assert desk.form("/bye")["RecordingDuration"] == "7"
    assert desk.form("/twilio/status")["CallStatus"] == "completed"
    assert base64.b64decode(desk.asked[0].headers["x-twilio-signature"])


OUTCOMES = [
    # what happens, document, arguments, exit code, what is said about it
    ("all is well", BYE, ["--script", "wait"], 0, ""),
    ("the document fails", "<Response", ["--script", ""], 1, "error 12100"),
    ("a step cannot be done", BYE, ["--script", "key 1"], 1, "step not done: key 1"),
    ("the file is not there", BYE, ["--script", "record nowhere.wav"], 2, "there is no file nowhere.wav"),
    ("the step is unknown", BYE, ["--script", "wait, dance"], 2, "script step 2 'dance'"),
    ("the fault is unknown", BYE, ["--script", "", "--faults", "explode"], 2, "fault 'explode'"),
    ("the mode is unknown", BYE, ["--script", "", "--modes", "empty-digits=maybe"], 2, "must be one of absent, empty"),
]


@pytest.mark.parametrize(
    ("case", "document", "arguments", "code", "said"), OUTCOMES, ids=[outcome[0] for outcome in OUTCOMES]
)
def test_the_exit_code_tells_how_the_call_went(
    desk: Desk,
    folder: Path,
    line_process: subprocess.Popen[bytes],
    case: str,
    document: str,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    desk.answer("/twilio/voice", document)
    desk.answer("/twilio/fallback", "<Response")
    done = ringback_call(folder, *arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    if code == 2:
        assert desk.asked == []


def test_a_script_may_come_through_a_pipe(desk: Desk, folder: Path, line_process: subprocess.Popen[bytes]) -> None:
    desk.answer("/twilio/voice", MENU)
    desk.answer("/menu", BYE)
    done = ringback_call(folder, stdin="key 1\nwait\n")
    assert done.returncode == 0
    assert desk.form("/menu")["Digits"] == "1"


def test_without_a_line_the_remedy_is_told(tmp_path: Path) -> None:
    done = ringback_call(tmp_path, "--script", "wait")
    assert done.returncode == 2
    assert "Start script/server first" in done.stderr


def test_the_line_is_small(line_process: subprocess.Popen[bytes]) -> None:
    status = Path(f"/proc/{line_process.pid}/status")
    if not status.exists():
        pytest.skip("there is no /proc here to read the memory from")
    (rss,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    assert int(rss.split()[1]) < 90_000  # kB, after calls with sound in other tests


async def test_a_phone_that_only_stays_silent_hears_the_call_to_its_end(desk: Desk, line: LineAccount) -> None:
    desk.answer("/voice", MENU.replace("/menu", "/last"))
    desk.answer("/last", BYE)
    heard = []
    async with dial(line, Dial.model_validate({"from": "+1", "to": "+2", "pace": "fast"})) as telephone:
        async for event in telephone.events():
            heard.append(event.event)
            if event.waits:
                await telephone.act(Silence())
        await telephone.act(HangUp())  # too late: nothing happens
    assert heard == ["ringing", "answered", "gather", "say", "listening", "gathered", "say", "ended"]
