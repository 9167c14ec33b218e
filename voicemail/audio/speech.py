"""Where somebody speaks in a recording, so that long silences are not listened to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from voicemail.audio.detector import detector
from voicemail.audio.recording_audio import Samples, Tick

SPEECH_BEGINS = 0.5  # silero's likelihoods; it stays speech until it falls under SPEECH_ENDS
SPEECH_ENDS = 0.35
PAD_SECONDS = 0.3
MIN_GAP_SECONDS = 1.0
MIN_SPEECH_SECONDS = 0.1
SILENT = 1e-3  # -60 dBFS, after quiet recordings were raised: digital silence and its dither need no model


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, in samples at its working rate."""

    start: int
    end: int


def find_speech(blocks: Iterable[Samples], rate_hz: int, tick: Tick = lambda: None) -> list[Span]:
    """The stretches in which somebody speaks: padded by 0.3 s, gaps of less than 1 s kept.

    `rate_hz` is 8000 or 16000.
    """
    spoken: list[Span] = []
    begun: int | None = None
    place = 0
    with detector(rate_hz, tick) as hearing:
        window = hearing.window_size_samples
        for frame in _windows(blocks, window):
            if place % (window * 64) == 0:
                tick()
            is_silent = float(np.abs(frame).max()) < SILENT
            likelihood = 0.0 if is_silent else hearing.process(np.array(frame).data)
            if begun is None and likelihood >= SPEECH_BEGINS:
                begun = place
            elif begun is not None and likelihood < SPEECH_ENDS:
                spoken.append(Span(begun, place))
                begun = None
            place += window
    if begun is not None:
        spoken.append(Span(begun, place))
    return _joined(spoken, rate_hz, place)


def _windows(blocks: Iterable[Samples], size: int) -> Iterator[Samples]:
    rest = np.zeros(0, np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block]) if len(rest) else block
        whole = len(rest) // size * size
        yield from rest[:whole].reshape(-1, size)
        rest = rest[whole:]
    if len(rest):
        yield np.pad(rest, (0, size - len(rest)))


def _joined(spoken: list[Span], rate_hz: int, end: int) -> list[Span]:
    near = int(MIN_GAP_SECONDS * rate_hz)
    runs: list[tuple[Span, int]] = []  # a run of spans that are close together, and how much of it is speech
    for span in spoken:
        length = span.end - span.start
        if runs and span.start - runs[-1][0].end < near:
            runs[-1] = (Span(runs[-1][0].start, span.end), runs[-1][1] + length)
        else:
            runs.append((span, length))
    pad = int(PAD_SECONDS * rate_hz)
    return [
        Span(max(0, run.start - pad), min(end, run.end + pad))
        for run, length in runs
        if length >= MIN_SPEECH_SECONDS * rate_hz
    ]
