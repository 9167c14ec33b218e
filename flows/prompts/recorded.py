"""A recorded prompt: an audio file of the flow's folder as calls play it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LONGEST_RECORDING_SECONDS = 120


class AudioRefused(ValueError):
    """An audio file cannot be a prompt; the message says why. Another file is needed."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a flow knows of an audio file: the SHA-256 of what is played, and how long that takes."""

    content: str
    seconds: float


@dataclass(frozen=True, slots=True)
class AudioFile:
    """An audio file that was listened to: `wav` is mono, 8 kHz, 16 bits, and `recorded` describes it."""

    recorded: Recorded
    wav: bytes


# Decodes the content of an audio file. Raises AudioRefused.
Listen = Callable[[bytes], AudioFile]

_INSTEAD = {
    "en": "We are sorry, this announcement cannot be played. If you hear a tone, you can leave a message; it will be recorded.",
    "lv": "Atvainojiet, šo paziņojumu nevar atskaņot. Ja dzirdēsiet signālu, varat atstāt ziņu; tā tiks ierakstīta.",
    "ru": "Извините, это сообщение нельзя воспроизвести. Если услышите сигнал, вы можете оставить сообщение; оно будет записано.",
    "ko": "죄송합니다. 안내 음성을 재생할 수 없습니다. 삐 소리가 들리면 메시지를 남기실 수 있으며, 메시지는 녹음됩니다.",
}


def words_instead(language: str) -> str:
    """What is said when a recording cannot be played and has no words: a caller never hears nothing."""
    return _INSTEAD.get(language.split("-", 1)[0], _INSTEAD["en"])
