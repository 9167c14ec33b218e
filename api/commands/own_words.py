"""The business's own words as options of a command: from a file, one a line, or from the company.yaml of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from voicemail.own_words.vocabulary import OwnWord

WordsOption = Annotated[Path | None, typer.Option("--words", help="A file with the business's own words, one a line.")]
CompanyOption = Annotated[Path | None, typer.Option("--company", help="A folder whose company.yaml has own words.")]


class OwnWordsUnreadable(Exception):
    """The own words cannot be read; the message says where and why. A retry cannot help."""


def read_own_words(words: Path | None, company: Path | None, language: str, models_dir: Path) -> tuple[OwnWord, ...]:
    """The own words of a language; those of a company with agents' corrections. Raises OwnWordsUnreadable."""
    from flows.files.faults import FlowFaults
    from flows.files.loader import load_company
    from voicemail.own_words.corrections import load_corrections
    from voicemail.own_words.vocabulary import OwnWord, own_words

    try:
        written: tuple[OwnWord, ...] = ()
        if words is not None:
            lines = words.read_text(encoding="utf-8-sig").splitlines()
            written = tuple(OwnWord(line.strip()) for line in lines if line.strip())
        if company is not None:
            file = company / "company.yaml"
            written += own_words(
                load_company(file.read_text(encoding="utf-8"), str(file)), language, load_corrections(models_dir)
            )
    except (OSError, UnicodeDecodeError, FlowFaults) as error:
        raise OwnWordsUnreadable(str(error)) from None
    return written
