"""One detector of speech for all threads: whoever waits for it still ticks, and nobody hears another one's message."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from voicemail.audio import detector as detector_module
from voicemail.audio.detector import detector
from voicemail.audio.recording_audio import Samples
from voicemail.audio.speech import find_speech

_RATE_HZ = 8_000


def message(seed: int, seconds: float = 4.0) -> list[Samples]:
    """A voice-like hum with pauses, another one for each seed."""
    random = np.random.default_rng(seed)
    at = np.arange(int(seconds * _RATE_HZ)) / _RATE_HZ
    hum = sum(np.sin(2 * np.pi * (110 + seed) * n * at) / n for n in range(1, 20))
    samples = 0.1 * hum * (np.sin(2 * np.pi * 3 * at) > 0) + random.normal(0, 0.003, len(at))
    return [samples.astype(np.float32)]


def likelihoods(pieces: list[Samples]) -> list[float]:
    with detector(_RATE_HZ) as hearing:
        size = hearing.window_size_samples
        windows = pieces[0][: len(pieces[0]) // size * size].reshape(-1, size)
        return [hearing.process(np.array(window).data) for window in windows]


def test_what_was_heard_before_changes_nothing() -> None:
    alone = likelihoods(message(1))
    likelihoods(message(2))
    assert likelihoods(message(1)) == alone


def test_threads_take_turns_with_one_detector() -> None:
    alone = {seed: find_speech(message(seed), _RATE_HZ) for seed in range(4)}
    together: dict[int, object] = {}

    def work(seed: int) -> None:
        together[seed] = find_speech(message(seed), _RATE_HZ)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone
    assert len(detector_module._detectors) <= 2  # one a sample rate


def test_a_thread_that_waits_for_the_detector_ticks_and_one_that_stops_lets_go_of_it() -> None:
    ticks: list[float] = []

    def slow() -> Iterator[Samples]:
        yield np.zeros(4_096, np.float32)
        while len(ticks) < 2:
            time.sleep(0.01)
        raise InterruptedError

    def other() -> None:
        find_speech(message(1), _RATE_HZ, lambda: ticks.append(time.monotonic()))

    begun = threading.Event()

    def stopping() -> None:
        with pytest.raises(InterruptedError):
            find_speech(slow(), _RATE_HZ, begun.set)

    first = threading.Thread(target=stopping)
    first.start()
    assert begun.wait(10)
    second = threading.Thread(target=other)
    second.start()
    first.join(10)
    second.join(10)
    assert not first.is_alive()
    assert not second.is_alive()
    assert len(ticks) >= 2
