"""How much memory and disk are free, so that composing takes nothing from others."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

_MACHINE: Final = Path("/proc/meminfo")
_CONTAINER: Final = Path("/sys/fs/cgroup")  # version 2, as a container sees its own


def free_memory() -> int | None:
    """Bytes free on the machine, or under the container's limit if that is less; None if neither is known."""
    known = [free for free in (_of_machine(), _of_container()) if free is not None]
    return min(known, default=None)


def free_disk(folder: Path) -> int:
    """Bytes free where a folder is, or will be."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.is_dir())
    return shutil.disk_usage(existing).free


def _of_machine() -> int | None:
    try:
        lines = _MACHINE.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), None)


def _of_container() -> int | None:
    try:
        limit = (_CONTAINER / "memory.max").read_text().strip()
        used = int((_CONTAINER / "memory.current").read_text())
        counts = dict(line.split() for line in (_CONTAINER / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    # The cache of files is given up when memory is needed.
    return max(0, int(limit) - used + int(counts.get("inactive_file", 0))) if limit.isdecimal() else None
