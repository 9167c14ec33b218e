"""The stretches of speech that a recogniser gets one after the other, and the way back to their places in the recording."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from voicemail.audio.recording_audio import Samples
from voicemail.audio.speech import Span
from voicemail.mailbox import Word


def limited(spans: Sequence[Span], samples: int) -> list[Span]:
    """The first spans, with at most so many samples in all."""
    taken: list[Span] = []
    for span in spans:
        if samples <= 0:
            break
        taken.append(Span(span.start, min(span.end, span.start + samples)))
        samples -= span.end - span.start
    return taken


def cut(pieces: Iterable[Samples], spans: Sequence[Span]) -> Iterator[Samples]:
    """The samples of the spans only."""
    place = 0
    for piece in pieces:
        for span in spans:
            start, end = max(span.start, place), min(span.end, place + len(piece))
            if start < end:
                yield piece[start - place : end - place]
        place += len(piece)


def in_recording(word: Word, spans: Sequence[Span], rate_hz: int) -> Word:
    """The word with its times in the recording, from those in the spans joined. It belongs to the span of its middle."""
    begins = list(accumulate((span.end - span.start for span in spans), initial=0))
    middle = (word.start + word.end) / 2 * rate_hz
    number = min(max(bisect_right(begins, middle) - 1, 0), len(spans) - 1)
    span, offset = spans[number], spans[number].start - begins[number]

    def at(seconds: float) -> float:
        return round(min(max(seconds * rate_hz + offset, span.start), span.end) / rate_hz, 3)

    return replace(word, start=at(word.start), end=at(word.end))
