"""Two hundred files that pose as recordings, the same ones for the same seed."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np
import soundfile

RATE = 8_000
_SUBTYPES = (
    *("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"),
    *("IMA_ADPCM", "MS_ADPCM", "GSM610", "G721_32", "VORBIS", "OPUS", "MPEG_LAYER_III", "ALAC_16"),
)
COUNT = 200


def hostile_files(seed: int) -> dict[str, bytes]:
    """COUNT files by what is wrong with them."""
    chance = random.Random(seed)
    files = dict(_strangers(chance)) | dict(_odd_sounds()) | dict(_wrong_headers()) | dict(_tags())
    forms = _forms()
    number = 0
    while len(files) < COUNT:
        form = chance.choice(sorted(forms))
        name, damage = chance.choice(DAMAGES)
        number += 1
        files[f"{number} {form} {name}"] = damage(forms[form], chance)
    return dict(list(files.items())[:COUNT])


def _forms() -> dict[str, bytes]:
    """A second and a half of a tone in every form that the library writes."""
    tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(RATE * 3 // 2) / RATE)
    forms = {}
    for form in (
        "WAV",
        "WAVEX",
        "RF64",
        "W64",
        "AIFF",
        "AU",
        "CAF",
        "FLAC",
        "OGG",
        "MP3",
        "VOC",
        "NIST",
        "IRCAM",
        "SVX",
    ):
        for subtype in _SUBTYPES:
            with suppress(soundfile.LibsndfileError, ValueError):  # not every coding goes with every form
                forms[f"{form} {subtype}"] = _written(tone, form, subtype)
    return forms


def _written(samples: np.ndarray, form: str, subtype: str, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content))]


def _cut_in_the_header(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, min(90, len(content)))]


def _bits_flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice([1, 10, 500])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _header_flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        changed[chance.randrange(4, min(80, len(changed)))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF])
    return bytes(changed)


def _hole(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    length = chance.randrange(1, 4_000)
    return content[:start] + bytes(min(length, len(content) - start)) + content[start + length :]


def _shuffled(content: bytes, chance: random.Random) -> bytes:
    pieces = [content[start : start + 500] for start in range(0, len(content), 500)]
    chance.shuffle(pieces)
    return b"".join(pieces)


def _buried(content: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(1, 2_000)) + content


def _followed_by_noise(content: bytes, chance: random.Random) -> bytes:
    return content + chance.randbytes(chance.randrange(1, 20_000))


DAMAGES: list[tuple[str, Callable[[bytes, random.Random], bytes]]] = [
    ("whole", lambda content, _: content),
    ("cut", _cut),
    ("cut in the header", _cut_in_the_header),
    ("bits flipped", _bits_flipped),
    ("header flipped", _header_flipped),
    ("a hole", _hole),
    ("shuffled", _shuffled),
    ("buried", _buried),
    ("followed by noise", _followed_by_noise),
    ("twice", lambda content, _: content * 2),
]


def _strangers(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "one byte", b"R"
    yield "RIFF alone", b"RIFF"
    yield "RIFF WAVE alone", b"RIFF\xff\xff\xff\xffWAVE"
    yield "page", b"<!DOCTYPE html><html><body>404</body></html>" * 50
    yield "page called WAVE", b"RIFF<htmWAVE<!DOCTYPE html>" * 40
    yield "program", b"\x7fELF\x02\x01\x01" + chance.randbytes(3_000)
    yield "picture", b"\x89PNG\r\n\x1a\n" + chance.randbytes(3_000)
    yield "archive", b"PK\x03\x04" + chance.randbytes(3_000)
    yield "JSON", b'{"error": "not found"}'
    yield "wide text", "запись".encode("utf-16") * 100
    yield "playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\nhttp://169.254.169.254/\n"
    yield "concatenation", b"ffconcat version 1.0\nfile /etc/passwd\n"
    yield "zeros", bytes(10_000)
    yield "ones", b"\xff" * 10_000
    for size in (2, 100, 5_000, 200_000):
        yield f"{size} random bytes", chance.randbytes(size)
    for magic in (
        b"fLaC",
        b"OggS",
        b"ID3",
        b"\xff\xfb",
        b"FORM",
        b".snd",
        b"caff",
        b"riff",
        b"RF64",
        b"RIFX",
        b"Creative Voice File",
    ):
        yield f"{magic!r} and random bytes", magic + chance.randbytes(4_000)


def _odd_sounds() -> Iterator[tuple[str, bytes]]:
    second = np.ones(RATE)
    noise = np.random.default_rng(1).normal(0, 0.1, RATE)
    for name, samples in {
        "one sample": np.array([0.5]),
        "silence": 0 * second,
        "direct current": 0.9 * second,
        "clipped": np.sign(noise),
        "no numbers": np.nan * second,
        "infinities": np.inf * second,
        "beyond measure": 1e30 * noise,
        "next to nothing": 1e-40 * noise,
    }.items():
        yield name, _written(samples, "WAV", "FLOAT")
    yield "beyond measure twice as wide", _written(1e300 * noise, "WAV", "DOUBLE")
    for channels in (2, 3, 16, 17, 255):
        yield f"{channels} channels", _written(np.repeat(noise[:, None], channels, axis=1), "WAV", "PCM_16")
    for rate in (1, 1_999, 2_000, 11_025, 48_000, 384_000, 384_001, 2_000_000_000):
        yield f"rate of {rate} Hz", _written(noise, "WAV", "PCM_16", rate)


def _wrong_headers() -> Iterator[tuple[str, bytes]]:
    sound = struct.pack("<8000h", *[0, 9_000, 0, -9_000] * 2_000)
    for name, fields in {
        "0 channels": {"channels": 0},
        "65535 channels": {"channels": 65_535},
        "rate of 0": {"rate": 0},
        "rate of 2^32": {"rate": 0xFFFF_FFFF},
        "0 bits": {"bits": 0},
        "7 bits": {"bits": 7},
        "64 bits": {"bits": 64},
        "65535 bits": {"bits": 65_535},
        "frames of 0 bytes": {"align": 0},
        "frames of 65535 bytes": {"align": 65_535},
        "unknown coding": {"coding": 0x1234},
        "MP3 in WAV": {"coding": 0x55},
        "GSM without its facts": {"coding": 0x31},
        "ADPCM without its facts": {"coding": 0x11},
        "empty data": {"data": 0},
        "4 GB of data": {"data": 0xFFFF_FFFF},
        "2 GB of data": {"data": 0x7FFF_FFFF},
        "whole of 0 bytes": {"whole": 0},
        "whole of 4 GB": {"whole": 0xFFFF_FFFF},
        "format of 0 bytes": {"format_size": 0},
        "format of 4 GB": {"format_size": 0xFFFF_FFFF},
    }.items():
        yield name, _wav(sound, **fields)
    plain = _wav(sound)
    yield "data before its format", plain[:12] + plain[36:] + plain[12:36]
    yield "no format", plain[:12] + plain[36:]
    yield "two formats", plain[:36] + plain[12:36] + plain[36:]
    yield "list of 4 GB", plain[:12] + b"LIST\xff\xff\xff\xff" + plain[12:]
    yield "ten thousand lists", plain[:36] + b"LIST\0\0\0\0" * 10_000 + plain[36:]


def _wav(
    sound: bytes,
    coding: int = 1,
    channels: int = 1,
    rate: int = RATE,
    bits: int = 16,
    align: int = 2,
    data: int | None = None,
    whole: int | None = None,
    format_size: int = 16,
) -> bytes:
    header = struct.pack("<HHIIHH", coding, channels, rate, rate * 2 & 0xFFFF_FFFF, align, bits)
    size = len(sound) if data is None else data
    body = b"WAVEfmt " + struct.pack("<I", format_size) + header + b"data" + struct.pack("<I", size) + sound
    return b"RIFF" + struct.pack("<I", len(body) if whole is None else whole) + body


def _tags() -> Iterator[tuple[str, bytes]]:
    tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    mp3 = _written(tone, "MP3", "MPEG_LAYER_III", 16_000)
    yield "tag of 256 MB", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + mp3
    yield "tag of no bytes", b"ID3\x04\0\0\0\0\0\0" + mp3
    yield "thousand tags", b"ID3\x04\0\0\0\0\0\0" * 1_000 + mp3
    yield "tag in WAV", b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + _wav(bytes(8_000))
    yield "tag of pictures", b"ID3\x03\0\0\0\x01\0\0APIC\x7f\xff\xff\xff\0\0" + bytes(20_000) + mp3
