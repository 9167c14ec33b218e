"""Proving: whether a business's own words help a model to understand its messages, measured on messages whose words are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from voicemail.audio.recording_audio import examine
from voicemail.evaluation.clips import Clip, characters, errors, right_words
from voicemail.mailbox import Transcript
from voicemail.own_words.closeness import Closeness, unproven
from voicemail.own_words.vocabulary import OwnWord
from voicemail.recognition.transcriber import Transcriber

_FEWEST_SAID = 10
_MOST_HARM = 1.01
# As many as this are thought of as found before, half of them right: three right ones of three are no certainty.
_DOUBT = 4


class TooFewOwnWords(Exception):
    """The own words are not said often enough to measure by; the message says how often they should be."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A message with and without own words. `said` of them were spoken; `before` and `after` of these were understood.

    Both come of one hearing, for no two are quite the same. `found` is how many words were put in for others, `right` how many
    of these had been said.
    """

    characters: int
    errors_before: int
    errors_after: int
    said: int
    before: int
    after: int
    found: int
    right: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What was measured: the messages with all own words, and with those only that are not said in them."""

    closeness: Closeness
    tried: Tried
    decoys: Tried


def prove(transcriber: Transcriber, clips: Iterable[Clip], language: str, own_words: Sequence[OwnWord]) -> Proof:
    """Hear the clips twice. Raises TooFewOwnWords, and what the transcriber raises.

    `transcriber` must have the closeness to be measured.
    """
    tried: list[Tried] = []
    decoys: list[Tried] = []
    model = ""
    for clip in clips:
        sound = examine(clip.path)
        others = [word for word in own_words if characters(word.text) not in characters(clip.transcript)]
        for words, results in ((own_words, tried), (others, decoys)):
            written = transcriber.transcribe(sound, language, own_words=words).transcript
            model = written.model
            results.append(compared(clip.transcript, written, words))
    return _judged(model, total(tried), total(decoys))


def compared(spoken: str, written: Transcript, own_words: Sequence[OwnWord]) -> Tried:
    """What own words changed in a transcript."""
    truth = characters(spoken)
    after = characters("".join(word.word for word in written.words))
    before = characters("".join(word.word if word.heard is None else word.heard for word in written.words))
    times = [(truth.count(own), before.count(own), after.count(own)) for own in (characters(w.text) for w in own_words)]
    put_in = [
        is_right
        for word, is_right in zip(
            written.words, right_words(spoken, [word.word for word in written.words]), strict=True
        )
        if word.heard is not None
    ]
    return Tried(
        len(truth),
        errors(truth, before),
        errors(truth, after),
        sum(said for said, _, _ in times),
        sum(min(said, heard) for said, heard, _ in times),
        sum(min(said, heard) for said, _, heard in times),
        len(put_in),
        sum(put_in),
    )


def total(tried: Iterable[Tried]) -> Tried:
    """Several messages as one."""
    names = Tried.__slots__
    sums = [0] * len(names)
    for one in tried:
        sums = [so_far + getattr(one, name) for so_far, name in zip(sums, names, strict=True)]
    return Tried(*sums)


def _judged(model: str, tried: Tried, decoys: Tried) -> Proof:
    if tried.said < _FEWEST_SAID:
        raise TooFewOwnWords(
            f"The own words are said {tried.said} times in these messages; at least {_FEWEST_SAID} times are needed."
        )
    is_on = tried.errors_after < tried.errors_before and decoys.errors_after <= _MOST_HARM * decoys.errors_before
    found, right = tried.found + decoys.found, tried.right + decoys.right
    closeness = replace(unproven(model), is_on=is_on, right=round((right + _DOUBT / 2) / (found + _DOUBT), 4))
    return Proof(closeness, tried, decoys)
