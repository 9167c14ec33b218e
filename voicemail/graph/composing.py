"""Composes the graphs of models by itself: where enough messages come, there is room, and nobody is being listened to.

A child process does so at the lowest priority. Workers take a graph up at the next quiet moment (docs/decisions/0023).
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from runtime.children import start_child, stop_child
from runtime.sql.database import reading
from voicemail.jobs.actors import Jobs
from voicemail.models.installed import COMPOSED, InstalledModel, find_model
from voicemail.recordings import path_of
from voicemail.tables import transcripts, voicemails

log = structlog.get_logger()

LOOK_SECONDS: Final = 60.0
# So long no message may have come or been written down.
QUIET: Final = timedelta(minutes=5)
# It takes minutes of a processor: with fewer messages in a language it does not pay.
FEWEST_MESSAGES: Final = 10
# Of what composing itself asks for: it must not be felt.
ROOM: Final = 2.0
# The messages by which a graph is checked.
CHECKED_BY: Final = 5
_LONGEST_CHECKED_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0


class Composing:
    """The graphs of one worker. `command` composes that of the language at its end; None if it is left to the operator."""

    def __init__(
        self, engine: Engine, models_dir: Path, languages: Iterable[str], jobs: Jobs, command: Sequence[str] | None
    ) -> None:
        self._engine = engine
        self._models_dir = models_dir
        self._languages = tuple(languages)
        self._jobs = jobs
        self._command = command
        self._seen: set[str] = set()  # models that this process is done with, in one way or the other
        self._composing = threading.Lock()

    def look_until(self, stop: threading.Event) -> None:
        """Look every minute, in the thread that calls."""
        while not stop.wait(LOOK_SECONDS):
            try:
                self.look(stop)
            except (SQLAlchemyError, OSError) as error:
                log.warning("models.not_looked_at", reason=str(error)[:200])

    def look(self, stop: threading.Event) -> None:
        """Take up the graphs that are new, and compose those that are worth it."""
        for language in self._languages:
            model = find_model(self._models_dir, language)
            if model is None or model.name in self._seen:
                continue
            if self._is_there(model) or (self._is_worth_it(language, model) and self._compose(language, model, stop)):
                self._take_up(language, model)

    def end(self) -> None:
        """After `stop` is set: wait until a child that composes has cleared away what is half made."""
        if self._composing.acquire(timeout=_STOP_SECONDS + 1):
            self._composing.release()

    def _is_there(self, model: InstalledModel) -> bool:
        from voicemail.graph.composed_graph import composed_graph

        # To look whether it is this very model's takes half a second, so once.
        if not (self._models_dir / COMPOSED / model.name).is_dir() or not self._is_quiet():
            return False
        self._seen.add(model.name)
        return composed_graph(model.path, self._models_dir, model.name) is not None

    def _is_worth_it(self, language: str, model: InstalledModel) -> bool:
        from voicemail.graph.composed_graph import is_composable, is_refused, short_of

        if (
            self._command is None
            or not is_composable(model.path)
            or short_of(model.path, self._models_dir, ROOM) is not None
            or not self._is_quiet()
            or written_down(self._engine, language) < FEWEST_MESSAGES
        ):
            return False
        self._seen.add(model.name)
        return not is_refused(model.path, self._models_dir, model.name)

    def _is_quiet(self) -> bool:
        return is_quiet(self._engine, datetime.now(UTC))

    def _compose(self, language: str, model: InstalledModel, stop: threading.Event) -> bool:
        with self._composing:
            return self._composed(language, model, stop)

    def _composed(self, language: str, model: InstalledModel, stop: threading.Event) -> bool:
        log.info(
            "model.composing",
            language=language,
            model=model.name,
            meaning="its graph is composed once, at the lowest priority; messages are heard several times faster from then on",
        )
        child = start_child([*(self._command or ()), language], output=subprocess.PIPE)
        with suppress(OSError):  # not everywhere, and not always allowed
            os.setpriority(os.PRIO_PROCESS, child.pid, 19)
            Path(f"/proc/{child.pid}/oom_score_adj").write_text("1000")
        while child.poll() is None:
            if stop.wait(0.5):
                stop_child(child, _STOP_SECONDS)
                return False
        assert child.stdout is not None
        said = child.stdout.read().decode(errors="replace").strip().splitlines()
        if child.returncode != 0:
            reason = said[-1][:300] if said else f"it ended with {child.returncode}"
            log.warning("model.not_composed", language=language, model=model.name, reason=reason)
            return False
        log.info("model.composed", language=language, model=model.name)
        return True

    def _take_up(self, language: str, model: InstalledModel) -> None:
        from voicemail.models.loaded import is_loaded_without_graph
        from voicemail.recognition.transcriber import forget

        if is_loaded_without_graph(model):
            forget(model)
            self._jobs.warm([language])


def is_quiet(engine: Engine, now: datetime) -> bool:
    """Whether no message came or was written down for some minutes."""
    with reading(engine) as connection:
        last = connection.scalar(sa.select(sa.func.max(voicemails.c.updated_at)))
    return last is None or last < now - QUIET


def written_down(engine: Engine, language: str) -> int:
    """How many messages in this language have been."""
    with reading(engine) as connection:
        count = sa.select(sa.func.count()).select_from(transcripts).where(transcripts.c.language == language)
        return int(connection.scalar(count) or 0)


def last_recordings(engine: Engine, recordings_dir: Path, language: str) -> list[Path]:
    """Those of the last messages in this language that were written down and are not long, as far as they are here."""
    query = (
        sa.select(voicemails.c.sha256)
        .where(voicemails.c.status == "transcribed", voicemails.c.language == language)
        .where(voicemails.c.seconds <= _LONGEST_CHECKED_SECONDS, voicemails.c.sha256.is_not(None))
        .order_by(voicemails.c.recorded_at.desc())
        .limit(CHECKED_BY)
    )
    with reading(engine) as connection:
        paths = [path_of(recordings_dir, sha256) for sha256 in connection.scalars(query)]
    return [path for path in paths if path.exists()]
