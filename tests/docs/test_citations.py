"""What code and docs cite can be found: in this repository, or by a public link."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "api",
    "bench",
    "callbacks",
    "customers",
    "docs",
    "drill",
    "flows",
    "ivr",
    "runtime",
    "script",
    "tests",
    "voicemail",
)
SUFFIXES = {"", ".lua", ".md", ".py", ".toml", ".yaml", ".yml"}
RULES = (ROOT / "docs/twiml-rules.md").read_text()
RULE = re.compile(r"\brules? (\d+)(?:(?:,? and |, | to |-)(\d+))*")


def _texts() -> list[tuple[str, str]]:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*")] + list(ROOT.glob("*.*"))
    texts = sorted(file for file in files if file.is_file() and file.suffix in SUFFIXES and file != Path(__file__))
    return [
        (str(file.relative_to(ROOT)), file.read_text(errors="replace"))
        for file in texts
        if "__pycache__" not in file.parts
    ]


def test_nothing_cites_a_path_outside_the_repository() -> None:
    outside = re.compile(r"\bresearch/|\bshared/(?!audio)|\.\./design")
    found = [f"{name}: {match[0]}" for name, text in _texts() for match in outside.finditer(text)]
    assert not found, found


def test_every_rule_that_the_line_cites_is_written_down() -> None:
    known = {int(number) for number in re.findall(r"^(\d+)\. ", RULES, re.MULTILINE)}
    lines = [(name, text) for name, text in _texts() if name.startswith(("ivr/line/", "tests/ivr/line/"))]
    cited = {
        int(number) for _, text in lines for match in RULE.finditer(text) for number in re.findall(r"\d+", match[0])
    }
    assert len(cited) > 20
    assert cited <= known, sorted(cited - known)


@pytest.mark.parametrize(
    "page", sorted(str(page.relative_to(ROOT)) for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    file = ROOT / page
    targets = re.findall(r"\]\(([^)#\s]+)", file.read_text())
    missing = [target for target in targets if "://" not in target and not (file.parent / target).exists()]
    assert not missing, missing
