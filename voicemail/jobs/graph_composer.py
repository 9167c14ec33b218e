"""Composes the graphs of models (voicemail/graph) unasked, if that pays, disturbs nobody, and there is room to spare.

A child process composes at the lowest priority. The worker loads the model with its new graph in the next quiet minutes.
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
from voicemail.models.installed import InstalledModel, find_model, graph_folder
from voicemail.recordings import path_of
from voicemail.tables import transcripts, voicemails

log = structlog.get_logger()

LOOK_SECONDS: Final = 60.0
# No message may have arrived or been transcribed for so long.
QUIET: Final = timedelta(minutes=5)
# Composing takes minutes of a processor: for fewer messages of a language it does not pay.
FEWEST_MESSAGES: Final = 10
# A new graph is checked with so many messages of at most this length.
CHECKED_MESSAGES: Final = 5
_LONGEST_CHECKED_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0


class GraphComposer:
    """Composes for one worker. `command` composes for the language appended to it; None leaves composing to the operator."""

    def __init__(
        self, engine: Engine, models_dir: Path, languages: Iterable[str], jobs: Jobs, command: Sequence[str] | None
    ) -> None:
        self._engine = engine
        self._models_dir = models_dir
        self._languages = tuple(languages)
        self._jobs = jobs
        self._command = command
        self._finished: set[str] = set()  # names of models that were composed, or could not be
        self._composing = threading.Lock()

    def look_until(self, stop: threading.Event) -> None:
        """Look every minute, in the thread that calls."""
        while not stop.wait(LOOK_SECONDS):
            try:
                self.look(stop)
            except (SQLAlchemyError, OSError) as error:
                log.warning("graph_composer.look_failed", reason=str(error)[:200])

    def look(self, stop: threading.Event) -> None:
        """Load new graphs, and compose those that are missing."""
        if not is_quiet(self._engine, datetime.now(UTC)):
            return
        for language in self._languages:
            model = find_model(self._models_dir, language)
            if model is None:
                continue
            if self._may_compose(language, model):
                self._finished.add(model.name)
                with self._composing:
                    self._compose(language, model, stop)
            self._load_new_graph(language, model)

    def wait_for_child(self) -> None:
        """After `stop` is set: wait until a child that composes has deleted what is incomplete."""
        if self._composing.acquire(timeout=_STOP_SECONDS + 1):
            self._composing.release()

    def _may_compose(self, language: str, model: InstalledModel) -> bool:
        if self._command is None or model.name in self._finished:
            return False
        from voicemail import graph
        from voicemail.models.loaded import loaded_form

        return (
            loaded_form(model) != "composed"
            and graph.obstacle(model.path, graph_folder(model, self._models_dir)) is None
            and transcribed(self._engine, language) >= FEWEST_MESSAGES
        )

    def _compose(self, language: str, model: InstalledModel, stop: threading.Event) -> None:
        log.info(
            "model.composing",
            language=language,
            model=model.name,
            meaning="its graph is composed once, at the lowest priority; then messages are transcribed several times faster",
        )
        child = start_child([*(self._command or ()), language], output=subprocess.PIPE)
        with suppress(OSError):  # not possible on every system, and not always allowed
            os.setpriority(os.PRIO_PROCESS, child.pid, 19)
            Path(f"/proc/{child.pid}/oom_score_adj").write_text("1000")
        with child:
            while child.poll() is None:
                if stop.wait(0.5):
                    stop_child(child, _STOP_SECONDS)
                    return
            assert child.stdout is not None
            said = child.stdout.read().decode(errors="replace").strip().splitlines()
        if child.returncode == 0:
            log.info("model.composed", language=language, model=model.name)
        else:
            reason = said[-1][:300] if said else f"exit status {child.returncode}"
            log.warning("model.not_composed", language=language, model=model.name, reason=reason)

    def _load_new_graph(self, language: str, model: InstalledModel) -> None:
        from voicemail.models.loaded import has_new_graph
        from voicemail.recognition.transcriber import forget

        if has_new_graph(model, self._models_dir):
            forget(model)
            self._jobs.warm([language])


def is_quiet(engine: Engine, now: datetime) -> bool:
    """Whether no message arrived or was transcribed for some minutes."""
    with reading(engine) as connection:
        last = connection.scalar(sa.select(sa.func.max(voicemails.c.updated_at)))
    return last is None or last < now - QUIET


def transcribed(engine: Engine, language: str) -> int:
    """How many messages of a language have been transcribed."""
    with reading(engine) as connection:
        count = sa.select(sa.func.count()).select_from(transcripts).where(transcripts.c.language == language)
        return int(connection.scalar(count) or 0)


def last_recordings(engine: Engine, recordings_dir: Path, language: str) -> list[Path]:
    """Recordings of the last transcribed messages of a language that are not long and still here."""
    query = (
        sa.select(voicemails.c.sha256)
        .where(voicemails.c.status == "transcribed", voicemails.c.language == language)
        .where(voicemails.c.seconds <= _LONGEST_CHECKED_SECONDS, voicemails.c.sha256.is_not(None))
        .order_by(voicemails.c.recorded_at.desc())
        .limit(CHECKED_MESSAGES)
    )
    with reading(engine) as connection:
        paths = [path_of(recordings_dir, sha256) for sha256 in connection.scalars(query)]
    return [path for path in paths if path.exists()]
