"""The front end gives telephone speech its bands back, leaves the rest alone, and takes whatever comes."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from bench.recognition.conditions import CONDITIONS, spoilt
from voicemail.audio.recording_audio import Samples
from voicemail.enhancement.frontend import restore
from voicemail.enhancement.profile import profile_message
from voicemail.enhancement.spectrum import CENTRES_HZ, Analyser, Synthesiser, band_levels


@pytest.fixture(scope="module")
def wide(korean_clips: Path) -> dict[str, Samples]:
    return {
        path.name: soundfile.read(path, dtype="float32")[0] for path in sorted((korean_clips / "16k").glob("*.wav"))
    }


def made_whole(samples: Samples, rate_hz: int, pieces: int = 1) -> Samples:
    parts = np.array_split(samples, pieces)
    restored, restored_hz = restore(lambda: iter(parts), rate_hz)
    whole = np.concatenate([np.zeros(0, np.float32), *restored])
    assert len(whole) * rate_hz == len(samples) * restored_hz
    return whole


def resampled(narrow: Samples) -> Samples:
    """8 kHz at 16 kHz, with nothing in the upper half."""
    wide: Samples = soxr.resample(narrow, 8_000, 16_000)
    return wide


def far_from(one: Samples, other: Samples) -> float:
    """How far two recordings' bands are from each other where the second speaks, in dB; their loudness does not count."""
    first, second = (band_levels(Analyser().process(samples)) for samples in (one, other))
    count = min(len(first), len(second))
    spoken = second[:count].max(axis=1) > np.quantile(second.max(axis=1), 0.5)
    difference = (first[:count] - second[:count])[spoken] * 4.343
    return float(np.sqrt(np.mean((difference - np.median(difference)) ** 2)))


def test_a_message_with_the_whole_band_is_left_as_it_is(wide: dict[str, Samples]) -> None:
    for samples in wide.values():
        np.testing.assert_array_equal(made_whole(samples, 16_000), samples)


@pytest.mark.parametrize(
    ("condition", "at_most"),
    [("8 kHz", 0.5), ("gentle band", 0.5), ("steep band", 0.4), ("band+noise 20 dB", 0.7), ("band+quiet", 0.5)],
)
def test_what_the_telephone_took_is_given_back(wide: dict[str, Samples], condition: str, at_most: float) -> None:
    before, after = [], []
    for name, samples in wide.items():
        made = spoilt(CONDITIONS[condition], name, samples)
        before.append(far_from(resampled(made), samples))
        after.append(far_from(made_whole(made, 8_000), samples))
    assert np.mean(after) < at_most * np.mean(before), (before, after)


def test_a_telephone_message_that_was_stored_at_16_khz_is_restored_too(wide: dict[str, Samples]) -> None:
    name, samples = next(iter(wide.items()))
    narrow = spoilt(CONDITIONS["steep band"], name, samples)
    stored = resampled(narrow)
    study = profile_message([stored], 16_000)
    assert study is not None
    assert 2_800 < CENTRES_HZ[study.present].max() < 4_200
    assert far_from(made_whole(stored, 16_000), samples) < 0.5 * far_from(stored, samples)


def test_it_does_not_matter_how_a_message_is_cut_or_how_loud_it_is(wide: dict[str, Samples]) -> None:
    name, samples = next(iter(wide.items()))
    made = spoilt(CONDITIONS["gentle band"], name, samples)
    whole = made_whole(made, 8_000)
    np.testing.assert_array_equal(made_whole(made, 8_000), whole)
    np.testing.assert_allclose(made_whole(made, 8_000, pieces=37), whole, atol=2e-3)
    np.testing.assert_allclose(made_whole(made * np.float32(0.25), 8_000), whole, atol=2e-3)


SECOND = 8_000
ODD: dict[str, Callable[[], Samples]] = {
    "nothing": lambda: np.zeros(0, np.float32),
    "one sample": lambda: np.ones(1, np.float32),
    "a hundredth of a second": lambda: np.full(SECOND // 100, 0.1, np.float32),
    "silence": lambda: np.zeros(3 * SECOND, np.float32),
    "a direct current": lambda: np.full(3 * SECOND, 0.5, np.float32),
    "a click in silence": lambda: np.eye(1, 3 * SECOND, SECOND, dtype=np.float32)[0],
    "a tone": lambda: np.sin(np.arange(3 * SECOND) * 0.4).astype(np.float32),
    "a square wave at full scale": lambda: np.sign(np.sin(np.arange(3 * SECOND) * 0.1)).astype(np.float32),
    "noise": lambda: np.random.default_rng(1).uniform(-1, 1, 3 * SECOND).astype(np.float32),
    "the faintest noise": lambda: (np.random.default_rng(1).integers(-1, 2, 3 * SECOND) / 32_768).astype(np.float32),
}


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
@pytest.mark.parametrize("name", ODD)
def test_whatever_comes_sound_comes_out(name: str, rate_hz: int) -> None:
    whole = made_whole(ODD[name](), rate_hz, pieces=3)
    assert np.isfinite(whole).all()
    assert np.abs(whole).max(initial=0.0) <= 1.0


def test_silence_stays_silence() -> None:
    half = np.random.default_rng(2).standard_normal(4 * SECOND).astype(np.float32) * 0.1
    half[: 2 * SECOND] = 0.0
    whole = made_whole(half, 8_000)
    assert np.sqrt(np.mean(whole[: 3 * SECOND] ** 2)) < 0.01


def test_frames_laid_over_one_another_are_what_was_cut() -> None:
    samples = np.random.default_rng(3).standard_normal(10_000).astype(np.float32)
    analyser, synthesiser = Analyser(), Synthesiser()
    again = [synthesiser.process(analyser.process(block)) for block in np.array_split(samples, 7)]
    again.append(synthesiser.process(analyser.flush()))
    np.testing.assert_allclose(np.concatenate(again)[: len(samples)], samples, atol=1e-5)


def test_ten_minutes_cost_milliseconds_a_second_and_little_memory(wide: dict[str, Samples]) -> None:
    name, samples = next(iter(wide.items()))
    made = spoilt(CONDITIONS["gentle band"], name, samples)
    pieces = [made] * round(600 * 8_000 / len(made))
    begun = time.process_time()
    for _ in restore(lambda: pieces, 8_000)[0]:
        pass
    spent = time.process_time() - begun
    assert spent < 600 * 0.01, "recognition takes 150 ms of CPU a second and more"
    tracemalloc.start()
    try:
        for _ in restore(lambda: pieces, 8_000)[0]:
            pass
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
