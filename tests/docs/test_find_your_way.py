"""CONTRIBUTING.md leads to files and names that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
WAYS = re.findall(r"^\| [^|]+ \| `([a-z_/]+\.py)` \| `(\w+)` \|$", PAGE, re.MULTILINE)


def test_the_table_has_many_ways() -> None:
    assert len(WAYS) > 20


@pytest.mark.parametrize(("file", "name"), WAYS)
def test_a_way_leads_to_the_name(file: str, name: str) -> None:
    assert re.search(rf"^(?:async )?(?:def|class) {name}\b", (ROOT / file).read_text(), re.MULTILINE)


def test_every_folder_of_the_map_exists() -> None:
    table = PAGE[PAGE.index("| Folder | Has |") :].split("\n\n")[0]
    parent = ""
    for row in table.splitlines()[2:]:
        cell = row.split("|")[1]
        folders = re.findall(r"`([a-z_]+)/`", cell)
        if "…" not in cell:
            parent = folders[0]
        for folder in folders:
            where = ROOT / parent / folder if "…" in cell else ROOT / folder
            assert where.is_dir(), where
