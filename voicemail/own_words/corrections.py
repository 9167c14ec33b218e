"""Corrections: agents' changes to transcripts teach which words were recognised for which.

They are kept in one tab-separated table in the models folder, for all languages: `language`, `heard`, `right`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import structlog

from voicemail.models.catalogue import spellings

log = structlog.get_logger()

_FILE = "corrections.tsv"
_COLUMNS = ("language", "heard", "right")
# One may be a typing error, and a longer change is a rewritten sentence.
_OFTEN_ENOUGH = 2
_MOST_WORDS = 3
_PUNCTUATION = ".,;:!?…\"'()«»“”„"
_FEWEST_LETTERS = {"ko": 2}


@dataclass(frozen=True, slots=True)
class Correction:
    """A word or a few that were heard as `heard` and were said as `right`."""

    language: str
    heard: str
    right: str


def corrections_in(language: str, heard: str, corrected: str) -> list[Correction]:
    """The changes that an agent made in a transcript, of at most three words to at most three others."""
    before, after = heard.split(), [word.strip(_PUNCTUATION) for word in corrected.split()]
    changes = SequenceMatcher(None, [word.casefold() for word in before], [word.casefold() for word in after], False)
    return [
        Correction(language, " ".join(before[i:j]), " ".join(after[k:m]))
        for kind, i, j, k, m in changes.get_opcodes()
        if kind == "replace" and j - i <= _MOST_WORDS and m - k <= _MOST_WORDS
    ]


def learnt(corrections: Iterable[Correction], language: str) -> list[Correction]:
    """The corrections of a language that were made at least twice, and are long enough to be recognised safely."""
    base = spellings(language)[-1]
    fewest = _FEWEST_LETTERS.get(base, 4)
    times = Counter(one for one in corrections if spellings(one.language)[-1] == base)
    return [
        one
        for one, count in times.items()
        if count >= _OFTEN_ENOUGH
        and sum(letter.isalpha() for letter in one.right) >= fewest
        and not any(letter.isdigit() for letter in one.right)
    ]


def load_corrections(models_dir: Path) -> tuple[Correction, ...]:
    """The corrections made on this machine; a table that cannot be read is reported and counts as empty."""
    try:
        with (models_dir / _FILE).open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            return tuple(Correction(*(row[column] or "" for column in _COLUMNS)) for row in rows)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, csv.Error) as error:
        log.warning("corrections.unreadable", path=str(models_dir / _FILE), reason=repr(error)[:200])
        return ()


def add_corrections(models_dir: Path, corrections: Sequence[Correction]) -> None:
    """Keep corrections for every later message."""
    path = models_dir / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
        if is_new:
            rows.writerow(_COLUMNS)
        rows.writerows((one.language, one.heard, one.right) for one in corrections)
