"""Every kind of broken flow, each beside the exact message that its author sees.

A message is right when an author who reads only it can mend the file. After a message was changed on purpose, write the
texts anew with `REWRITE_MESSAGES=1 pytest tests/flows/test_broken.py` and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.checks.findings import check
from flows.company.company import Company
from flows.files.faults import FlowFaults
from flows.files.loader import load_flow

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


def messages(file: Path, company: Company) -> str:
    try:
        flow = load_flow(file.read_text("utf-8"), file.name)
    except FlowFaults as faults:
        return "".join(f"error {fault.code}\n{fault}\n" for fault in faults.faults)
    return "".join(f"{finding.severity} {finding.code}\n{finding}\n" for finding in check(flow, company))


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_author_is_told_where_what_and_what_would_be_right(file: Path, company: Company) -> None:
    found = messages(file, company)
    expected = file.with_suffix(".txt")
    if os.environ.get("REWRITE_MESSAGES") == "1":
        expected.write_text(found, "utf-8")
    assert found == expected.read_text("utf-8")
    assert found, "a broken flow without a message"


def test_there_is_an_example_of_every_kind() -> None:
    assert len(BROKEN) >= 50
