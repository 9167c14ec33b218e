"""Faults of the installation: what is wrong with the server is never charged to a message, which waits until it is mended."""

from __future__ import annotations

import errno

DISK_FULL = "Waiting for room on the server's disk; the recording can be played."
NO_DECODER = "Waiting for the decoder, which does not start on the server: the worker's log says why."
NO_MEMORY = "Waiting for memory on the server; the recording can be played."
NO_ROOM_FOR_PROCESSES = (
    "Waiting for the server, which allows no more processes or open files; the recording can be played."
)
NO_LIBRARY = "Waiting for a part of the installation that is missing on the server: the worker's log says which."
NO_RECORDINGS = "Waiting for the folder of recordings, which is not there on the server: mount it, or restore a backup."
_DISK = "Waiting for the server's disk, which does not let the recording be read ({}): the worker's log says more."

_OF_DISK = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ENODEV})


def hindrance_of(error: BaseException) -> str | None:
    """The sentence for an agent about a fault of the server; None for a fault of the recording."""
    match error:
        case MemoryError():
            return NO_MEMORY
        case ImportError():
            return NO_LIBRARY
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return DISK_FULL
        case OSError(errno=errno.ENOMEM):
            return NO_MEMORY
        case OSError(errno=errno.EAGAIN | errno.EMFILE | errno.ENFILE):
            return NO_ROOM_FOR_PROCESSES
        case OSError(errno=None):  # a library that cannot be loaded
            return NO_LIBRARY
        case OSError() if error.errno in _OF_DISK:
            return _DISK.format(error.strerror)
        case _:
            return None
