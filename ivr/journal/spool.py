"""Where turns wait while SQL is away: one file a process, on the disk before the caller is answered.

Each entry has its length and checksum. A torn tail (the machine died in the middle of a write) is cut off and kept aside; what
stands before it is whole. Files of processes that died are adopted by another, at its start or within seconds.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import threading
import uuid
import zlib
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()

_HEAD = struct.Struct(">II")  # length of the entry, CRC-32 of it
MAX_ENTRY_BYTES = 1 << 20
_SUFFIX = ".spool"


class Spool:
    """The spool file of this process in `folder`, with so many `entries`. Safe for several threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self.entries = 0
        self._path, self._file = _new_file(folder)
        _sync_folder(folder)

    def append(self, entries: Sequence[dict[str, Any]]) -> None:
        """Put entries on the disk, in order. Raises OSError when the disk does not take them; then none of them is there."""
        packed = b"".join(_pack(entry) for entry in entries)
        with self._lock:
            end = self._file.seek(0, os.SEEK_END)
            try:
                _write(self._file, packed)
                os.fsync(self._file.fileno())
            except OSError:
                os.ftruncate(self._file.fileno(), end)
                raise
            self.entries += len(entries)

    def read(self, start: int = 0, limit: int = 256) -> tuple[list[dict[str, Any]], int]:
        """Up to `limit` entries from a place in the file, and the place after them. Nothing more: an empty list."""
        with self._lock:
            return _read(self._file, start, limit)

    def forget(self, place: int) -> bool:
        """Empty the file if nothing was added behind `place`; tell whether it is empty now."""
        with self._lock:
            if self._file.seek(0, os.SEEK_END) > place:
                return False
            os.ftruncate(self._file.fileno(), 0)
            self.entries = 0
            os.fsync(self._file.fileno())
            return True

    def adopt(self) -> int:
        """Take over what dead processes left; return how many entries that were. Their files are gone afterwards."""
        taken = 0
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if path == self._path:
                continue
            try:
                orphan = path.open("r+b", buffering=0)
            except FileNotFoundError:
                continue  # somebody else was first
            with orphan:
                if not _take(path, orphan):
                    continue  # its process lives
                place = 0
                while True:
                    entries, place = _read(orphan, place, 256)
                    if not entries:
                        break
                    self.append(entries)
                    taken += len(entries)
                torn = orphan.seek(0, os.SEEK_END) - place
                if torn:
                    log.warning("spool.torn_tail_cut", file=path.name, bytes=torn)
                    path.rename(path.with_suffix(".torn"))
                else:
                    path.unlink()
        return taken

    def close(self) -> None:
        """Let go of the file; an empty one is removed."""
        with self._lock:
            is_empty = self._file.seek(0, os.SEEK_END) == 0
            if is_empty:
                self._path.unlink(missing_ok=True)
            self._file.close()


def _new_file(folder: Path) -> tuple[Path, FileIO]:
    """An empty file that is ours. Before it is locked a neighbour may take it for an orphan's; then another is made."""
    while True:
        path = folder / f"{uuid.uuid4().hex}{_SUFFIX}"
        # Without a buffer: bytes that a full disk refused would stay in it and come back with the next seek.
        file = path.open("a+b", buffering=0)
        if _take(path, file):
            return path, file
        file.close()


def _take(path: Path, file: FileIO) -> bool:
    """Lock a file; tell whether it is ours now and still stands at its path."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except OSError:  # locked by a living process, or gone
        return False


def _pack(entry: dict[str, Any]) -> bytes:
    body = json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def _write(file: FileIO, content: bytes) -> None:
    """Write all of it; an unbuffered file may take a part at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def _read(file: FileIO, start: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    file.seek(start)
    entries: list[dict[str, Any]] = []
    place = start
    while len(entries) < limit:
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            break
        length, checksum = _HEAD.unpack(head)
        body = file.read(length) if length <= MAX_ENTRY_BYTES else b""
        if len(body) < length or zlib.crc32(body) != checksum:
            break
        entries.append(json.loads(body))
        place += _HEAD.size + length
    return entries, place


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
