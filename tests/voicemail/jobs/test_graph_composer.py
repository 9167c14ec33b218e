"""A worker composes a graph unasked if it pays, nobody is disturbed and there is room; otherwise it does nothing."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine
from structlog.testing import capture_logs

from customers.tables import customers
from runtime.sql.database import writing
from voicemail.graph import kept_graph, resources
from voicemail.jobs.actors import Jobs
from voicemail.jobs.graph_composer import FEWEST_MESSAGES, GraphComposer, last_recordings
from voicemail.models import loaded as loaded_models
from voicemail.recordings import path_of
from voicemail.tables import transcripts, voicemails

NAME = "vosk-model-small-xx-0.1"
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
# As `ringback models compose`, for a model that is none.
COMPOSES = "import os, pathlib; pathlib.Path(r'{note}').write_text(str(os.getpriority(os.PRIO_PROCESS, 0)))"


class Warmed:
    """Jobs that note which languages' models are to be in memory."""

    def __init__(self) -> None:
        self.languages: list[str] = []

    def warm(self, languages: list[str]) -> None:
        self.languages += languages


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    graph = folder / NAME / "graph"
    graph.mkdir(parents=True)
    for name in ("HCLr.fst", "Gr.fst", "disambig_tid.int"):
        (graph / name).write_bytes(b"1")
    (folder / NAME / "am").mkdir()
    (folder / NAME / "am" / "final.mdl").touch()
    return folder


@pytest.fixture
def messages(sqlite_database: Engine) -> Callable[..., None]:
    def leave(count: int, at: datetime = LONG_AGO, language: str = "xx", seconds: float = 9.0) -> None:
        with writing(sqlite_database) as connection:
            connection.execute(
                customers.insert().prefix_with("OR IGNORE"), {"id": "cu_1", "name": "", "created_at": at}
            )
            for number in range(count):
                name = f"{language}_{at.timestamp():.0f}_{number}"
                message: dict[str, Any] = {
                    "id": f"vm_{name}",
                    "call_id": f"ca_{name}",
                    "turn": 1,
                    "customer_id": "cu_1",
                }
                message |= {"queue": "desk", "intent": "repair", "language": language, "status": "transcribed"}
                message |= {"seconds": seconds, "sha256": f"{number:064}", "recorded_at": at, "updated_at": at}
                connection.execute(voicemails.insert(), message)
                words = {"voicemail_id": message["id"], "language": language, "model": NAME, "text": "a", "words": []}
                connection.execute(transcripts.insert(), words | {"confidence": 1.0, "made_at": at, "took_ms": 1})

    return leave


@pytest.fixture
def jobs() -> Warmed:
    return Warmed()


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "priority"


@pytest.fixture
def composer(sqlite_database: Engine, models_dir: Path, jobs: Warmed, note: Path) -> GraphComposer:
    return of(sqlite_database, models_dir, jobs, COMPOSES.format(note=note))


def of(engine: Engine, models_dir: Path, jobs: Any, program: str) -> GraphComposer:
    command = (sys.executable, "-c", f"import time; time.sleep(0.3); {program}")
    typed: Jobs = jobs
    return GraphComposer(engine, models_dir, ["xx", "lv"], typed, command)


def events(composer: GraphComposer, stop: threading.Event | None = None) -> list[str]:
    with capture_logs() as logs:
        composer.look(stop or threading.Event())
    return [entry["event"] for entry in logs]


def test_it_is_done_once_at_the_lowest_priority(
    composer: GraphComposer, messages: Callable[..., None], jobs: Warmed, note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaded_models, "has_new_graph", lambda _model, _models_dir: note.exists())
    messages(FEWEST_MESSAGES)
    assert events(composer) == ["model.composing", "model.composed"]
    assert note.read_text() == "19"
    assert jobs.languages == ["xx"]
    assert events(composer) == []


def test_few_messages_are_too_few(composer: GraphComposer, messages: Callable[..., None]) -> None:
    messages(FEWEST_MESSAGES - 1)
    messages(FEWEST_MESSAGES, language="lv")  # there is no model of it
    assert events(composer) == []
    messages(1, LONG_AGO + timedelta(minutes=1))
    assert events(composer) == ["model.composing", "model.composed"]


def test_nobody_is_disturbed(composer: GraphComposer, messages: Callable[..., None]) -> None:
    messages(FEWEST_MESSAGES)
    messages(1, datetime.now(UTC) - timedelta(minutes=4))
    assert events(composer) == []


def test_without_twice_the_room_it_is_left_alone(
    composer: GraphComposer, messages: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    messages(FEWEST_MESSAGES)
    monkeypatch.setattr(kept_graph, "free_memory", lambda: 3 * 9 * 2 - 1)  # three files of a byte each
    assert events(composer) == []
    monkeypatch.setattr(kept_graph, "free_memory", lambda: 3 * 9 * 2)
    assert events(composer) == ["model.composing", "model.composed"]


def test_an_operator_may_do_it_instead(
    sqlite_database: Engine, models_dir: Path, jobs: Any, messages: Callable[..., None]
) -> None:
    messages(FEWEST_MESSAGES)
    assert events(GraphComposer(sqlite_database, models_dir, ["xx"], jobs, None)) == []


def test_a_failure_is_logged_and_not_tried_again(
    sqlite_database: Engine, models_dir: Path, jobs: Warmed, messages: Callable[..., None]
) -> None:
    messages(FEWEST_MESSAGES)
    composer = of(sqlite_database, models_dir, jobs, "raise SystemExit('the model is of another form')")
    with capture_logs() as logs:
        composer.look(threading.Event())
    assert (logs[-1]["event"], logs[-1]["reason"]) == ("model.not_composed", "the model is of another form")
    assert (events(composer), jobs.languages) == ([], [])


def test_a_graph_that_was_refused_is_not_composed_again(
    composer: GraphComposer, models_dir: Path, messages: Callable[..., None]
) -> None:
    messages(FEWEST_MESSAGES)
    kept_in = models_dir / "composed" / NAME
    kept_in.parent.mkdir()
    kept_graph._refusal(kept_in).write_text(kept_graph._checksums(models_dir / NAME / "graph", kept_graph._SOURCES))
    assert events(composer) == []


def test_a_worker_that_ends_ends_the_child_too(
    sqlite_database: Engine, models_dir: Path, jobs: Warmed, messages: Callable[..., None], note: Path
) -> None:
    messages(FEWEST_MESSAGES)
    program = (
        f"import signal, sys, pathlib; note = pathlib.Path(r'{note}'); "
        "signal.signal(signal.SIGTERM, lambda *_: (note.write_text('cleared away'), sys.exit(1))); "
        "note.write_text('begun'); time.sleep(60)"
    )
    composer, stop = of(sqlite_database, models_dir, jobs, program), threading.Event()
    thread = threading.Thread(target=composer.look, args=(stop,))
    thread.start()
    give_up = time.monotonic() + 20
    while not (note.exists() and note.read_text()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    stop.set()
    composer.wait_for_child()
    assert note.read_text() == "cleared away"
    thread.join(10)
    assert not thread.is_alive()


def test_it_is_checked_with_the_last_short_messages_that_are_here(
    sqlite_database: Engine, messages: Callable[..., None], tmp_path: Path
) -> None:
    messages(3)
    messages(2, LONG_AGO + timedelta(minutes=1), seconds=90)
    messages(1, language="lv")
    for number in (0, 2):
        path = path_of(tmp_path, f"{number:064}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert sorted(last_recordings(sqlite_database, tmp_path, "xx")) == sorted(
        path_of(tmp_path, f"{number:064}") for number in (0, 2)
    )


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\n")
    monkeypatch.setattr(resources, "_MACHINE", tmp_path / "meminfo")
    monkeypatch.setattr(resources, "_CONTAINER", tmp_path)
    assert resources.free_memory() == 4_096_000_000
    (tmp_path / "memory.current").write_text("600000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 100000000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert resources.free_memory() == 4_096_000_000
    (tmp_path / "memory.max").write_text("2000000000\n")
    assert resources.free_memory() == 1_500_000_000
    monkeypatch.setattr(resources, "_MACHINE", tmp_path / "none")
    monkeypatch.setattr(resources, "_CONTAINER", tmp_path / "none")
    assert resources.free_memory() is None
