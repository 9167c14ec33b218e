"""Measures whether a business's own words help a model, on messages whose words are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace

from voicemail.audio.recording_audio import examine
from voicemail.evaluation.clips import Clip, characters, edit_distance, right_words
from voicemail.mailbox import Transcript
from voicemail.own_words.thresholds import Thresholds, default_thresholds
from voicemail.own_words.vocabulary import OwnWord
from voicemail.recognition.transcriber import Transcriber

_FEWEST_SPOKEN = 10
_MOST_HARM = 1.01
# So many replacements are added, half of them right: three right ones of three are no certainty.
_PRIOR = 4


class TooFewOwnWords(Exception):
    """The own words are not spoken often enough to measure by; the message says how often they should be."""


@dataclass(frozen=True, slots=True)
class OwnWordsScore:
    """Messages with and without own words: `spoken` of these were said, and so many of them recognised.

    Both sides come from one recognition, because no two are quite alike. `replaced` is how many words were put in for others, of
    which `right` were said.
    """

    characters: int
    errors_before: int
    errors_after: int
    spoken: int
    recognised_before: int
    recognised_after: int
    replaced: int
    right: int


@dataclass(frozen=True, slots=True)
class OwnWordsReport:
    """The scores with all own words, and with only those that a message does not contain; the thresholds that follow."""

    thresholds: Thresholds
    said: OwnWordsScore
    unsaid: OwnWordsScore


def evaluate_own_words(
    transcriber: Transcriber, clips: Iterable[Clip], language: str, own_words: Sequence[OwnWord]
) -> OwnWordsReport:
    """Transcribe the clips twice. Raises TooFewOwnWords, and what the transcriber raises.

    `transcriber` must have the thresholds to be measured.
    """
    said: list[OwnWordsScore] = []
    unsaid: list[OwnWordsScore] = []
    model = ""
    for clip in clips:
        sound = examine(clip.path)
        others = [word for word in own_words if characters(word.text) not in characters(clip.transcript)]
        for words, scores in ((own_words, said), (others, unsaid)):
            written = transcriber.transcribe(sound, language, own_words=words).transcript
            model = written.model
            scores.append(score(clip.transcript, written, words))
    return _report(model, total(said), total(unsaid))


def score(spoken: str, written: Transcript, own_words: Sequence[OwnWord]) -> OwnWordsScore:
    """Compare a transcript with what was spoken, with the own words put in and without."""
    truth = characters(spoken)
    after = characters("".join(word.word for word in written.words))
    before = characters("".join(word.word if word.heard is None else word.heard for word in written.words))
    times = [(truth.count(own), before.count(own), after.count(own)) for own in (characters(w.text) for w in own_words)]
    marks = right_words(spoken, [word.word for word in written.words])
    put_in = [is_right for word, is_right in zip(written.words, marks, strict=True) if word.heard is not None]
    return OwnWordsScore(
        len(truth),
        edit_distance(truth, before),
        edit_distance(truth, after),
        sum(said for said, _, _ in times),
        sum(min(said, found) for said, found, _ in times),
        sum(min(said, found) for said, _, found in times),
        len(put_in),
        sum(put_in),
    )


def total(scores: Iterable[OwnWordsScore]) -> OwnWordsScore:
    """The scores of several messages as one."""
    nothing = OwnWordsScore(*[0] * len(OwnWordsScore.__slots__))
    return OwnWordsScore(*map(sum, zip(*map(astuple, [nothing, *scores]), strict=True)))


def _report(model: str, said: OwnWordsScore, unsaid: OwnWordsScore) -> OwnWordsReport:
    if said.spoken < _FEWEST_SPOKEN:
        raise TooFewOwnWords(
            f"The own words are spoken {said.spoken} times in these messages; at least {_FEWEST_SPOKEN} times are needed."
        )
    is_on = said.errors_after < said.errors_before and unsaid.errors_after <= _MOST_HARM * unsaid.errors_before
    replaced, right = said.replaced + unsaid.replaced, said.right + unsaid.right
    share = round((right + _PRIOR / 2) / (replaced + _PRIOR), 4)
    return OwnWordsReport(replace(default_thresholds(model), is_on=is_on, right=share), said, unsaid)
