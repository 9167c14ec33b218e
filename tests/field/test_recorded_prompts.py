"""Somebody recorded the greetings in a studio, and callers hear them."""

from __future__ import annotations

import hashlib
import io
import wave
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from api.commands.flows import flows
from flows.checks.references import recordings
from flows.last_resort import apology
from ivr.published_flows import PublishedFlows
from ivr.publishing import live_now, publish_folder
from ivr.publishing.prompt_audio import listen, read_definitions
from ivr.publishing.recorded_prompts import RecordedPrompts
from ivr.tables import prompt_audio
from runtime.sql.database import open_database, writing
from tests.field.definitions import RECORDED, tone, write_folder
from tests.field.house import House, OpenHouse

STUDIO = {"welcome.wav": tone(2.5), "leave.mp3": tone(3.0, form="MP3"), "bye.wav": tone(1.25, 8_000, 1)}
RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "flows", audio=STUDIO)


@pytest.fixture
def house(house_of: OpenHouse, folder: Path) -> House:
    return house_of(folder)


def copies(house: House) -> list[Path]:
    return sorted((house.settings.data_dir / "prompts").glob("*.wav"))


def test_studio_recordings_are_heard_in_a_call_and_the_caller_is_told_that_they_are_recorded(house: House) -> None:
    heard = house.ring("say nothing")
    assert heard.played == ["welcome.wav", "leave.wav", "bye.wav"]
    assert [event.seconds for event in heard.of("play")] == [2.5, pytest.approx(3.0, abs=0.1), 1.25]
    assert [event.caption for event in heard.of("play")] == [
        "Welcome to the workshop.",
        "Please leave a message after the tone.",
        "",
    ]
    assert heard.words == [] and heard.warnings == [] and heard.of("beep")


def test_recording_comes_from_the_public_address_as_a_telephone_plays_it_and_never_changes(house: House) -> None:
    [url] = [event.url for event in house.ring("hangup").of("play")]
    assert url.startswith(f"{house.settings.base_url}/twilio/audio/")
    answer = house.get(url)
    assert answer.status_code == 200 and answer.headers["content-type"] == "audio/wav"
    assert "immutable" in answer.headers["cache-control"]
    assert hashlib.sha256(answer.content).hexdigest() in url
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8_000)
        assert sound.getnframes() == 20_000
    head = house.get(url, "HEAD")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(answer.content)))
    assert house.get(url.replace("/audio/", "/audio/0")).status_code == 422
    assert house.get(f"/twilio/audio/{'0' * 64}/welcome.wav").status_code == 404


def test_text_is_said_when_the_recording_is_gone_and_a_prompt_without_text_is_never_silence(house: House) -> None:
    with writing(house.parts.console_database) as connection:
        connection.execute(sa.delete(prompt_audio))
    for copy in copies(house):
        copy.unlink()
    heard = house.ring("say nothing")
    assert heard.played == []
    assert heard.words[:2] == ["Welcome to the workshop.", "Please leave a message after the tone."]
    assert "cannot be played" in heard.words[2] and heard.warnings == []


def test_another_machine_finds_the_recordings_in_sql_and_mends_a_damaged_copy(house: House, tmp_path: Path) -> None:
    elsewhere = RecordedPrompts(house.parts.console_database, tmp_path / "elsewhere")
    content = copies(house)[0].stem
    assert elsewhere.read(content) == copies(house)[0].read_bytes()
    (tmp_path / "elsewhere" / f"{content}.wav").write_bytes(b"half of it")
    assert elsewhere.read(content) == copies(house)[0].read_bytes()


def test_recordings_are_played_while_sql_is_away(house: House, tmp_path: Path) -> None:
    away = open_database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    content = copies(house)[0].stem
    assert RecordedPrompts(away, house.settings.data_dir / "prompts").read(content)
    away.dispose()


def test_the_emergency_document_begins_with_the_recorded_greeting(house: House) -> None:
    assert house.parts.emergency is not None
    document = house.parts.emergency.mailbox.decode()
    assert "/welcome.wav</Play>" in document and apology("en").text in document
    for copy in copies(house):
        copy.unlink()
    house.parts.prepare_emergency()
    assert "Welcome to the workshop." in house.parts.emergency.mailbox.decode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bytes(range(256)) * 40, "it is not audio"),
        (b"", "it is an empty file"),
        (tone(1.0)[:60_000], "the end of it is missing"),
        (tone(121, 8_000, 1), "it lasts 121 s; a prompt lasts 120 s at most"),
        (tone(2.0, loudness=0.0), "nothing can be heard in it"),
        (b"#!AMR\n" + b"\x04" * 3_000, "its form (AMR) is none that is played here; save it as WAV or MP3"),
        (b"\0\0\0\x20ftypM4A " + b"\0" * 5_000, "its form (M4A) is none that is played here; save it as WAV or MP3"),
        (b"<!doctype html><p>Not found</p>", "it is a page of text, not audio"),
    ],
    ids=["random bytes", "empty", "cut off", "too long", "silence", "a telephone's form", "a phone's form", "a page"],
)
def test_broken_greeting_is_an_error_with_its_line(folder: Path, content: bytes, reason: str) -> None:
    (folder / "audio" / "welcome.wav").write_bytes(content)
    result = RUN.invoke(flows, ["check", str(folder)])
    assert result.exit_code == 1
    [line] = [line for line in result.output.splitlines() if "BROKEN_AUDIO" in line]
    assert "desk.yaml:7:82  " in line and f'audio file "welcome.wav" cannot be played: {reason}' in line


def test_missing_greeting_is_an_error_that_names_what_is_there(folder: Path) -> None:
    (folder / "audio" / "welcome.wav").rename(folder / "audio" / "wellcome.wav")
    result = RUN.invoke(flows, ["check", str(folder)])
    assert result.exit_code == 1
    assert (
        'audio file "welcome.wav" is missing; put it into the folder audio. Did you mean "wellcome.wav"?'
        in result.output
    )


def test_greeting_of_half_a_minute_is_warned_of_by_its_real_length(folder: Path) -> None:
    (folder / "audio" / "welcome.wav").write_bytes(tone(30.0))
    result = RUN.invoke(flows, ["check", str(folder)])
    assert 'greeting "welcome" takes about 30 s in en' in result.output and "LONG_GREETING" in result.output
    (folder / "audio" / "welcome.wav").write_bytes(tone(3.0))
    assert "LONG_GREETING" not in RUN.invoke(flows, ["check", str(folder)]).output


def test_recording_without_its_words_is_warned_of(folder: Path) -> None:
    result = RUN.invoke(flows, ["check", str(folder)])
    assert result.exit_code == 0
    assert 'node "goodbye": prompt has a recording without its words: en.' in result.output


def test_a_voicemail_without_a_prompt_is_still_refused_beside_a_recorded_greeting(folder: Path) -> None:
    (folder / "desk.yaml").write_text(
        RECORDED.replace("    prompt: {en: {text: Please leave a message after the tone., audio: leave.mp3}}\n", "")
    )
    assert "NO_NOTICE" in RUN.invoke(flows, ["check", str(folder)]).output


def test_calls_under_way_keep_the_recording_that_they_began_with(database: sa.Engine, folder: Path) -> None:
    publish_folder(database, folder, "", "me")
    first = live_now(database)["desk"]
    (folder / "audio" / "welcome.wav").write_bytes(tone(4.0))
    publish_folder(database, folder, "", "me")
    second = live_now(database)["desk"]
    assert first.version != second.version and first.content == second.content
    with database.connect() as connection:
        kept = set(connection.scalars(sa.select(prompt_audio.c.content_hash)))
    assert {each.content for live in (first, second) for each in live.recordings.values()} == kept


def test_every_machine_copies_what_its_flows_play_and_knows_it_without_sql(
    database: sa.Engine, folder: Path, tmp_path: Path
) -> None:
    publish_folder(database, folder, "", "me")
    kept, place = tmp_path / "flows.live", tmp_path / "machine"
    PublishedFlows(database, kept, "secret", RecordedPrompts(database, place)).refresh()
    assert len(list(place.glob("*.wav"))) == 3
    away = open_database("postgresql+psycopg://nobody@127.0.0.1:9/none")
    known = PublishedFlows(away, kept, "secret", RecordedPrompts(away, place))
    assert known.recall()
    flow = known.flow_named("desk")
    assert flow is not None and {each.content for each in recordings(flow).values()} == {
        file.stem for file in place.glob("*.wav")
    }
    away.dispose()


def test_what_the_telephone_plays_is_listened_to_unchanged_when_it_comes_back(folder: Path) -> None:
    """So that a folder that was exported and published again is the same version."""
    for file in read_definitions(folder).audio.values():
        assert listen(file.wav) == file
