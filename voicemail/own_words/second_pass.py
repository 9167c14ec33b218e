"""The second pass: the recogniser hears a place again, with a grammar of what it recognised and the own words in question.

It needs a model that accepts grammars (with HCLr.fst and Gr.fst), and costs a tenth of the first pass over that place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import vosk

from voicemail.mailbox import Word
from voicemail.models.catalogue import spellings
from voicemail.own_words.candidates import Candidate
from voicemail.own_words.vocabulary import letters

_EDGE_SECONDS = 0.25
_SURE = 0.5


def supports_grammars(model_dir: Path) -> bool:
    """Whether a model accepts grammars."""
    return any((folder / "HCLr.fst").is_file() for folder in (model_dir / "graph", model_dir))


class SecondPass:
    """A second pass over places of one stretch of speech: `pcm` at `rate_hz`, whose first sample is at `start_seconds`.

    `model` knows the words; `for_grammars` gives the model that accepts grammars, when one is first needed.
    """

    def __init__(
        self,
        model: Any,
        for_grammars: Callable[[], Any],
        language: str,
        pcm: bytes,
        rate_hz: int,
        start_seconds: float,
    ) -> None:
        self._model = model
        self._for_grammars = for_grammars
        self._language = language
        self._pcm = pcm
        self._rate_hz = rate_hz
        self._start_seconds = start_seconds

    def __call__(self, words: Sequence[Word], choices: Sequence[Candidate]) -> Candidate | None:
        """Which of the choices was said; None if none of them, or if the model lacks their words."""
        first = max(0, min(one.first for one in choices) - 1)  # one more word on either side for context
        last = min(len(words) - 1, max(one.last for one in choices) + 1)
        spelt = {
            one: pieces
            for one in choices
            if (pieces := spelt_with(self._model, one.word.text + one.ending, self._language))
        }
        if not spelt:
            return None
        phrases = [" ".join(word.word for word in words[first : last + 1])]
        for one, pieces in spelt.items():
            phrases.append(" ".join(_in_place(words[first : last + 1], one.first - first, one.last - first, pieces)))
        said = self._hear(phrases, words[first].start, words[last].end)
        for one, pieces in spelt.items():
            before = [word.word for word in words[first : one.first]]
            after = [word.word for word in words[one.last + 1 : last + 1]]
            if _is(said, before, pieces, after):
                return one
        return None

    def _hear(self, phrases: Sequence[str], start_seconds: float, end_seconds: float) -> list[dict[str, Any]]:
        grammar = json.dumps(list(dict.fromkeys(phrases)), ensure_ascii=False)
        recogniser = vosk.KaldiRecognizer(self._for_grammars(), float(self._rate_hz), grammar)
        recogniser.SetWords(True)
        recogniser.AcceptWaveform(self._pcm[self._byte(start_seconds) : self._byte(end_seconds + _EDGE_SECONDS)])
        return list(json.loads(recogniser.FinalResult()).get("result", []))

    def _byte(self, seconds: float) -> int:
        return 2 * max(0, int((seconds - self._start_seconds) * self._rate_hz))


def _in_place(words: Sequence[Word], first: int, last: int, pieces: Sequence[str]) -> list[str]:
    texts = [word.word for word in words]
    return [*texts[:first], *pieces, *texts[last + 1 :]]


def _is(said: Sequence[dict[str, Any]], before: Sequence[str], pieces: Sequence[str], after: Sequence[str]) -> bool:
    """Whether it was said with enough confidence; the words before and after may be cut off."""
    texts = [word["word"] for word in said]
    start = len(before) if texts[: len(before)] == list(before) else 0
    end = len(texts) - len(after) if texts[len(texts) - len(after) :] == list(after) else len(texts)
    return texts[start:end] == list(pieces) and all(float(word["conf"]) >= _SURE for word in said[start:end])


@lru_cache(maxsize=4_096)
def spelt_with(model: Any, text: str, language: str) -> tuple[str, ...]:
    """A phrase as the fewest words that the model knows; empty if that is not possible.

    Only Korean words are split, because Korean syllables are said as they are written.
    """
    pieces: list[str] = []
    for word in text.casefold().split():
        if _knows(model, word):
            pieces.append(word)
        elif spellings(language)[-1] == "ko" and (parts := _parts(model, letters(word))):
            pieces += parts
        else:
            return ()
    return tuple(pieces)


def _parts(model: Any, word: str) -> list[str]:
    best: list[list[str] | None] = [[]]
    for end in range(1, len(word) + 1):
        ways = [
            [*way, word[start:end]]
            for start in range(end)
            if (way := best[start]) is not None and _knows(model, word[start:end])
        ]
        best.append(min(ways, key=len, default=None))
    return best[-1] or []


def _knows(model: Any, word: str) -> bool:
    return bool(model.vosk_model_find_word(word) >= 0)
