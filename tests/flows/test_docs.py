"""What the documentation shows is what the program reads."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path

import pytest

from flows import nodes
from flows.checks import findings as issues
from flows.checks import wording
from flows.company.company import Company
from flows.files.faults import FlowFaults
from flows.files.loader import load_company, load_flow
from flows.testing.scenarios import run

GUIDE = (Path(__file__).parents[2] / "docs" / "flows.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
TYPES = {kind: getattr(nodes, {"end": "End"}.get(kind, kind.capitalize())) for kind in nodes.TYPES}


def example(kind: str) -> str:
    """The YAML in the docstring of a node type: all that is indented in it."""
    lines = (TYPES[kind].__doc__ or "").splitlines()
    return textwrap.dedent("\n".join(line for line in lines if line.startswith(" " * 8))) + "\n"


@pytest.mark.parametrize("kind", nodes.TYPES)
def test_example_in_each_node_types_docstring_loads(kind: str) -> None:
    text = (
        "spec: 1\nflow: x\ntitle: X\nlanguages: [en]\nstart: first\nnodes:\n  first: {type: greeting, next: goodbye}\n"
        + textwrap.indent(example(kind), "  ")
        + ("" if kind == "end" else "  goodbye: {type: end}\n")
    )
    flow = load_flow(text, "x.yaml")
    assert any(isinstance(node, TYPES[kind]) for name, node in flow.nodes.items() if name != "first")


@pytest.mark.parametrize("kind", nodes.TYPES)
def test_reference_shows_that_same_example_and_every_exit(kind: str) -> None:
    assert f"### {kind}\n" in GUIDE
    assert f"```yaml\n{example(kind)}```" in GUIDE, f"docs/flows.md, {kind}: the example is not that of the docstring"


def test_flows_shown_in_the_guide_load_and_pass_their_tests(company: Company) -> None:
    company = company.model_copy(update={"clock": "12h"})
    whole = [block for block in BLOCKS if block.startswith("spec: 1\nflow:")]
    assert len(whole) >= 2
    for block in whole:
        flow = load_flow(block, "guide.yaml")
        assert [str(finding) for finding in issues.check(flow, company) if finding.severity == "error"] == []
        assert [result.problems for result in run(flow, company) if not result.passed] == []


def test_company_shown_in_the_guide_loads() -> None:
    [block] = [block for block in BLOCKS if block.startswith("spec: 1\norganisation:")]
    assert load_company(block, "company.yaml").queues["desk"].targets[0].minutes == 120


def test_every_code_of_a_finding_stands_in_the_guide() -> None:
    source = "".join(Path(inspect.getfile(module)).read_text("utf-8") for module in (issues, wording))
    codes = set(re.findall(r'"([A-Z]+_?[A-Z]+)",?\s*(?:\n\s*)?"(?:error|warning)"', source))
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in GUIDE} == set()


def test_mistake_in_a_docstring_would_be_noticed() -> None:
    with pytest.raises(FlowFaults):
        load_flow(
            "spec: 1\nflow: x\ntitle: X\nlanguages: [en]\nstart: first\nnodes:\n  first: {type: greting}\n", "x.yaml"
        )
