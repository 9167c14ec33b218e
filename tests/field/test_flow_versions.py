"""An admin publishes, looks back, goes back and takes flows away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from api.commands.flows import flows
from api.doctor.checkup import check_flows
from api.first_start import prepare
from flows.files.difference import differences
from ivr.published_flows import PublishedFlows
from ivr.publishing import PublishedSince, live_now, publish, publish_folder
from ivr.publishing.prompt_audio import read_definitions
from runtime.config import load_settings
from runtime.sql.database import open_database
from tests.field.definitions import COMPANY, tone, write_folder
from tests.field.house import House, OpenHouse

RUN = CliRunner()
DESK = """\
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
    prompt: {en: "Please leave a message.[ We call back {promise.until|by}.]"}
    exits: {saved: goodbye, empty: goodbye}
  goodbye: {type: end, prompt: {en: "Goodbye."}}
"""
ESHOP = DESK.replace("flow: desk", "flow: eshop").replace("Goodbye.", "Thank you for your order.")


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder after the first start: the sample company is live."""
    monkeypatch.setenv("RINGBACK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    prepare(load_settings())
    return tmp_path / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "my-flows", DESK)


def run(*words: str | Path) -> Result:
    return RUN.invoke(flows, [str(word) for word in words], catch_exceptions=False)


def live() -> dict[str, str]:
    engine = open_database(load_settings().sql_url)
    found = {name: each.content for name, each in live_now(engine).items()}
    engine.dispose()
    return found


def edit(folder: Path, old: str, new: str, file: str = "desk.yaml") -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), "utf-8")


def test_publishing_shows_the_difference_and_counts_the_flows(installation: Path, folder: Path) -> None:
    first = run("publish", folder, "--note", "our own")
    assert first.exit_code == 0, first.output
    assert "desk: new\n" in first.output and "reception: retired, for the folder does not hold it\n" in first.output
    assert first.output.endswith("Published: 0 flows changed, 1 new, 1 retired; company changed.\n")
    edit(folder, "Goodbye.", "Thank you. Goodbye.")
    second = run("publish", folder)
    assert 'nodes.goodbye.prompt.en: "Goodbye." → "Thank you. Goodbye."' in second.output
    assert second.output.endswith("Published: 1 flow changed; company unchanged.\n")
    assert run("publish", folder).output.endswith("Nothing changed: all of it is already published.\n")


def test_nothing_of_ones_own_is_replaced_without_naming_the_folder(
    installation: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("publish").exit_code == 0  # the sample company over itself
    run("publish", folder)
    for flows_dir in ("", str(folder)):
        if flows_dir:
            monkeypatch.setenv("RINGBACK_FLOWS_DIR", flows_dir)
        refused = run("publish")
        assert refused.exit_code == 1
        assert "Name the folder to publish: what is live is your own (company, desk)." in refused.output
    assert "Amber Workshop" in live()["company"] and set(live()) == {"company", "desk"}


def test_what_somebody_else_published_meanwhile_is_not_lost(installation: Path, folder: Path, tmp_path: Path) -> None:
    run("publish", folder)
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    edit(other, "Goodbye.", "Happy holidays!")
    assert run("publish", other, "--note", "for Christmas").exit_code == 0
    edit(folder, "Please leave", "Please do leave")
    refused = run("publish", folder)
    assert refused.exit_code == 1
    assert "Published since this folder was published or exported:" in refused.output
    assert "for Christmas" in refused.output and "Happy holidays!" in live()["desk"]
    assert run("publish", folder, "--replace").exit_code == 0
    assert "Happy holidays!" not in live()["desk"]
    assert run("publish", folder).exit_code == 0


def test_folder_that_never_met_this_installation_is_refused(installation: Path, folder: Path, tmp_path: Path) -> None:
    run("publish", folder)
    stranger = write_folder(tmp_path / "stranger", DESK.replace("Goodbye.", "Bye."))
    refused = run("publish", stranger)
    assert refused.exit_code == 1 and "does not know what is live" in refused.output
    assert run("publish", stranger, "--replace").exit_code == 0


def test_own_folder_of_the_first_start_is_published_again_without_a_word(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGBACK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RINGBACK_FLOWS_DIR", str(folder))
    prepare(load_settings())
    edit(folder, "Goodbye.", "Bye.")
    assert run("publish", folder).exit_code == 0
    assert "Bye." in live()["desk"]


def test_of_two_who_publish_at_once_the_second_is_told(database: sa.Engine, folder: Path) -> None:
    publish_folder(database, folder, "", "first")
    seen = {name: each.version for name, each in live_now(database).items()}
    edit(folder, "Goodbye.", "Bye.")
    publish(database, read_definitions(folder), "", "maija", seen)
    with pytest.raises(PublishedSince, match="desk by maija"):
        publish(database, read_definitions(folder), "", "janis", seen)


def test_versions_list_number_author_time_and_note_and_the_newest_stands_first(
    installation: Path, folder: Path
) -> None:
    run("publish", folder, "--note", "opening day")
    edit(folder, "Goodbye.", "Bye.")
    run("publish", folder, "--note", "shorter")
    lines = run("versions", "desk").output.splitlines()
    assert lines[0].split() == ["no", "version", "published", "(UTC)", "by", "note"]
    assert [line.split()[0] for line in lines[1:]] == ["2", "1"]
    assert lines[1].endswith("shorter  (live)") and lines[2].endswith("opening day")
    everything = run("versions").output
    assert "reception" in everything and "retired" in everything and "company" in everything
    assert run("versions", "nothing").exit_code == 1


def test_going_back_is_a_new_version_and_calls_hear_it(installation: Path, folder: Path) -> None:
    run("publish", folder)
    edit(folder, "Goodbye.", "Bye.")
    run("publish", folder, "--note", "shorter")
    assert "Bye." in live()["desk"]
    back = run("rollback", "desk")
    assert back.exit_code == 0 and 'nodes.goodbye.prompt.en: "Bye." → "Goodbye."' in back.output
    assert "Goodbye." in live()["desk"]
    assert run("versions", "desk").output.splitlines()[1].split()[0] == "3"
    assert run("rollback", "desk", "2").exit_code == 0 and "Bye." in live()["desk"]
    assert "is already published" in run("rollback", "desk", "2").output
    unknown = run("rollback", "desk", "99")
    assert unknown.exit_code == 1 and "Versions: 4 (" in unknown.output
    assert "ever published" in run("rollback", "nothing").output


def test_going_back_to_what_no_longer_fits_the_other_files_is_refused(installation: Path, folder: Path) -> None:
    run("publish", folder)
    edit(folder, "queue: desk", "queue: shop")
    edit(folder, "  desk: {title: {en: Front desk}, calendar", "  shop: {title: {en: Shop}, calendar", "company.yaml")
    assert run("publish", folder).exit_code == 0
    refused = run("rollback", "desk")
    assert refused.exit_code == 1 and 'queue "desk" is not in company.yaml' in refused.output
    assert "queue: shop" in live()["desk"]


def test_flow_can_be_taken_away_unless_a_number_needs_it(installation: Path, folder: Path) -> None:
    (folder / "eshop.yaml").write_text(ESHOP)
    run("publish", folder)
    assert run("retire", "eshop", "--note", "shop closed").exit_code == 0
    assert set(live()) == {"company", "desk"}
    needed = run("retire", "desk")
    assert needed.exit_code == 1 and "answers default in company.yaml" in needed.output
    assert "There is no live flow" in run("retire", "eshop").output
    assert run("rollback", "eshop").exit_code == 0 and "eshop" in live()


def test_doctor_names_commands_that_mend_a_live_flow_whose_folder_is_gone(installation: Path, folder: Path) -> None:
    (folder / "eshop.yaml").write_text(ESHOP)
    run("publish", folder)
    edit(folder, "  desk: {title: {en: Front desk}, calendar", "  shop: {title: {en: Shop}, calendar", "company.yaml")
    engine = open_database(load_settings().sql_url)
    publish_folder(engine, folder, "past the checks", "tests")
    [eshop] = [found for found in check_flows(PublishedFlows(engine)) if found.says.startswith("eshop")]
    assert eshop.verdict == "wrong" and 'queue "desk" is not in company.yaml' in eshop.says
    assert "ringback flows export FOLDER" in eshop.remedy and "ringback flows retire eshop" in eshop.remedy
    assert run("retire", "eshop").exit_code == 0
    assert not [found for found in check_flows(PublishedFlows(engine)) if found.says.startswith("eshop")]
    engine.dispose()


def test_what_is_live_is_exported_with_its_recordings_and_published_again_unchanged(
    installation: Path, folder: Path, tmp_path: Path
) -> None:
    recorded = DESK.replace('prompt: {en: "Goodbye."}', "prompt: {en: {text: Goodbye., audio: bye.wav}}")
    write_folder(folder, recorded, audio={"bye.wav": tone(1.5)})
    run("publish", folder)
    exported = tmp_path / "exported"
    assert run("export", exported).exit_code == 0
    assert (exported / "desk.yaml").read_text() == recorded and (exported / "company.yaml").read_text() == COMPANY
    assert run("diff", exported).output == "Nothing differs from what is live.\n"
    assert run("publish", exported).output.endswith("Nothing changed: all of it is already published.\n")
    assert "is not empty" in run("export", exported).output
    (exported / "audio" / "bye.wav").write_bytes(tone(1.0))
    assert "audio bye.wav: another recording" in run("diff", exported).output


def test_two_versions_of_a_flow_are_compared(installation: Path, folder: Path) -> None:
    run("publish", folder)
    edit(folder, "Goodbye.", "Bye.")
    run("publish", folder)
    assert 'nodes.goodbye.prompt.en: "Goodbye." → "Bye."' in run("diff", "desk").output
    assert 'nodes.goodbye.prompt.en: "Bye." → "Goodbye."' in run("diff", "desk", "2", "1").output
    assert "is no folder either" in run("diff", "nothing").output


def test_a_new_flow_is_checked_tested_and_published_as_it_is_written(installation: Path, tmp_path: Path) -> None:
    folder = tmp_path / "begun"
    made = run("new", "night_line", folder)
    assert made.exit_code == 0 and "company.yaml written" in made.output
    checked = run("check", folder)
    assert checked.exit_code == 0 and "0 errors" in checked.output
    assert "night_line.yaml" not in checked.output, "a new flow has no warnings"
    assert run("test", folder).output.endswith("2 tests, 0 failed.\n")
    assert run("publish", folder).exit_code == 0
    second = run("new", "day_line", folder)
    assert "No number leads to it yet" in second.output
    assert run("new", "day_line", folder).exit_code == 1
    assert "cannot be the name of a flow" in run("new", "Day line", folder).output


@pytest.fixture
def house(house_of: OpenHouse, folder: Path) -> Iterator[House]:
    yield house_of(folder)


def test_new_calls_hear_the_version_that_was_gone_back_to(house: House) -> None:
    edit(house.definitions, "Goodbye.", "Bye.")
    house.publish()
    assert house.ring("say nothing").words[-1] == "Bye."
    edit(house.definitions, "Bye.", "Goodbye.")
    house.publish()
    assert house.ring("say nothing").words[-1] == "Goodbye."


def test_differences_are_told_in_words() -> None:
    assert differences("a: 1\n", "a: 1 # one\n") == ["only comments or the layout differ"]
    assert differences("a: {b: 1, c: 2}\n", "a: {b: 2, d: 3}\n") == ['a.b: "1" → "2"', "a.c: removed", 'a.d: new, "3"']
    assert differences("a: [1, 2]\n", "a: [1, 2, 3]\n") == ['a: "[1, 2]" → "[1, 2, 3]"']
    assert differences("t: [{name: x, b: 1}]\n", "t: [{name: x, b: 2}, {name: y}]\n") == [
        't: "x" is new or changed',
        't: "y" is new or changed',
    ]
    long = "word " * 40
    [line] = differences(f"a: {long}end\n", f"a: {long}END\n")
    assert "end" in line and "END" in line and len(line) < 140
