"""The forms of audio, told by the first bytes of a file: what a player calls them, and what people do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 512  # enough for the format of a WAV and the codec of an Ogg
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Form:
    """A form of audio. `ending` is that of a file's name; `is_readable` says whether it can be decoded here when it is whole."""

    name: str
    media_type: str
    ending: str
    is_readable: bool = True


_MP3 = Form("MP3", "audio/mpeg", "mp3")
_BY_MAGIC = (
    (b"ID3", _MP3),
    (b"fLaC", Form("FLAC", "audio/flac", "flac")),
    (b".snd", Form("AU", "audio/basic", "au")),
    (b"caff", Form("CAF", "audio/x-caf", "caf")),
    (b"#!AMR-WB", Form("AMR", "audio/amr-wb", "awb", is_readable=False)),
    (b"#!AMR", Form("AMR", "audio/amr", "amr", is_readable=False)),
    (b"#!SILK", Form("SILK", "audio/silk", "silk", is_readable=False)),
    (b"#!iLBC", Form("iLBC", "audio/ilbc", "lbc", is_readable=False)),
    (b"ADIF", Form("AAC", "audio/aac", "aac", is_readable=False)),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Form("WMA", "audio/x-ms-wma", "wma", is_readable=False)),
)
# Codings of WAV by their numbers in the format: RFC 2361, and those registered since.
_READABLE_CODINGS = frozenset({0x0001, 0x0002, 0x0003, 0x0006, 0x0007, 0x0011, 0x0031, 0x0055})
_OTHER_CODINGS = {
    0x0010: "OKI ADPCM",
    0x0014: "G.723",
    0x0022: "TrueSpeech",
    0x0038: "NMS ADPCM",
    0x0040: "G.721",
    0x0041: "G.728",
    0x0042: "G.723.1",
    0x0045: "G.726",
    0x0050: "MPEG",
    0x0057: "AMR",
    0x0058: "AMR",
    0x0059: "G.726",
    0x0064: "G.726",
    0x0065: "G.722",
    0x0083: "G.729",
    0x00FF: "AAC",
    0x0130: "ACELP",
    0x0133: "G.729",
    0x0134: "G.729",
    0x0160: "WMA",
    0x0161: "WMA",
    0x028F: "G.722",
    0x1600: "AAC",
    0x674F: "Vorbis",
    0x7361: "AMR",
    0x7A21: "AMR",
    0x7A22: "AMR",
    0xA109: "Speex",
    0xA10C: "G.726",
}
_EXTENSIBLE = 0xFFFE


def form_of(head: bytes) -> Form | None:
    """The form of a file that begins so (HEAD_BYTES of it); None if it is no audio that we know."""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
        return _wav(head)
    if head[:4] == b"OggS":
        is_readable = b"Speex   " not in head[:64]
        return Form("Ogg" if is_readable else "Speex", "audio/ogg", "ogg", is_readable)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Form("AIFF", "audio/aiff", "aiff")
    if head[4:8] == b"ftyp":
        is_3gp = head[8:10] == b"3g"
        name = "3GP" if is_3gp else "M4A" if head[8:11] == b"M4A" else "MP4"
        return Form(name, "audio/3gpp" if is_3gp else "audio/mp4", "3gp" if is_3gp else "m4a", is_readable=False)
    if head[:4] == b"\x1a\x45\xdf\xa3":
        is_webm = b"webm" in head[:64]
        kind = ("WebM", "audio/webm", "webm") if is_webm else ("Matroska", "audio/x-matroska", "mka")
        return Form(*kind, is_readable=False)
    for magic, form in _BY_MAGIC:
        if head.startswith(magic):
            return form
    return _mpeg(head)


def sniff(head: bytes) -> str:
    """The media type that the first bytes of a file show; application/octet-stream if it is no audio that we know."""
    form = form_of(head)
    return UNKNOWN_TYPE if form is None else form.media_type


def ending_of(media_type: str | None) -> str:
    """The ending of a file's name for a media type that `sniff` gave; `bin` for one that is not known."""
    return _ENDINGS.get(media_type or "", "bin")


_ENDINGS = {form.media_type: form.ending for _, form in _BY_MAGIC} | {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/ogg": "ogg",
    "audio/aiff": "aiff",
    "audio/3gpp": "3gp",
    "audio/mp4": "m4a",
    "audio/webm": "webm",
    "audio/x-matroska": "mka",
    "audio/aac": "aac",
}


def _wav(head: bytes) -> Form:
    coding = _wav_coding(head)
    if coding is None or coding in _READABLE_CODINGS:
        return Form("WAV", "audio/wav", "wav")
    name = _OTHER_CODINGS.get(coding, f"WAV of the coding {coding:#06x}")
    return Form(name, "audio/wav", "wav", is_readable=False)


def _wav_coding(head: bytes) -> int | None:
    order: Literal["big", "little"] = "big" if head[:4] == b"RIFX" else "little"
    place = 12
    while place + 10 <= len(head):
        kind, size = head[place : place + 4], int.from_bytes(head[place + 4 : place + 8], order)
        if kind == b"fmt ":
            coding = int.from_bytes(head[place + 8 : place + 10], order)
            if coding == _EXTENSIBLE and len(head) >= place + 34:
                coding = int.from_bytes(head[place + 32 : place + 34], order)
            return None if coding in (0, _EXTENSIBLE) else coding
        place += 8 + size + size % 2
    return None


def _mpeg(head: bytes) -> Form | None:
    if len(head) < 3 or head[0] != 0xFF:
        return None
    if head[1] & 0xE6 == 0xE2:
        return _MP3
    if head[1] & 0xE6 == 0xE4 and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3:
        return Form("MP2", "audio/mpeg", "mp3")
    if head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 15 < 13:
        return Form("AAC", "audio/aac", "aac", is_readable=False)
    return None
