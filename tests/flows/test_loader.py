"""Files from people in a hurry, and from people who mean harm."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from flows.files.faults import FlowFaults
from flows.files.loader import load_flow, load_folder
from flows.files.tree import read_tree
from flows.model import Flow
from flows.nodes import Greeting, Menu, Transfer
from flows.prompts.recorded import Recorded

HEAD = "spec: 1\nflow: x\ntitle: X\nlanguages: [en]\nstart: welcome\nnodes:\n"
REST = "  welcome: {type: greeting, next: bye}\n  bye: {type: end}\n"
GOOD = HEAD + REST


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("on", "on"),
        ("no", "no"),
        ("9:30", "9:30"),
        ("+37167000000", "+37167000000"),
        ("0123", "0123"),
        ("1e3", "1e3"),
        ("0x1F", "0x1F"),
        ("2030-03-05", "2030-03-05"),
        (".inf", ".inf"),
        ("1_000", "1_000"),
        ("null", "null"),
    ],
)
def test_yaml_guesses_nothing(written: str, read: str) -> None:
    flow = load_flow(GOOD.replace("title: X", f"title: {written}"), "x.yaml")
    assert flow.title == read


def test_keys_and_numbers_stay_what_was_written() -> None:
    flow = load_flow(
        'spec: 1\nflow: x\ntitle: X\nlanguages: [en]\nstart: welcome\nkeys: {0: desk, "*": back}\nnodes:\n'
        "  welcome: {type: greeting, next: menu}\n"
        '  menu: {type: menu, prompt: {en: "x"}, options: {on: {key: 01, next: bye}}, exits: {max_attempts: bye}}\n'
        "  desk: {type: transfer, to: [+442079460101], "
        "exits: {answered: bye, no_answer: bye, busy: bye, failed: bye}}\n  bye: {type: end}\n",
        "x.yaml",
    )
    menu, desk = flow.nodes["menu"], flow.nodes["desk"]
    assert isinstance(menu, Menu)
    assert isinstance(desk, Transfer)
    assert (menu.options[0].name, menu.options[0].key) == ("on", "01")
    assert desk.to == ("+442079460101",)
    assert flow.keys == {"0": "desk", "*": "back"}


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("a: &x 1\nb: *x\n", 1, "ANCHOR"),
        ("a: *x\n", 1, "ALIAS"),
        (BOMB, 1, "ANCHOR"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "TAG"),
        ("a: !x 1\n", 1, "TAG"),
        ("a: 1\nb: 2\na: 3\n", 3, "DUPLICATE_KEY"),
        ("a: 1\n---\nb: 2\n", 2, "DOCUMENTS"),
        ("a: " + "[" * 50 + "]" * 50, 1, "DEPTH"),
        ("- a\n- b\n", 1, "SHAPE"),
        ("just words\n", 1, "SHAPE"),
        ("", 1, "EMPTY"),
        ("# nothing\n", 1, "EMPTY"),
        ("a: 1\n  b: 2\n", 2, "YAML"),
        ("a: 'open\n", 1, "YAML"),
        ("a: \x00\n", 1, "YAML"),
        ("? [a, b]\n: 1\n", 1, "KEY"),
        ("a: " + "x" * 300_000, 1, "TOO_LARGE"),
        ("*: back\n", 1, "ALIAS"),
    ],
)
def test_what_no_flow_needs_is_refused_while_parsing(text: str, line: int, code: str) -> None:
    with pytest.raises(FlowFaults) as refused:
        read_tree(text, "x.yaml")
    fault = refused.value.faults[0]
    assert (fault.line, fault.code) == (line, code)
    assert str(fault).startswith(f"x.yaml:{line}:")


def test_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    flow = load_flow("\ufeff" + GOOD.replace("\n", "\r\n"), "x.yaml")
    assert isinstance(flow.nodes["welcome"], Greeting)


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = GOOD.replace("title: X", "titel: X").replace("next: bye", "next: goodby").replace("type: end", "type: ende")
    with pytest.raises(FlowFaults) as refused:
        load_flow(text, "x.yaml")
    assert [(fault.line, fault.code) for fault in refused.value.faults] == [
        (1, "MISSING"),
        (3, "UNKNOWN_KEY"),
        (7, "UNKNOWN_TARGET"),
        (8, "UNKNOWN_TYPE"),
    ]


def test_version_is_the_same_for_the_same_text_and_changes_with_it() -> None:
    version = load_flow(GOOD, "x.yaml").version
    assert version == load_flow(GOOD, "elsewhere.yaml").version
    assert len(version) == 32
    assert version != load_flow(GOOD.replace("title: X", "title: Y"), "x.yaml").version


def test_version_changes_with_the_audio_that_is_played() -> None:
    text = HEAD + REST.replace("type: end", "type: end, prompt: {en: {text: Bye., audio: bye.wav}}")

    def version(audio: bytes) -> str:
        return load_flow(text, "x.yaml", audio={"bye.wav": Recorded(sha256(audio).hexdigest(), 1.5)}).version

    assert version(b"one") == version(b"one") != version(b"two")
    with pytest.raises(FlowFaults, match=r'x.yaml:8:.* audio file "bye.wav" is missing'):
        load_flow(text, "x.yaml", audio={})
    with pytest.raises(FlowFaults, match=r'x.yaml:8:.* audio file "bye.wav" cannot be played: it is not audio'):
        load_flow(text, "x.yaml", audio={"bye.wav": "it is not audio"})


def test_folder_is_read_whole_with_the_faults_of_every_file(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "flows" / "definitions"
    (tmp_path / "company.yaml").write_text((shipped / "company.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "same_again.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text("spec: 2\n")
    (tmp_path / "latin.yaml").write_bytes("title: Müller".encode("latin-1"))
    (tmp_path / "good.layout.yaml").write_text("welcome: [1, 2]\n")
    found = load_folder(tmp_path)
    assert found.company is not None
    assert list(found.flows) == ["x"]
    assert {(fault.path, fault.code) for fault in found.faults} >= {
        ("bad.yaml", "SPEC"),
        ("latin.yaml", "YAML"),
        ("same_again.yaml", "DUPLICATE_FLOW"),
    }


def test_number_that_no_flow_answers_is_a_fault(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "flows" / "definitions"
    (tmp_path / "company.yaml").write_text((shipped / "company.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "x.yaml").write_text(GOOD)
    [fault] = load_folder(tmp_path).faults
    assert (fault.path, fault.line) == ("company.yaml", 8)
    assert fault.message == 'number "default" goes to flow "reception", which is not in this folder. Flows here: x.'


def test_folder_without_a_company_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(GOOD)
    found = load_folder(tmp_path)
    assert found.company is None
    assert [fault.code for fault in found.faults] == ["MISSING"]


def test_exits_and_the_error_way_are_inherited_and_may_be_overruled() -> None:
    text = (
        "spec: 1\nflow: x\ntitle: X\nlanguages: [en]\nstart: welcome\n"
        "defaults: {timeout: 4s, max_attempts: 2, exits: {saved: bye, empty: bye}}\n"
        "limits: {call: 5m, failed_attempts: 4}\nnodes:\n  welcome: {type: greeting, next: box}\n"
        "  box: {type: voicemail, queue: desk}\n  other: {type: voicemail, queue: desk, exits: {empty: box}}\n"
        "  menu: {type: menu, prompt: {en: x}, options: {a: {key: '1', next: bye}}, exits: {max_attempts: bye}}\n"
        "  bye: {type: end}\n"
    )
    flow = load_flow(text, "x.yaml")
    assert flow.nodes["box"].exits == {"saved": "bye", "empty": "bye"}
    assert flow.nodes["other"].exits == {"saved": "bye", "empty": "box"}
    menu = flow.nodes["menu"]
    assert isinstance(menu, Menu)
    assert (menu.asking.timeout_seconds, menu.asking.max_attempts) == (4, 2)
    assert (flow.limits.call_seconds, flow.limits.failed_attempts, flow.limits.steps) == (300, 4, 500)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("limits: {call: 5m}", "limits: {call: 2h}", "call 2h must be from 1m to 30m"),
        ("flow: x", "flow: company", 'a flow cannot be called "company"'),
        ("flow: x", "flow: Front Desk", 'flow "Front Desk" is not a name'),
        ("welcome: {", "back: {type: end}\n  welcome: {", 'a node cannot be called "back"'),
        ("languages: [en]", "languages: [English]", '"English" is not a language such as en, lv or pt-BR'),
        ("languages: [en]", "languages: [en, en]", '"en" stands twice'),
        ("{type: end}", "{type: end, prompt: {en: [a, b]}}", "must be a text, or text and audio"),
        ("{type: end}", '{type: end, prompt: {en: ""}}', "the text is empty"),
        ("{type: end}", '{type: end, prompt: {en: "a\\u202eb"}}', "characters that cannot be spoken"),
    ],
)
def test_what_cannot_be_is_refused(old: str, new: str, expected: str) -> None:
    text = GOOD.replace("nodes:", "limits: {call: 5m}\nnodes:")
    assert old in text
    with pytest.raises(FlowFaults) as refused:
        load_flow(text.replace(old, new, 1), "x.yaml")
    assert expected in str(refused.value)


def test_largest_flow_allowed_loads_quickly(tmp_path: Path) -> None:
    nodes = "".join(f"  n{i}: {{type: prompt, prompt: p, next: n{i + 1}}}\n" for i in range(297))
    text = HEAD.replace("nodes:", "prompts: {p: {en: Words.}}\nnodes:") + REST.replace("next: bye", "next: n0")
    flow: Flow = load_flow(text + nodes + "  n297: {type: prompt, prompt: p, next: bye}\n", "x.yaml")
    assert len(flow.nodes) == 300
