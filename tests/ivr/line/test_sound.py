"""What is spoken becomes what a telephone carries, whatever the file was."""

from __future__ import annotations

import io

import numpy
import pytest
import soundfile

from ivr.line.sound import Sound, UnreadableSound, first_gap_end, read_sound, silence, speech_end
from tests.ivr.line.conftest import tone


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (16000, 1), (44100, 2)])
def test_any_rate_and_channels_become_8_khz_mono(rate_hz: int, channels: int) -> None:
    sound = read_sound(tone(1.5, rate_hz, channels))
    assert sound.seconds == pytest.approx(1.5, abs=0.01)
    samples = numpy.frombuffer(sound.pcm, "<i2")
    crossings = int(numpy.count_nonzero(numpy.diff(numpy.signbit(samples))))
    assert crossings / sound.seconds / 2 == pytest.approx(440, rel=0.02)


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "PCM_U8", "FLOAT"])
def test_telephone_codecs_and_other_widths_are_understood(subtype: str) -> None:
    file = io.BytesIO()
    soundfile.write(file, 0.3 * numpy.sin(numpy.arange(8000)), 8000, subtype=subtype, format="WAV")
    assert read_sound(file.getvalue()).seconds == 1.0


@pytest.mark.parametrize("file", [b"", b"RIFF", b"<html/>" * 100])
def test_what_is_no_sound_is_refused(file: bytes) -> None:
    with pytest.raises(UnreadableSound, match="not readable audio"):
        read_sound(file)


def test_speech_and_the_silences_in_it_are_found() -> None:
    word = read_sound(tone(1.0))
    assert speech_end(silence(2) + word + silence(3)) == pytest.approx(3.0, abs=0.03)
    assert speech_end(silence(2)) == 0
    assert speech_end(Sound()) == 0
    assert first_gap_end(word + silence(3) + word, 2) == pytest.approx(3.0, abs=0.03)
    assert first_gap_end(word + silence(1) + word, 2) is None
    assert first_gap_end(silence(10), 4) == 4
    assert first_gap_end(word + silence(5), 4) == pytest.approx(5.0, abs=0.03)
