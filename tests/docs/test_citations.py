"""What code and docs cite can be found: in this repository, or by a public link."""

import re
from pathlib import Path

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
    outside = re.compile(
        r"\bresearch/|of the research|\bshared/(?!audio)|\.\./design"
        r"|\b[1-8]-[a-z]+\.md|\b(?:people|attacks|messages|calls|telephony)\.md"
    )
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


def test_the_list_of_decisions_has_the_titles_of_the_pages() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(
        r"^\| \[(\d{4})\]\(([^)]+)\) \| [^|]+ \| (.+) \|$", (folder / "README.md").read_text(), re.MULTILINE
    )
    titles = [(page.name[:4], page.name, page.read_text().splitlines()[0]) for page in sorted(folder.glob("0*.md"))]
    assert [(number, page, f"# {number} {title}") for number, page, title in listed] == titles
