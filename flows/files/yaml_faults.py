"""What is wrong with a file that is no YAML, in words that its author can act on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.files.faults import Mark

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

# A key that YAML takes for something else unless it stands in quotes.
_BARE_HASH = re.compile(r"(?:^|[\s{,])(#)\s*:(?:\s|$)")
_BARE_STAR = re.compile(r"(?:^|[\s{,])([*&])\s*:(?:\s|$)")
_HASH = 'a # begins a comment, so this key is not read; write it in quotes: "#"'
_HASH_LINE = re.compile(r"\s*(#)\s*:\s*[a-z][a-z0-9_]*\s*")
_OPENS = re.compile(r"(?:^|[:\-,\[{]\s*)(\"|')")
_CURLY = re.compile("[\u201c\u201d\u201e\u00ab\u00bb]")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the parser gave up, and where the part began that it was reading; lines and columns count from 1."""

    problem: Mark
    context: Mark
    lines: list[str]

    @property
    def line(self) -> str:
        return self.lines[self.problem.line - 1] if self.problem.line <= len(self.lines) else ""

    def before(self) -> tuple[int, str]:
        """The nearest line above the problem that says something, with its number."""
        for number in range(self.problem.line - 1, 0, -1):
            text = self.lines[number - 1].partition(" #")[0].strip()
            if text and not text.startswith("#"):
                return number, text
        return self.problem.line, ""


def explain(error: MarkedYAMLError, text: str) -> tuple[Mark, str]:
    """Return where a file stops being YAML, and what to do about it."""
    lines = text.splitlines()
    problem = error.problem_mark or error.context_mark
    context = error.context_mark or problem
    at = Mark(problem.line + 1, problem.column + 1) if problem else Mark(1, 1)
    place = _Place(at, Mark(context.line + 1, context.column + 1) if context else at, lines)
    said = str(error.problem)
    return lost_key(lines[: at.line]) or _tab(place) or _quotes(place, said) or _by_problem(place, said)


def lost_key(lines: list[str]) -> tuple[Mark, str] | None:
    """Return the first key of a telephone that stands without quotes, so that YAML reads something else."""
    for number, line in enumerate(lines, 1):
        if (match := _BARE_HASH.search(line)) and line[: match.start(1)].count('"') % 2 == 0:
            return Mark(number, match.start(1) + 1), _HASH
        if match := _BARE_STAR.search(line):
            return Mark(
                number, match.start(1) + 1
            ), f'{match[1]} is a word of YAML; write the key in quotes: "{match[1]}"'
    return None


def commented_key(text: str) -> tuple[Mark, str] | None:
    """Return the first line of a file that is YAML all the same, but whose key # is a comment."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HASH_LINE.fullmatch(line):
            return Mark(number, match.start(1) + 1), _HASH
    return None


def _tab(place: _Place) -> tuple[Mark, str] | None:
    for number in (place.problem.line, place.before()[0]):
        line = place.lines[number - 1] if number <= len(place.lines) else ""
        indentation = line[: len(line) - len(line.lstrip())]
        if "\t" in indentation:
            return Mark(number, indentation.index("\t") + 1), "a tab stands here; indent with spaces"
        if indentation.strip(" "):
            column = len(indentation) - len(indentation.lstrip(" ")) + 1
            return Mark(
                number, column
            ), "a character that looks like a space stands before this key; type the line anew"
    return None


def _quotes(place: _Place, said: str) -> tuple[Mark, str] | None:
    if "unexpected end of stream" in said or "unexpected document separator" in said:
        return place.context, f"a quote opened in line {place.context.line} is not closed"
    if "<scalar>" not in said and "could not find" not in said and "mapping values" not in said:
        return None
    for number, line in enumerate(place.lines[: place.problem.line], 1):
        for opened in _OPENS.finditer(line):
            quote, rest = opened[1], line[opened.end() :]
            if (
                quote not in rest.replace("\\" + quote, "")
                and number < place.problem.line
                and _ends_by(place, number, quote)
            ):
                return Mark(number, opened.start(1) + 1), f"a quote opened in line {number} is not closed"
    column = place.problem.column - 1
    before = place.line[:column].rstrip()
    if before.endswith('"'):
        return (
            place.problem,
            "something follows the closing quote; put the whole text in one pair of quotes, or a comma between",
        )
    if before.endswith("'"):
        return place.problem, "the text ends at the quote before; write '' for an apostrophe, or use double quotes"
    return None


def _ends_by(place: _Place, number: int, quote: str) -> bool:
    """Whether the next such quote is the beginning of another text, or the problem itself."""
    for later in range(number, place.problem.line):
        if quote in place.lines[later]:
            return _OPENS.search(place.lines[later]) is not None
    return True


def _by_problem(place: _Place, said: str) -> tuple[Mark, str]:
    at = place.problem
    if _CURLY.search(place.line):
        return at, 'typographic quotes (“ ”) are no quotes here; use plain ones: "…"'
    if "mapping values are not allowed" in said:
        return _second_colon(place)
    if "could not find expected ':'" in said:
        return place.context, _no_colon(place.lines[place.context.line - 1])
    if "cannot start any token" in said:
        return at, f"a text cannot begin with {place.line[at.column - 1 : at.column]}; put it in quotes"
    if "escape" in said:
        return at, "in double quotes a \\ has a meaning of its own; write \\\\, or use single quotes"
    if "chomping" in said:
        return at, "after > or | the text begins in the next line, indented"
    if "expected <block end>" in said:
        return at, _block(said)
    if "expected ',' or" in said:
        return _unclosed(place, said)
    if "node content" in said:
        return at, "a value is missing before this"
    return at, "this cannot be read; look at the quotes, colons and indentation here and in the line above"


def _second_colon(place: _Place) -> tuple[Mark, str]:
    if re.search(r":\s", place.line[: place.problem.column - 1]):
        return place.problem, 'a text with ": " in it must stand in quotes: "…"'
    number, before = place.before()
    if ": " not in before and not before.endswith(":"):
        return Mark(number, 1), _no_colon(before)
    return (
        place.problem,
        f"this line is indented under line {number}, which has its value already; begin it in the same column",
    )


def _no_colon(line: str) -> str:
    if re.search(r"\w:\S", line):
        return "a space is missing after the colon; write key: value"
    return "this line has no colon; write key: value, or put a text of several lines in quotes"


def _block(said: str) -> str:
    if "'}'" in said or "']'" in said:
        return "a closing bracket too many"
    if "'?'" in said or "'-'" in said:
        return "a list item and a key stand in one block; begin items with - in one column, and keys in another"
    return "the indentation fits no line above; begin this line in the same column as its neighbours"


def _unclosed(place: _Place, said: str) -> tuple[Mark, str]:
    closing = "}" if "'}'" in said else "]"
    opening = "{" if closing == "}" else "["
    if place.problem.line > place.context.line:
        comma = " or a comma" if "<scalar>" in said else ""
        return (
            place.context,
            f"{opening} opened in line {place.context.line} is not closed; {closing}{comma} is missing",
        )
    if "':'" in said:
        return place.problem, 'a comma is missing before this key, or a text with ": " in it must stand in quotes'
    return place.problem, "a comma is missing before this"
