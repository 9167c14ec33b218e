"""What the machines and the mutation check rely on stands in the code. The check itself is script/mutants."""

from __future__ import annotations

import re

import pytest

from tests.properties.house import CRIES
from tests.properties.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.guard)
def test_each_guard_stands_once_where_the_mutation_check_switches_it_off(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text("utf-8").count(mutant.line) == 1
    assert mutant.without != mutant.line
    assert all((ROOT / test).is_file() for test in mutant.tests)


@pytest.mark.parametrize("event", CRIES)
def test_each_event_that_the_machine_of_calls_listens_for_is_one_that_the_product_logs(event: str) -> None:
    sources = [path for folder in ("ivr", "callbacks") for path in (ROOT / folder).rglob("*.py")]
    assert any(f'("{event}"' in path.read_text("utf-8") for path in sources)


def test_the_page_on_the_mutation_check_lists_every_protection() -> None:
    page = (ROOT / "docs/mutation-check.md").read_text("utf-8")
    assert re.findall(r"^\| ([a-z]+: [^|]+) \|", page, re.MULTILINE) == [mutant.guard for mutant in MUTANTS]
