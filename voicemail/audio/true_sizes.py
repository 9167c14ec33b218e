"""Headers whose sizes the file itself contradicts: never finished, or mended wrongly. What is there is read all the same.

A recorder that was killed leaves the length of its samples as 0 or as a placeholder, and the library for audio believes it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

# What lies behind the samples and is shorter than this is no sound that was lost: a quarter of a second of µ-law.
LEAST_BYTES = 2_000
_MOST_CHUNKS = 1_000
_LOOK_THERE = 0xFFFF_FFFF
Order = Literal["little", "big"]


class CorrectedFile:
    """A file as a library for audio wants it, with other bytes in a few places of its header. The descriptor stays open."""

    def __init__(self, descriptor: int, corrections: list[Correction]) -> None:
        self._descriptor = descriptor
        self._corrections = corrections
        self._size = os.fstat(descriptor).st_size
        self._place = 0

    def read(self, count: int = -1) -> bytes:
        content = bytearray(os.pread(self._descriptor, self._size if count < 0 else count, self._place))
        for correction in self._corrections:
            for offset, byte in enumerate(correction.content, correction.place - self._place):
                if 0 <= offset < len(content):
                    content[offset] = byte
        self._place += len(content)
        return bytes(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        return self._place


@dataclass(frozen=True, slots=True)
class Correction:
    """Bytes that should stand at a place of the file."""

    place: int
    content: bytes


def corrections(descriptor: int) -> list[Correction]:
    """What should stand in the header of the file open at `descriptor`; empty where its sizes can be believed."""
    head = os.pread(descriptor, 12, 0)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:] == b"WAVE":
        return _of_chunks(descriptor, b"data", "big" if head[:4] == b"RIFX" else "little")
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return _of_chunks(descriptor, b"SSND", "big")
    if head[:4] == b"fLaC":
        return _of_flac(descriptor)
    if head[:4] == b".snd":
        begin, claimed = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:12], "big")
        there = os.fstat(descriptor).st_size - begin
        return [Correction(8, there.to_bytes(4, "big"))] if there - claimed >= LEAST_BYTES else []
    return []


def _of_chunks(descriptor: int, samples: bytes, order: Order) -> list[Correction]:
    size = os.fstat(descriptor).st_size
    place = 12
    long_size = 0  # that of RF64, whose own field says "look there"
    for _ in range(_MOST_CHUNKS):
        chunk = os.pread(descriptor, 8, place)
        if len(chunk) < 8:
            return []
        claimed = int.from_bytes(chunk[4:], order)
        begin = place + 8
        if chunk[:4] == b"ds64":
            long_size = int.from_bytes(os.pread(descriptor, 8, begin + 8), order)
        if chunk[:4] == samples and claimed == _LOOK_THERE and long_size < size:
            claimed = long_size
        if chunk[:4] == samples:
            there = size - begin
            is_short = there - claimed >= LEAST_BYTES and not _are_chunks(descriptor, begin + claimed, size, order)
            if not is_short:
                return []
            outer = b"FORM" if samples == b"SSND" else b"RIFX" if order == "big" else b"RIFF"
            whole = Correction(0, outer + (size - 8).to_bytes(4, order))
            return [whole, Correction(place + 4, there.to_bytes(4, order))]
        place = begin + claimed + claimed % 2
    return []


def _are_chunks(descriptor: int, place: int, end: int, order: Order) -> bool:
    """Whether what stands from `place` on is a row of chunks with plausible names that goes to the end."""
    place += place % 2
    for _ in range(_MOST_CHUNKS):
        if place >= end - 1:
            return True
        chunk = os.pread(descriptor, 8, place)
        if len(chunk) < 8 or not all(32 <= byte < 127 for byte in chunk[:4]):
            return False
        size = int.from_bytes(chunk[4:], order)
        place += 8 + size + size % 2
        if place > end + 1:
            return False
    return False


def _of_flac(descriptor: int) -> list[Correction]:
    """A stream of unknown length says 0 samples, which the library cannot read; too many are harmless."""
    counts = os.pread(descriptor, 5, 21)
    if len(counts) < 5 or counts[0] & 0x0F or any(counts[1:]):
        return []
    return [Correction(21, bytes([counts[0] | 0x0F]) + b"\xff\xff\xff\xff")]
