"""What people say into the telephone, and the facts that an agent must find in it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
LEAST_RIGHT = 0.95
LEAST_FORMS = 60


@pytest.mark.parametrize("language", ["en", "ru", "lv", "ko"])
def test_spoken_forms_become_their_facts(language: str, listener: Any) -> None:
    with (HERE / f"spoken_{language}.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    wrong = [
        f"{row['said']!r}: wanted {row['facts']!r}, got {told!r}"
        for row in rows
        if (told := listener.told(row["said"], language, row["home"])) != row["facts"]
    ]
    rate = 1 - len(wrong) / len(rows)
    print(f"\n{language}: {len(rows)} spoken forms, {rate:.1%} right", *wrong, sep="\n  ")
    assert len(rows) >= LEAST_FORMS
    assert rate >= LEAST_RIGHT, "\n".join(wrong)
