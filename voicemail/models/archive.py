"""The zip of a speech model: downloads continue where they stopped, and nothing is unpacked outside the model's folder."""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import httpx2

# The largest official model is 4 GB unpacked.
MAX_UNPACKED_BYTES = 6_000_000_000
MAX_MEMBERS = 5_000
MIN_FREE_BYTES = 200_000_000
_BLOCK = 1 << 20


class ArchiveRefused(Exception):
    """The archive is not what it should be; the message says how. A retry downloads it anew."""


class ArchiveDamaged(ArchiveRefused):
    """The archive cannot be read to its end."""


def download(
    url: str, part: Path, size: int | None, md5: str | None, progress: Callable[[int, int | None], None]
) -> None:
    """Download what `part` lacks of an archive, and check it. Raises ArchiveRefused or httpx2.HTTPError.

    A part that fails the check is deleted, so that the next try starts from the beginning.
    """
    have = part.stat().st_size if part.exists() else 0
    if size is None or have != size:
        _download_rest(url, part, have, progress)
    have = part.stat().st_size
    if size is not None and have != size:
        part.unlink()
        raise ArchiveRefused(f"it has {have} bytes instead of {size}; it was deleted, try again")
    if md5 is not None and _md5(part) != md5:
        part.unlink()
        raise ArchiveRefused("its checksum is wrong; it was deleted, try again")
    if not zipfile.is_zipfile(part):
        part.unlink()
        raise ArchiveRefused("it is not a zip; it was deleted, try again")


def unpack(archive: Path, into: Path, name: str) -> None:
    """Unpack the folder `name` of an archive into `into`, all of it or nothing. Raises ArchiveRefused, OSError."""
    target = into / name
    unpacking = into / f".{name}.unpacking"
    shutil.rmtree(unpacking, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as file:
            members = file.infolist()
            _check(members, name)
            if shutil.disk_usage(into).free < sum(member.file_size for member in members) + MIN_FREE_BYTES:
                raise ArchiveRefused("the disk has no room for it unpacked; make some and try again")
            for member in members:
                place = unpacking.joinpath(*PurePosixPath(member.filename).parts)
                if member.is_dir():
                    place.mkdir(parents=True, exist_ok=True)
                else:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    _write(file, member, place)
        (unpacking / name).rename(target)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ArchiveDamaged(f"the zip is damaged ({error})") from error
    finally:
        shutil.rmtree(unpacking, ignore_errors=True)


def top_folder(archive: Path) -> str:
    """The folder that the files of an archive are in. Raises ArchiveRefused."""
    try:
        with zipfile.ZipFile(archive) as file:
            parts = [PurePosixPath(member.filename).parts for member in file.infolist()]
    except zipfile.BadZipFile as error:
        raise ArchiveDamaged(f"the zip is damaged ({error})") from error
    return parts[0][0] if parts and parts[0] else ""


def _download_rest(url: str, part: Path, have: int, progress: Callable[[int, int | None], None]) -> None:
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    timeout = httpx2.Timeout(30.0, connect=10.0)
    with httpx2.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as response:
        if response.status_code == 416:  # the part is at least as long as the file: the check decides
            return
        response.raise_for_status()
        continues = response.status_code == 206 and _begins_at(response, have)
        have = have if continues else 0
        length = response.headers.get("content-length", "")
        total = have + int(length) if length.isdecimal() else None
        with part.open("ab" if continues else "wb") as file:
            for block in response.iter_bytes():
                file.write(block)
                have += len(block)
                progress(have, total)


def _begins_at(response: httpx2.Response, place: int) -> bool:
    match = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    return match is not None and int(match[1]) == place


def _md5(path: Path) -> str:
    # MD5 because the site publishes nothing better: against damage, not against an attacker; the way there is TLS.
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _check(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MAX_MEMBERS:
        raise ArchiveRefused(f"it holds {len(members)} files; no model has so many")
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise ArchiveRefused("it would grow beyond 6 GB; no model does")
    for member in members:
        parts = PurePosixPath(member.filename).parts
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ArchiveRefused(f"{member.filename!r} in it is a link or device")
        if not parts or parts[0] != name or ".." in parts or "\\" in member.filename or ":" in member.filename:
            raise ArchiveRefused(f"{member.filename!r} in it lies outside the folder {name}")


def _write(file: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
    left = member.file_size  # as the header says; a member that holds more is refused
    with file.open(member) as source, place.open("wb") as sink:
        while block := source.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise ArchiveRefused(f"{member.filename!r} in it is longer than it says")
            sink.write(block)
