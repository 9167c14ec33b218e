"""The mutation check can be run: what it switches off stands where it looks. The check itself is script/mutants."""

from __future__ import annotations

import pytest

from tests.properties.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.guard)
def test_each_guard_stands_once_where_the_mutation_check_switches_it_off(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text("utf-8").count(mutant.line) == 1
    assert mutant.without != mutant.line
    assert all((ROOT / test).is_file() for test in mutant.tests)
