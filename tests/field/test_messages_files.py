"""V5, V8, V10, V12: storage that does not know what a WAV is, headers that were never finished, forms of other telephones."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.voicemail.conftest import RECORDING, Web, reply
from voicemail.audio.forms import sniff
from voicemail.audio.recording_audio import AudioUnreadable, examine
from voicemail.recordings import ProviderAccount, ProviderTrouble, fetch

RATE = 8_000
SECONDS = 4
TONE = 0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE * SECONDS) / RATE)


def written(form: str = "WAV", subtype: str | None = None, samples: Any = TONE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format=form, subtype=subtype)
    return file.getvalue()


def with_size(content: bytes, after: bytes, size: int, skip: int = 0, order: Any = "little") -> bytes:
    """The size that stands behind a chunk's name (or `skip` bytes later) is another one."""
    place = content.index(after) + len(after) + skip
    return content[:place] + size.to_bytes(4, order) + content[place + 4 :]


@pytest.mark.parametrize(
    "label", ["text/plain", "text/html; charset=utf-8", "application/json", "image/png", "", "TEXT/PLAIN"]
)
def test_the_storage_has_no_type_for_wav(
    web: Web, account: ProviderAccount, recording_path: str, tmp_path: Path, label: str
) -> None:
    for form, media_type in (("WAV", "audio/wav"), ("OGG", "audio/ogg"), ("MP3", "audio/mpeg")):
        content = written(form, None)
        web.on(recording_path, reply(body=content, content_type=label))
        stored = fetch(account, RECORDING, tmp_path)
        assert (stored.media_type, stored.bytes) == (media_type, len(content))


@pytest.mark.parametrize("label", ["text/html", "application/json", "application/xml"])
def test_a_page_about_an_error_is_no_recording(
    web: Web, account: ProviderAccount, recording_path: str, tmp_path: Path, label: str
) -> None:
    for page in (b"<html>404</html>", b'{"error": 20404}', b""):
        web.on(recording_path, reply(body=page, content_type=label))
        with pytest.raises(ProviderTrouble, match="a page instead of the recording"):
            fetch(account, RECORDING, tmp_path)


def test_a_recording_that_arrives_byte_by_byte_is_known_all_the_same(
    web: Web, account: ProviderAccount, recording_path: str, tmp_path: Path
) -> None:
    content = written()

    def dribble(request: Any) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/plain")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        for start in range(0, 40, 4):
            request.wfile.write(content[start : start + 4])
            request.wfile.flush()
        request.wfile.write(content[40:])

    web.on(recording_path, dribble)
    assert fetch(account, RECORDING, tmp_path).media_type == "audio/wav"


UNFINISHED: dict[str, Callable[[], bytes]] = {
    "data length 0": lambda: with_size(written(), b"data", 0),
    "data length 0, whole length 0": lambda: with_size(with_size(written(), b"RIFF", 0), b"data", 0),
    "data length 0, whole length 36": lambda: with_size(with_size(written(), b"RIFF", 36), b"data", 0),
    "placeholders of 4 GB": lambda: with_size(with_size(written(), b"RIFF", 0xFFFF_FFFF), b"data", 0xFFFF_FFFF),
    "placeholders of 2 GB": lambda: with_size(with_size(written(), b"RIFF", 0x7FFF_FFFF), b"data", 0x7FFF_FFFF),
    "placeholders of 2 GB less a page": lambda: with_size(
        with_size(written(), b"RIFF", 0x7FFF_F024), b"data", 0x7FFF_F000
    ),
    "six tenths": lambda: with_size(written(), b"data", 38_400),
    "one byte": lambda: with_size(written(), b"data", 1),
    "µ-law": lambda: with_size(with_size(written("WAV", "ULAW"), b"data", 0), b"fact", 0, skip=4),
    "A-law": lambda: with_size(written("WAV", "ALAW"), b"data", 0),
    "floats": lambda: with_size(written("WAV", "FLOAT"), b"data", 0),
    "GSM": lambda: with_size(with_size(written("WAV", "GSM610"), b"data", 0), b"fact", 0, skip=4),
    "stereo": lambda: with_size(written(samples=np.stack([TONE, TONE], axis=1)), b"data", 0),
    "big-endian": lambda: with_size(soundfile_rifx(), b"data", 0, order="big"),
    "RF64": lambda: with_size(with_size(written("RF64"), b"ds64", 0, skip=12), b"ds64", 0, skip=4),
    "AU": lambda: with_size(written("AU"), b".snd", 0, skip=4, order="big"),
    "AIFF": lambda: with_size(written("AIFF"), b"SSND", 8, order="big"),
}


def soundfile_rifx() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, TONE, RATE, format="WAV", subtype="PCM_16", endian="BIG")
    return file.getvalue()


@pytest.mark.parametrize("name", UNFINISHED)
def test_the_recorder_was_killed_before_it_finished_the_header(tmp_path: Path, name: str) -> None:
    path = tmp_path / "recording"
    path.write_bytes(UNFINISHED[name]())
    sound = examine(path)
    assert sound.seconds == pytest.approx(SECONDS, abs=0.3)
    assert sound.fault == ""
    assert min(sound.peaks[20:700]) > 20


def test_what_really_stands_behind_the_samples_is_not_heard(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    names = b"LIST" + (4_000).to_bytes(4, "little") + b"INFO" + bytes(3_996)
    plain = written()
    for content in (plain + names, with_size(plain + names, b"RIFF", 0)):
        path.write_bytes(content)
        assert examine(path).seconds == SECONDS
    path.write_bytes(with_size(plain[:44], b"data", 0) + names)
    with pytest.raises(AudioUnreadable, match="no sound in it"):
        examine(path)


def wav_of(coding: int) -> bytes:
    content = bytearray(written("WAV", "PCM_U8"))
    content[20:22] = coding.to_bytes(2, "little")
    return bytes(content)


OTHER_FORMS = {
    "G.722": (wav_of(0x28F), "audio/wav"),
    "G.726": (wav_of(0x45), "audio/wav"),
    "G.723.1": (wav_of(0x42), "audio/wav"),
    "G.729": (wav_of(0x83), "audio/wav"),
    "AMR": (b"#!AMR\n" + bytes(2_000), "audio/amr"),
    "M4A": (b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(2_000), "audio/mp4"),
    "MP4": (b"\0\0\0\x18ftypisom\0\0\0\0" + bytes(2_000), "audio/mp4"),
    "3GP": (b"\0\0\0\x18ftyp3gp4\0\0\0\0" + bytes(2_000), "audio/3gpp"),
    "AAC": (b"\xff\xf1\x6c\x40" + bytes(2_000), "audio/aac"),
    "WebM": (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + bytes(2_000), "audio/webm"),
    "SILK": (b"#!SILK_V3" + bytes(2_000), "audio/silk"),
    "WMA": (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c" + bytes(2_000), "audio/x-ms-wma"),
    "Speex": (b"OggS" + bytes(24) + b"Speex   1.2" + bytes(2_000), "audio/ogg"),
}


@pytest.mark.parametrize("name", OTHER_FORMS)
def test_a_mobile_sends_a_form_that_only_players_know(tmp_path: Path, name: str) -> None:
    content, media_type = OTHER_FORMS[name]
    path = tmp_path / "recording"
    path.write_bytes(content)
    with pytest.raises(AudioUnreadable) as unreadable:
        examine(path)
    assert str(unreadable.value) == (
        f"The recording is in a form ({name}) that cannot be written down here; listen to it."
    )
    assert sniff(content[:512]) == media_type
