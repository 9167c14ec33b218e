"""A file mangled in any way is refused with its faults or loads; nothing else is ever raised."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.checks.findings import check
from flows.company.company import Company
from flows.files.faults import FlowFaults
from flows.files.loader import load_company, load_flow
from flows.inputs import Digits, Silence
from flows.model import Flow
from flows.testing.scenarios import run

from .conftest import HERE, Call

SHIPPED = Path(__file__).parents[2] / "flows" / "definitions"
TEXTS = [(HERE / "every_node.yaml").read_text("utf-8"), (HERE / "broken" / "unused_prompt.yaml").read_text("utf-8")]
COMPANY = (SHIPPED / "company.yaml").read_text("utf-8")
PIECES = st.sampled_from(
    [
        "[",
        "]",
        "{",
        "}",
        ":",
        "- ",
        "\n",
        "  ",
        '"',
        "'",
        "{}",
        "[]",
        "{a: {b: c}}",
        "null",
        "~",
        "{x: [y]}",
        "#",
        "|",
        "é",
        "0",
    ]
)


@st.composite
def mangled(draw: st.DrawFn, texts: list[str]) -> str:
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 3))):
        lines = text.splitlines(keepends=True)
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        match draw(st.sampled_from(["drop", "swap", "value", "insert"])):
            case "drop":
                del lines[at]
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], line
            case "value" if ":" in line:
                lines[at] = line.split(":", 1)[0] + ": " + draw(PIECES) + "\n"
            case _:
                position = draw(st.integers(0, len(line)))
                lines[at] = line[:position] + draw(PIECES) + line[position:]
        text = "".join(lines) or " "
    return text


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=mangled(TEXTS))
def test_mangled_flow_is_refused_or_works(company: Company, text: str) -> None:
    try:
        flow: Flow = load_flow(text, "x.yaml")
    except FlowFaults as refused:
        lines = text.count("\n") + 1
        assert refused.faults
        assert all(1 <= fault.line <= lines + 1 and fault.column >= 1 for fault in refused.faults)
        return
    check(flow, company)
    run(flow, company)
    call = Call(flow, company)
    for given_input in (Digits("1"), Silence(), Digits("*"), Digits("0")):
        call.do(given_input)


@settings(max_examples=150, deadline=None)
@given(text=mangled([COMPANY]))
def test_mangled_company_is_refused_or_loads(text: str) -> None:
    try:
        load_company(text, "company.yaml")
    except FlowFaults as refused:
        assert refused.faults


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_at_all_is_refused_in_words(text: str) -> None:
    try:
        load_flow(text, "x.yaml")
    except FlowFaults as refused:
        assert all(fault.message for fault in refused.faults)
