"""Every field that is documented or read has a call on the line that hears or sees what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.files.loader import load_flow
from flows.prompts.prompt import FORMATS
from tests.flows.fields import (
    calendar_calls,
    company_calls,
    exit_calls,
    flow_calls,
    node_calls,
    question_calls,
    value_calls,
)
from tests.flows.fields.schema import FLOW, fields_of_the_readers
from tests.flows.fields.stage import CALLS, Call, Stage, open_stage

ROOT = Path(__file__).parents[3]
assert all((calendar_calls, company_calls, exit_calls, flow_calls, node_calls, question_calls, value_calls))

# Fields whose effect no call on the line can hear, each with the test that sees it instead.
SEEN_ELSEWHERE = {
    "company.words": (
        "tests/voicemail/own_words/test_own_words_heard.py",
        "test_the_worker_writes_messages_down_with_the_words_of_the_company",
    ),
    # No status of the line is one that the product does not know.
    "exit.transfer.error": ("tests/ivr/test_signatures.py", "test_a_form_is_what_the_caller_did"),
    "flow.tests": ("tests/flows/test_commands.py", "test_publishing_is_refused_when_a_test_fails"),
}
QUESTION = ("menu", "language", "callback")
NODES = ("greeting", "prompt", "menu", "language", "hours", "voicemail", "callback", "transfer", "end")
# Headings of docs/flows.md → the sections whose fields stand in the table under it.
SECTIONS = {
    "Writing the file": ("flow",),
    "Prompts": ("prompts",),
    "Fields of every question": QUESTION,
    "Fields of every node": ("node",),
    "company.yaml": ("company",),
    **{kind: (kind,) for kind in NODES},
}


def documented() -> set[str]:
    """The fields in the tables of docs/flows.md, as `section.field`."""
    found: set[str] = set()
    sections: tuple[str, ...] = ()
    in_table = False
    for line in (ROOT / "docs" / "flows.md").read_text("utf-8").splitlines():
        if heading := re.match(r"#+ (.*)", line):
            sections = SECTIONS.get(heading[1], ())
        in_table = line.startswith("| Field |") or (in_table and line.startswith("|"))
        if in_table and line.startswith("| `"):
            first, value, default, meaning = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:5])
            assert value and default and meaning, line
            found |= {f"{section}.{name}" for section in sections for name in re.findall(r"`([a-z_.]+)`", first)}
    return found


def read_by_the_program() -> set[str]:
    """The fields that the readers know, without those of the tests of flows, which no caller hears."""
    found = set()
    for name in fields_of_the_readers():
        section, _, field = name.partition(".")
        if section in NODES and field in ("type", "disabled", "exits"):
            found.add(f"node.{field}")
        elif section != "tests":
            found.add(name)
    return found


def values() -> set[str]:
    """The values that a text may speak, and their formats."""
    return {
        f"value.{name}|{format}" if format else f"value.{name}"
        for name, formats in FORMATS.items()
        for format in ("", *formats)
    }


def exits() -> set[str]:
    """The exits of each type of node, as the example in its docstring and the error way have them."""
    found = set()
    for name, node in load_flow(FLOW, "whole.yaml").nodes.items():
        own = [exit for exit in node.exits if exit not in ("next", "one")]
        found |= {f"exit.{name}.{exit}" for exit in (*own, *(("error",) if own else ()))}
    return found


def test_every_value_is_documented_with_its_formats_and_heard() -> None:
    guide = (ROOT / "docs" / "flows.md").read_text("utf-8")
    for name, formats in FORMATS.items():
        [row] = [line for line in guide.splitlines() if line.startswith(f"| `{{{name}}}` |")]
        assert all(f"`{format}`" in row for format in formats if format), row
    assert {name for name in CALLS if name.startswith("value.")} == values()


def test_every_exit_is_documented_and_taken() -> None:
    guide = (ROOT / "docs" / "flows.md").read_text("utf-8")
    for exit in exits():
        _, kind, name = exit.split(".")
        section = guide[guide.index(f"\n### {kind}\n") :].split("\n### ", 2)[1]
        [line] = [line for line in section.splitlines() if "xits: " in line and "{" not in line]
        assert f"`{name}`" in line, exit
    assert {name for name in CALLS if name.startswith("exit.")} == exits() - set(SEEN_ELSEWHERE)


def test_every_field_of_the_readers_is_documented_and_the_other_way_round() -> None:
    tables = documented()
    # A mapping is documented by its fields.
    missing = {
        name for name in read_by_the_program() - tables if not any(each.startswith(f"{name}.") for each in tables)
    }
    assert missing == set(), "not in docs/flows.md"
    assert documented() - read_by_the_program() == set(), "in docs/flows.md, but nothing reads it"


def test_every_field_of_a_test_is_documented() -> None:
    """Tests of flows are heard by `flows test`, not by callers; docs/flows.md names their fields all the same."""
    guide = (ROOT / "docs" / "flows.md").read_text("utf-8")
    section = guide[guide.index("## Tests") : guide.index("## Findings")]
    names = {name.rpartition(".")[2] for name in fields_of_the_readers() if name.startswith("tests.")}
    assert {name for name in names if f"`{name}`" not in section} == set()


def test_every_field_has_a_call_that_hears_it() -> None:
    assert documented() - set(CALLS) - _elsewhere(documented()) == set(), "write a call in tests/flows/fields"
    fields = {name for name in CALLS if not name.startswith(("value.", "exit."))}
    assert fields - documented() == set(), "these calls hear fields that do not exist"


def _elsewhere(fields: set[str]) -> set[str]:
    return {field for field in fields for root in SEEN_ELSEWHERE if field == root or field.startswith(f"{root}.")}


def test_a_field_that_is_seen_elsewhere_is_seen_by_a_test_that_exists() -> None:
    for file, name in SEEN_ELSEWHERE.values():
        assert f"def {name}" in (ROOT / file).read_text("utf-8"), name


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, redis_server: object) -> Iterator[Stage]:
    """One house for all calls of this file."""
    import shutil

    folder = tmp_path_factory.mktemp("fields")
    shutil.copy(sqlite_template, folder / "fields.sqlite3")
    url: str = redis_server.url  # type: ignore[attr-defined]  # the embedded server of tests/conftest.py
    with open_stage(folder, f"sqlite:///{folder / 'fields.sqlite3'}", url) as opened:
        yield opened


_BY_CALL = {call: sorted(field for field, other in CALLS.items() if other is call) for call in CALLS.values()}


@pytest.mark.parametrize("call", _BY_CALL, ids=lambda call: f"{_BY_CALL[call][0]}-{call.__name__}")
def test_call_hears(call: Call, stage: Stage) -> None:
    call(stage)
