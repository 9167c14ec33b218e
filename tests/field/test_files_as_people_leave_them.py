"""Files as editors, copies and word processors leave them, and YAML with a slip (calls 15; people B20, B21, B24)."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.flows import flows
from flows.files.faults import FlowFaults
from flows.files.loader import load_flow
from tests.field.telephone import Write

RUN = CliRunner()
COMPANY = """\
organisation: Amber
default_language: en
numbers: {default: shop}
calendars: {office: {zone: Europe/Riga, week: 24/7}}
queues: {desk: {calendar: office, targets: [{within: 2h}]}}
"""
FLOW = """\
spec: 1
flow: shop
title: Shop
languages: [en]
start: welcome
keys: {"0": box}
nodes:
  welcome: {type: greeting, next: main}
  main:
    type: menu
    prompt: {en: "For repairs, press 1. For help, press 0."}
    options:
      repairs: {key: "1", next: box}
    exits: {max_attempts: box}
  box:
    type: voicemail
    queue: desk
    prompt: {en: "Leave a message.[ We call you back {promise.until|by}.]"}
    exits: {saved: bye, empty: bye}
  bye: {type: end, prompt: {en: "Goodbye."}}
"""


@pytest.fixture
def folder(write: Write) -> Path:
    return write(company=COMPANY, shop=FLOW)


def check(folder: Path) -> str:
    result = RUN.invoke(flows, ["check", str(folder)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def test_somebody_has_the_flow_open_in_an_editor(folder: Path) -> None:
    (folder / ".#shop.yaml").symlink_to("user@host.1234:5678")
    (folder / "._shop.yaml").write_bytes(b"\x00\x05\x16\x07\xff")
    (folder / "old.yaml").mkdir()
    (folder / "gone.yaml").symlink_to("nowhere")
    (folder / "shop.yaml~").write_text("not yaml: [", "utf-8")
    (folder / "second.yml").write_text(FLOW, "utf-8")
    said = check(folder)
    assert said.splitlines()[0] == (
        "not read: .#shop.yaml (hidden), ._shop.yaml (hidden), gone.yaml (a link to nothing), old.yaml (a folder), "
        "second.yml (rename it to end in .yaml)"
    )
    assert said.splitlines()[-1] == "1 flow: 0 errors, 1 warning."


def test_a_new_flow_without_tests_is_one_line(folder: Path) -> None:
    untested = [line for line in check(folder).splitlines() if "UNTESTED_EXIT" in line]
    assert len(untested) == 1
    assert "the flow has no test; none reaches its 5 exits." in untested[0]


def test_a_flow_saved_by_a_word_processor_is_read(folder: Path) -> None:
    text = FLOW.replace("title: Shop", "title: Shop\u00a0").replace("\n", "\r\n")
    (folder / "shop.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert check(folder).splitlines()[-1] == "1 flow: 0 errors, 1 warning."


SLIPS = {
    "a tab": ("    type: menu", "\ttype: menu", "10:1  a tab stands here; indent with spaces"),
    "a line too far to the right": (
        "    type: menu\n    prompt",
        "    type: menu\n      prompt",
        "11:13  this line is indented under line 10, which has its value already; begin it in the same column",
    ),
    "a line too far to the left": (
        '    prompt: {en: "For',
        '   prompt: {en: "For',
        "11:4  the indentation fits no line above; begin this line in the same column as its neighbours",
    ),
    "a # without quotes, in braces": (
        'keys: {"0": box}',
        'keys: {"0": box, #: box}',
        '6:18  a # begins a comment, so this key is not read; write it in quotes: "#"',
    ),
    "a # without quotes, on a line of its own": (
        'keys: {"0": box}',
        'keys:\n  "0": box\n  #: box',
        '8:3  a # begins a comment, so this key is not read; write it in quotes: "#"',
    ),
    "a * without quotes": (
        'keys: {"0": box}',
        'keys: {"0": box, *: back}',
        '6:18  * is a word of YAML; write the key in quotes: "*"',
    ),
    "a closing quote lost": (
        'press 0."}',
        "press 0.}",
        "11:18  a quote opened in line 11 is not closed",
    ),
    "a text with a colon": (
        "title: Shop",
        "title: Shop: repairs",
        '3:12  a text with ": " in it must stand in quotes: "…"',
    ),
    "a text with a colon, in braces": (
        '{en: "Goodbye."}',
        "{en: Goodbye: see you}",
        '20:40  a comma is missing before this key, or a text with ": " in it must stand in quotes',
    ),
    "a brace lost": (
        'repairs: {key: "1", next: box}',
        'repairs: {key: "1", next: box',
        "13:16  { opened in line 13 is not closed; } is missing",
    ),
    "a colon lost": ("title: Shop", "title Shop", "3:1  this line has no colon; write key: value"),
    "a space after the colon lost": ("title: Shop", "title:Shop", "3:1  a space is missing after the colon"),
    "typographic quotes": (
        '"Goodbye."',
        "“Goodbye: come again”",
        '20:41  typographic quotes (“ ”) are no quotes here; use plain ones: "…"',
    ),
    "an apostrophe in single quotes": (
        '"Goodbye."',
        "'It's over'",
        "20:37  the text ends at the quote before; write '' for an apostrophe, or use double quotes",
    ),
    "a brace too many": ("{max_attempts: box}", "{max_attempts: box}}", "14:31  a closing bracket too many"),
    "a space that is none before a key": (
        "    type: menu",
        "\u00a0\u00a0\u00a0\u00a0type: menu",
        "a character that looks like a space stands before this key; type the line anew",
    ),
    "a character of no text": (
        "title: Shop",
        "title: Sh\x07op",
        "3:10  a character that no text has stands here; delete it",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), SLIPS.values(), ids=SLIPS)
def test_somebody_made_a_slip_in_the_yaml(folder: Path, old: str, new: str, expected: str) -> None:
    assert old in FLOW
    (folder / "shop.yaml").write_text(FLOW.replace(old, new, 1), "utf-8")
    said = check(folder)
    assert f"shop.yaml:{expected}" in said or expected in said
    for raw in ("expected <", "while ", "could not find", "cannot start any token", "Input should", "<scalar>"):
        assert raw not in said


def test_a_limit_is_told_in_the_units_of_the_file() -> None:
    with pytest.raises(FlowFaults, match="max 20m must be from 5s to 10m"):
        load_flow(FLOW.replace("    queue: desk", "    queue: desk\n    max: 20m"), "shop.yaml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("languages: [en]", "languages: EN"),
        ("    queue: desk", "    queue: desk\n    max: 2 min"),
        ("    queue: desk", "    queue: desk\n    silence: 5 seconds"),
        ('{key: "1", next: box}', "{key: 1, next: box}"),
        ("welcome: {type: greeting, next: main}", "welcome: {type: greeting, barge_in: No, next: main}"),
    ],
)
def test_values_of_a_flow_may_be_written_as_people_write_them(folder: Path, old: str, new: str) -> None:
    assert old in FLOW
    (folder / "shop.yaml").write_text(FLOW.replace(old, new, 1), "utf-8")
    assert check(folder).splitlines()[-1] == "1 flow: 0 errors, 1 warning."


def test_several_languages_may_stand_in_one_text() -> None:
    texts = FLOW.replace("languages: [en]", "languages: en, lv-LV")
    assert load_flow(texts, "shop.yaml").languages == ("en", "lv-LV")


def test_a_transfer_to_a_number_too_long_is_refused(folder: Path) -> None:
    transfer = (
        'box: {type: transfer, to: "+4420794601230", exits: {answered: bye, no_answer: bye, busy: bye, failed: bye}}'
    )
    head, _, tail = FLOW.partition("  box:\n")
    (folder / "shop.yaml").write_text(f"{head}  {transfer}\n  bye: {tail.partition('  bye: ')[2]}", "utf-8")
    assert '"+4420794601230" has a length that no number of its country has. Count its figures.' in check(folder)
