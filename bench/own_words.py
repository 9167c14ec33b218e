"""What a business's own words are worth: messages understood with them and without, and with words that nobody says.

    python -m bench.own_words [FOLDER] [--language ko] [--words FILE] [--decoys FILE] [--runs 3] [--conditions "8 kHz"]

FOLDER has a manifest.tsv (`file`, `transcript`); the files have a word or a few a line. `--words long` takes every word of three
syllables or six letters from the transcripts. With and without come of the same hearing: where an own word was put in, what was
heard stands beside it. Decoys and pairs are score_ once: pairs are own words that differ in one sound from a word that is said,
the worst that can be written.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import soundfile
import typer

from bench.recognition.conditions import chosen, spoilt
from bench.recognition.hearing import is_wide, wide
from runtime.config import load_settings
from voicemail.audio.recording_audio import WIDE_HZ, examine
from voicemail.evaluation.clips import Clip, read_clips, words
from voicemail.evaluation.own_words_evaluation import OwnWordsScore, score, total
from voicemail.mailbox import Word
from voicemail.models.installed import find_model
from voicemail.own_words.phonemes import edit_distance
from voicemail.own_words.pronunciation import sounds_of
from voicemail.own_words.thresholds import Thresholds, default_thresholds, load_thresholds
from voicemail.own_words.vocabulary import OwnWord
from voicemail.recognition.transcriber import Transcriber

_SHARED = Path(__file__).parents[2] / "shared" / "audio" / "ko" / "16k"
_OWN = Path(__file__).parent / "own"
_PAIR_RATE = 0.15
_HEAD = (
    f"{'':18} | {'own words said':>14} before after | CER before after ratio |    A    B | put in right | decoys pairs"
)


def main(
    folder: Annotated[Path, typer.Argument(help="Clips and their manifest.tsv.")] = _SHARED,
    language: Annotated[str, typer.Option(help="The language spoken.")] = "ko",
    own: Annotated[str, typer.Option("--words", help="A file of own words, or `long`.")] = str(_OWN / "ko.txt"),
    decoys: Annotated[Path, typer.Option(help="A file of words that are not said.")] = _OWN / "ko_decoys.txt",
    runs: Annotated[int, typer.Option(min=1)] = 3,
    conditions: Annotated[str, typer.Option(help="Names separated by commas; default: all.")] = "",
) -> None:
    """Print the table."""
    models_dir = load_settings().models_dir
    found = find_model(models_dir, language)
    if found is None:
        raise SystemExit(f"There is no {language} model in {models_dir}.")
    clips = read_clips(folder)
    half_of = {clip.path: "AB"[number % 2] for number, clip in enumerate(clips)}
    said = _long(clips) if own == "long" else _lines(Path(own))
    others = _lines(decoys)
    vocabularies = {"own": _own(said + others), "decoys": _own(others), "pairs": _own(_pairs(clips, language))}
    thresholds = load_thresholds(models_dir, found.name) or default_thresholds(found.name)
    hearing = _Hearing(_Timed(models_dir, thresholds), language)
    print(f"{len(said)} own words, {len(others)} decoys, {runs} runs, {found.name}\n\n{_HEAD}")
    everything: dict[tuple[str, str], list[OwnWordsScore]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "clip.wav"
        for condition in chosen(conditions):
            here: dict[tuple[str, str], list[OwnWordsScore]] = {}
            for clip in clips:
                if condition.rate_hz >= WIDE_HZ and not is_wide(clip.path):
                    continue
                made = spoilt(condition, clip.path.name, wide(clip.path))
                soundfile.write(file, made, condition.rate_hz, subtype="PCM_16")
                for name, vocabulary in vocabularies.items():
                    for _ in range(runs if name == "own" else 1):
                        scored = hearing.hear(file, clip, vocabulary, is_timed=name == "own")
                        here.setdefault((name, half_of[clip.path]), []).append(scored)
            print(_row(condition.name, here), flush=True)
            for key, tries in here.items():
                everything.setdefault(key, []).extend(tries)
    print(_row("all", everything))
    print(f"\nrescoring with {len(said) + len(others)} words: {hearing.share:.1%} of the time of recognition")


class _Timed(Transcriber):
    """Counts apart what own words cost. A second hearing without them would not tell: the recogniser then knows the clip."""

    def __init__(self, models_dir: Path, thresholds: Thresholds) -> None:
        super().__init__(models_dir, thresholds=thresholds)
        self.rescoring_seconds = 0.0

    def _rewriting(self, *given: Any) -> Any:
        rewrite = super()._rewriting(*given)

        def timed(*heard: Any) -> list[Word]:
            begun = time.process_time()
            words: list[Word] = rewrite(*heard) if rewrite else heard[0]
            self.rescoring_seconds += time.process_time() - begun
            return words

        return timed


class _Hearing:
    """Transcribes with own words and keeps the time that it takes with those that are timed."""

    def __init__(self, transcriber: _Timed, language: str) -> None:
        self._transcriber = transcriber
        self._language = language
        self._rescoring_seconds = self._seconds = 0.0

    @property
    def share(self) -> float:
        return self._rescoring_seconds / (self._seconds - self._rescoring_seconds)

    def hear(self, file: Path, clip: Clip, own_words: Sequence[OwnWord], is_timed: bool) -> OwnWordsScore:
        sound = examine(file)
        before, begun = self._transcriber.rescoring_seconds, time.process_time()
        written = self._transcriber.transcribe(sound, self._language, own_words=own_words).transcript
        if is_timed:
            self._seconds += time.process_time() - begun
            self._rescoring_seconds += self._transcriber.rescoring_seconds - before
        return score(clip.transcript, written, own_words)


def _row(name: str, here: dict[tuple[str, str], list[OwnWordsScore]]) -> str:
    def of(what: str, halves: str = "AB") -> OwnWordsScore:
        return total(one for half in halves for one in here.get((what, half), []))

    own = of("own")
    rates = f"{own.errors_before / own.characters:10.3f} {own.errors_after / own.characters:5.3f} {_ratio(own):5.2f}"
    return (
        f"{name:18} | {own.spoken:14} {own.recognised_before:6} {own.recognised_after:5} | {rates} | "
        f"{_ratio(of('own', 'A')):4.2f} {_ratio(of('own', 'B')):4.2f} | {own.replaced:6} {own.right:5} | "
        f"{_ratio(of('decoys')):6.3f} {_ratio(of('pairs')):5.3f}"
    )


def _ratio(one: OwnWordsScore) -> float:
    return one.errors_after / one.errors_before if one.errors_before else 1.0


def _own(texts: Sequence[str]) -> list[OwnWord]:
    return [OwnWord(text) for text in texts]


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _long(clips: Sequence[Clip]) -> list[str]:
    said = {word for clip in clips for word in words(clip.transcript)}
    return sorted(word for word in said if len(word) >= (6 if word.isascii() or word[0] < "가" else 3))


def _pairs(clips: Sequence[Clip], language: str) -> list[str]:
    """For each long word that is said one that differs from it in a sound: letters are changed until it sounds so."""
    dice = random.Random(1)
    letters = sorted({letter for clip in clips for letter in "".join(words(clip.transcript))})
    pairs = []
    for word in _long(clips):
        sounds = sounds_of(word, language)
        for _ in range(200):
            place = dice.randrange(len(word))
            other = word[:place] + dice.choice(letters) + word[place + 1 :]
            other_sounds = sounds_of(other, language)
            if other_sounds != sounds and edit_distance(other_sounds, sounds) <= _PAIR_RATE * len(other_sounds):
                pairs.append(other)
                break
    return pairs


if __name__ == "__main__":
    typer.run(main)
