"""How long a prompt takes: a recording exactly, words by estimate, good enough to warn of a long greeting."""

from __future__ import annotations

from flows.prompts.prompt import Line
from flows.verbs import Gather, Play, Say, Verb

# Characters a second of an unhurried announcement: about 150 English words a minute; Hangul writes a syllable in one.
_CHARS_A_SECOND = {"ko": 5.0, "ja": 7.0, "zh": 4.5}
_CHARS_A_SECOND_ELSEWHERE = 15.0


def speech_seconds(text: str, language: str) -> float:
    """Return about how many seconds a text takes to say."""
    return len(text) / _CHARS_A_SECOND.get(language.split("-", 1)[0], _CHARS_A_SECOND_ELSEWHERE)


def line_seconds(line: Line, language: str) -> float:
    """Return how long one language of a prompt takes: exactly when it is a recording, else by estimate."""
    return line.recorded.seconds if line.recorded is not None else speech_seconds(line.text, language)


def prompt_seconds(verbs: tuple[Verb, ...]) -> float:
    """Return about how many seconds the words of some verbs take, those inside a gather too."""
    seconds = 0.0
    for verb in verbs:
        match verb:
            case Say(text, language):
                seconds += speech_seconds(text, language)
            case Play():
                seconds += verb.seconds or speech_seconds(verb.text, verb.language)
            case Gather(prompts):
                seconds += prompt_seconds(prompts)
            case _:
                pass
    return seconds
