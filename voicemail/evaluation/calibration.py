"""Measures a model's confidence: Vosk's confidence in its words is compared with messages whose words are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from voicemail.audio.recording_audio import examine
from voicemail.evaluation.clips import Clip, right_words
from voicemail.recognition.confidence import Calibration, ScoredWord, calibrate, expected_calibration_error
from voicemail.recognition.transcriber import Transcriber


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """A calibration made of all clips, and the calibration error of one made of half of them on the other half."""

    calibration: Calibration
    share_right: float
    error_before: float
    error_after: float


def measure_confidence(transcriber: Transcriber, clips: Iterable[Clip], language: str) -> CalibrationReport:
    """Transcribe the clips and fit a calibration. Raises TooFewWords, and what the transcriber raises."""
    halves: tuple[list[ScoredWord], list[ScoredWord]] = ([], [])
    model = ""
    for number, clip in enumerate(clips):
        written = transcriber.transcribe(examine(clip.path), language).transcript
        model = written.model
        rights = right_words(clip.transcript, [word.word for word in written.words])
        halves[number % 2].extend(
            ScoredWord(word.confidence if word.plain_confidence is None else word.plain_confidence, is_right)
            for word, is_right in zip(written.words, rights, strict=True)
        )
    scored = [*halves[0], *halves[1]]
    calibration = calibrate(model, scored)
    on_half = calibrate(model, halves[0])
    rights = [word.is_right for word in halves[1]]
    return CalibrationReport(
        calibration,
        sum(word.is_right for word in scored) / len(scored),
        expected_calibration_error([word.plain for word in halves[1]], rights),
        expected_calibration_error([on_half(word.plain) for word in halves[1]], rights),
    )
