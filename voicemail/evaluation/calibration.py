"""Schooling: messages whose words are known are heard, and what Vosk says of its words is compared with the truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from voicemail.audio.recording_audio import examine
from voicemail.evaluation.clips import Clip, right_words
from voicemail.recognition.confidence import Calibration, Heard, calibrate, expected_calibration_error
from voicemail.recognition.transcriber import Transcriber


@dataclass(frozen=True, slots=True)
class Schooled:
    """A curve learnt from all clips, and what one learnt from half of them is worth on the other half."""

    calibration: Calibration
    share_right: float
    error_before: float
    error_after: float


def school(transcriber: Transcriber, clips: Iterable[Clip], language: str) -> Schooled:
    """Hear the clips and fit a curve. Raises TooFewWords, and what the transcriber raises."""
    halves: tuple[list[Heard], list[Heard]] = ([], [])
    model = ""
    for number, clip in enumerate(clips):
        written = transcriber.transcribe(examine(clip.path), language).transcript
        model = written.model
        rights = right_words(clip.transcript, [word.word for word in written.words])
        halves[number % 2].extend(
            Heard(word.confidence if word.plain_confidence is None else word.plain_confidence, is_right)
            for word, is_right in zip(written.words, rights, strict=True)
        )
    heard = [*halves[0], *halves[1]]
    calibration = calibrate(model, heard)
    on_half = calibrate(model, halves[0])
    rights = [word.is_right for word in halves[1]]
    return Schooled(
        calibration,
        sum(word.is_right for word in heard) / len(heard),
        expected_calibration_error([word.plain for word in halves[1]], rights),
        expected_calibration_error([on_half(word.plain) for word in halves[1]], rights),
    )
