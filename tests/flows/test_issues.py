"""What the checks let pass, and what an author may allow on purpose. (What they refuse stands in broken/.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.checks.findings import check
from flows.checks.wording import named_keys
from flows.company.company import Company
from flows.files.loader import load_flow, load_folder
from flows.model import Flow
from flows.prompts.prompt import Line, parse

BROKEN = Path(__file__).parent / "broken"


def codes(text: str, company: Company) -> list[str]:
    return [finding.code for finding in check(load_flow(text, "x.yaml"), company)]


@pytest.mark.parametrize(
    "before",
    [
        "  main:\n    type: menu",  # the node's own line, with the comment at its end
        "    prompt: choose",
        "    exits: {max_attempts: box}",
    ],
)
def test_comment_in_a_node_silences_a_warning(company: Company, before: str) -> None:
    text = (BROKEN / "too_many_options.yaml").read_text("utf-8")
    assert codes(text, company) == ["MANY_OPTIONS"]
    allowed = text.replace(before, f"{before}  # check: allow MANY_OPTIONS callers know them by heart", 1)
    assert codes(allowed, company) == []


def test_comment_above_a_node_silences_a_warning(company: Company) -> None:
    text = (BROKEN / "too_many_options.yaml").read_text("utf-8")
    allowed = text.replace("  main:\n", "  # check: allow MANY_OPTIONS callers know them by heart\n  main:\n")
    assert codes(allowed, company) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# check: allow MANY_OPTIONS",  # without a reason
        "# check: allow TIMEOUT for slow callers",  # another code
    ],
)
def test_comment_without_reason_or_with_another_code_silences_nothing(company: Company, comment: str) -> None:
    text = (BROKEN / "too_many_options.yaml").read_text("utf-8")
    assert codes(text.replace("  main:\n", f"  {comment}\n  main:\n"), company) == ["MANY_OPTIONS"]


def test_comment_at_another_node_silences_nothing(company: Company) -> None:
    text = (BROKEN / "too_many_options.yaml").read_text("utf-8")
    elsewhere = text.replace("  desk:\n", "  # check: allow MANY_OPTIONS not for this one\n  desk:\n")
    assert codes(elsewhere, company) == ["MANY_OPTIONS"]


def test_error_cannot_be_silenced(company: Company) -> None:
    text = (BROKEN / "no_greeting.yaml").read_text("utf-8")
    allowed = text.replace("start: main", "start: main  # check: allow NO_GREETING because I say so")
    assert "NO_GREETING" in codes(allowed, company)


def test_node_may_take_a_global_key_when_it_says_so(company: Company) -> None:
    text = (BROKEN / "option_hides_global_key.yaml").read_text("utf-8")
    assert "SHADOW" in codes(text, company)
    assert "SHADOW" not in codes(
        text.replace("    prompt: choose", '    prompt: choose\n    overrides: ["0"]'), company
    )


def test_recording_notice_of_the_greeting_stands_in_for_a_prompt_of_the_mailbox(company: Company) -> None:
    text = (BROKEN / "voicemail_without_notice.yaml").read_text("utf-8")
    told = text.replace(
        "{type: greeting,", "{type: greeting, recording_notice: {en: We record., lv: Tiek ierakstīts.},"
    )
    assert "NO_NOTICE" in codes(text, company)
    assert "NO_NOTICE" not in codes(told, company)


def test_flow_with_every_type_of_node_has_no_errors(flow: Flow, company: Company) -> None:
    assert [str(finding) for finding in check(flow, company) if finding.severity == "error"] == []


@pytest.mark.parametrize("folder", ["flows/definitions", "tests/definitions/ko"])
def test_flows_that_we_ship_and_test_with_have_nothing_to_mend(folder: str) -> None:
    found = load_folder(Path(__file__).parents[2] / folder)
    assert found.faults == ()
    assert found.company is not None
    for flow in found.flows.values():
        assert [str(finding) for finding in check(flow, found.company)] == []


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("For orders, press 1. For bills, 2.", {"1", "2"}),
        ("주문은 1번, 상담은 2번을 눌러 주십시오.", {"1", "2"}),
        ("Нажмите 1, решётку или звёздочку.", {"1", "#", "*"}),
        ("We are open from 9:00 to 17:30.", set()),
        ("Call +371 now or pay 5%.", set()),
        ("Enter 11 or 12.", {"11", "12"}),
        ("We ring {promise.until|by}. Press 1.", {"1"}),
    ],
)
def test_keys_that_a_text_names_are_found(text: str, keys: set[str]) -> None:
    assert named_keys(Line(text, parts=parse(text))) == keys
