"""What is live as a folder of definitions, and what a folder knows of what was live when it was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from flows.files.loader import COMPANY_FILE
from flows.files.prompt_file import AUDIO_FOLDER
from ivr.publishing.publications import COMPANY, Live
from ivr.tables import prompt_audio
from runtime.sql.database import reading

BASE_FILE = ".ringback-base"
_HEAD = "# What was live when this folder was published or exported: `ringback flows publish` compares. Keep it here.\n"


def write_definitions(engine: Engine, published: Iterable[Live], folder: Path) -> None:
    """Write files as they were published, with their recordings. Raises OSError."""
    (folder / AUDIO_FOLDER).mkdir(parents=True, exist_ok=True)
    for each in published:
        name = COMPANY_FILE if each.name == COMPANY else f"{each.name}.yaml"
        (folder / name).write_text(each.content, "utf-8")
        wanted = {recorded.content for recorded in each.recordings.values()}
        with reading(engine) as connection:
            query = sa.select(prompt_audio.c.content_hash, prompt_audio.c.wav)
            rows = connection.execute(query.where(prompt_audio.c.content_hash.in_(wanted))).all()
        stored: dict[str, bytes] = {row.content_hash: row.wav for row in rows}
        for audio, recorded in each.recordings.items():
            if recorded.content in stored:
                (folder / AUDIO_FOLDER / audio).write_bytes(stored[recorded.content])


def versions_of(published: Mapping[str, Live]) -> dict[str, str]:
    return {name: each.version for name, each in published.items()}


def base_of(folder: Path) -> dict[str, str] | None:
    """The versions by name that were live when the folder was published or exported last; None when it never was."""
    try:
        lines = (folder / BASE_FILE).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    entries = (line.split() for line in lines if not line.startswith("#"))
    return {entry[0]: entry[1] for entry in entries if len(entry) == 2}


def write_base(folder: Path, versions: Mapping[str, str]) -> bool:
    """Note in a folder what is live now; tell whether it could be written."""
    lines = "".join(f"{name} {version}\n" for name, version in sorted(versions.items()))
    try:
        (folder / BASE_FILE).write_text(_HEAD + lines, "utf-8")
    except OSError:
        return False
    return True
