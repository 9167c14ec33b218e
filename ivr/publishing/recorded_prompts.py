"""The recordings that prompts play: SQL holds them for every machine, the data folder a copy that outlives SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from flows.prompts.recorded import AudioFile, Recorded
from flows.verbs import Gather, Play, Verb
from ivr.tables import prompt_audio
from runtime.sql.database import insert_once, reading

log = structlog.get_logger()

# The recordings of one version of a flow, by the names that its file gives them.
Recordings = dict[str, Recorded]
Json = dict[str, list[str | float]]


def store(connection: Connection, files: Iterable[AudioFile], now: datetime) -> None:
    """Keep recordings under the hash of their content; one that is there already stays."""
    for file in files:
        insert_once(connection, prompt_audio, content_hash=file.recorded.content, wav=file.wav, created_at=now)


def to_json(recordings: Recordings) -> Json:
    """Recordings as `flow_versions.audio` has them."""
    return {name: [recorded.content, recorded.seconds] for name, recorded in recordings.items()}


def from_json(column: Json) -> Recordings:
    return {name: Recorded(str(content), float(seconds)) for name, (content, seconds) in column.items()}


class RecordedPrompts:
    """The copies in a folder. Looking there asks nobody, so that a call plays them while SQL is away."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._sound: set[str] = set()  # whose copy was seen to be whole
        self._told: set[str] = set()

    def playable(self, verbs: Iterable[Verb]) -> frozenset[str]:
        """Which of the recordings that some verbs play are at hand."""
        wanted = {
            prompt.content
            for verb in verbs
            for prompt in (verb.prompts if isinstance(verb, Gather) else (verb,))
            if isinstance(prompt, Play) and prompt.content
        }
        return frozenset(content for content in wanted if self._path(content).exists())

    def read(self, content: str) -> bytes | None:
        """A recording, from its copy or else from SQL; None when there is none. Raises SQLAlchemyError."""
        wav = self._copy(content)
        if wav is None and self.fetch([content]):
            wav = self._copy(content)
        return wav

    def fetch(self, wanted: Iterable[str]) -> bool:
        """Copy from SQL what is missing or damaged; tell whether anything was. Raises SQLAlchemyError."""
        missing = {content for content in wanted if not self._is_whole(content)}
        if not missing:
            return False
        with reading(self._engine) as connection:
            query = sa.select(prompt_audio.c.content_hash, prompt_audio.c.wav)
            found = connection.execute(query.where(prompt_audio.c.content_hash.in_(missing))).all()
        for content, wav in found:
            self._write(content, wav)
        for content in missing - {row.content_hash for row in found} - self._told:
            self._told.add(content)
            log.error("prompts.recording_missing", content=content)
        return bool(found)

    def _is_whole(self, content: str) -> bool:
        if content in self._sound and self._path(content).exists():
            return True
        return self._copy(content) is not None

    def _copy(self, content: str) -> bytes | None:
        try:
            wav = self._path(content).read_bytes()
        except OSError:
            self._sound.discard(content)
            return None
        if hashlib.sha256(wav).hexdigest() != content:
            self._sound.discard(content)
            return None
        self._sound.add(content)
        return wav

    def _write(self, content: str, wav: bytes) -> None:
        fresh = self._path(content).with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(wav)
            fresh.replace(self._path(content))
        except OSError as error:
            log.warning("prompts.recording_not_kept", reason=str(error))

    def _path(self, content: str) -> Path:
        return self._folder / f"{content}.wav"
