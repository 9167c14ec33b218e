"""Clips: recordings whose words are known, and how to count the errors of a transcript. A folder of clips has a manifest.tsv.

Its first line names the columns; `file` and `transcript` are used.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class ManifestUnreadable(Exception):
    """A folder's manifest is missing or not what it should be; the message says what to do. A retry cannot help."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording and what is said in it."""

    path: Path
    transcript: str


def read_clips(folder: Path) -> list[Clip]:
    """The clips of a folder in the order of its manifest. Raises ManifestUnreadable."""
    manifest = folder / "manifest.tsv"
    if not manifest.is_file():
        raise ManifestUnreadable(f"{manifest} is missing: a table with tabs whose first line is `file<TAB>transcript`.")
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if not {"file", "transcript"} <= set(rows.fieldnames or ()):
            raise ManifestUnreadable(f"{manifest}:1: the columns `file` and `transcript` are needed.")
        clips = [Clip(folder / row["file"], row["transcript"] or "") for row in rows]
    for clip in clips:
        if not clip.path.is_file():
            raise ManifestUnreadable(f"{manifest} names {clip.path.name}, which is not in {folder}.")
    if not clips:
        raise ManifestUnreadable(f"{manifest} has no clips in it.")
    return clips


def characters(text: str) -> str:
    """Letters and digits in lower case: what is compared. Spaces do not count, because Korean spacing varies by writer."""
    return "".join(re.findall(r"\w", text.lower()))


def words(text: str) -> list[str]:
    """The words of a text without its punctuation, in lower case."""
    return re.findall(r"\w+", text.lower())


def edit_distance(spoken: Sequence[str], heard: Sequence[str]) -> int:
    """The edit distance: the fewest insertions, deletions and substitutions that turn one into the other."""
    return _table(spoken, heard)[-1][-1]


def right_words(spoken: str, heard: Sequence[str]) -> list[bool]:
    """Which of the recognised words are right: all of their characters are aligned with equal ones of what was spoken."""
    text = "".join(characters(word) for word in heard)
    is_right = _matched(characters(spoken), text)
    marks, place = [], 0
    for word in heard:
        length = len(characters(word))
        marks.append(length > 0 and all(is_right[place : place + length]))
        place += length
    return marks


def _table(spoken: Sequence[str], heard: Sequence[str]) -> list[list[int]]:
    rows = [list(range(len(heard) + 1))]
    for number, one in enumerate(spoken, 1):
        above, row = rows[-1], [number]
        for place, other in enumerate(heard, 1):
            row.append(min(above[place] + 1, row[-1] + 1, above[place - 1] + (one != other)))
        rows.append(row)
    return rows


def _matched(spoken: str, heard: str) -> list[bool]:
    rows = _table(spoken, heard)
    matched = [False] * len(heard)
    row, place = len(spoken), len(heard)
    while row and place:
        if rows[row][place] == rows[row - 1][place - 1] + (spoken[row - 1] != heard[place - 1]):
            row, place = row - 1, place - 1
            matched[place] = spoken[row] == heard[place]
        elif rows[row][place] == rows[row - 1][place] + 1:
            row -= 1
        else:
            place -= 1
    return matched
