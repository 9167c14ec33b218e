"""The data folder is for its owner alone: it holds numbers, words, voices and keys."""

from __future__ import annotations

import os
from pathlib import Path

import structlog

log = structlog.get_logger()

UMASK = 0o077
_OTHERS = 0o077


def keep_private(folder: Path) -> int:
    """Take the rights of group and others from a folder and all in it; return how many entries had some.

    A folder that is private already is not walked: nobody else reaches what lies in it. Links are not followed, and what
    belongs to another user stays as it is.
    """
    if not folder.is_dir() or not others_may_read(folder):
        return 0
    mended = 0
    for path in (folder, *folder.rglob("*")):
        try:
            mode = path.lstat().st_mode
            if path.is_symlink() or not mode & _OTHERS:
                continue
            path.chmod(mode & ~_OTHERS & 0o7777)
            mended += 1
        except (FileNotFoundError, PermissionError):
            continue
    if mended:
        log.warning("data_folder.made_private", folder=str(folder), entries=mended)
    return mended


def others_may_read(folder: Path) -> bool:
    """Whether group or others have rights in the folder itself; those of what lies in it do not matter then."""
    return bool(folder.stat().st_mode & _OTHERS)


def create_for_owner_only() -> None:
    """Let this process and its children create files for their owner alone."""
    os.umask(UMASK)
