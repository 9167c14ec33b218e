"""The decode child: a process that decodes one recording after another and can neither eat memory nor open anything.

Started by `decoders.py` as `python -m voicemail.decode_child SOCKET LIMITS`. Each request brings two open files, the recording
and the one for its samples, and no names; with them all file descriptors that it may have are taken.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from voicemail.audio import decoding
from voicemail.audio.decoding import Undecodable

try:
    import fcntl
    import resource
except ImportError:  # Windows, where nobody starts this process
    pass

READY = b"ready\n"
_SOCKET = 3  # after standard input, output and error; the two files of a request are 4 and 5
_DESCRIPTORS = 6


def main(arguments: list[str]) -> None:
    """Decode until the other side goes away. LIMITS is JSON: `memory_bytes`, `cpu_seconds`, `file_bytes`."""
    given, limits = int(arguments[0]), json.loads(arguments[1])
    if given != _SOCKET:
        os.dup2(given, _SOCKET)
        os.close(given)
    line = socket.socket(fileno=_SOCKET)
    _end_with_parent()
    _limit(limits["memory_bytes"], limits["file_bytes"])
    # Until here a fault of ours is told in the worker's log; from here on libraries would only tell it of damaged files.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())
    os.close(nowhere)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, _DESCRIPTORS))
    line.sendall(READY)
    while True:
        request, files, _, _ = socket.recv_fds(line, 1, 2)
        if not request or len(files) != 2:
            return
        _allow_cpu(limits["cpu_seconds"])
        answer = _answer(*files)
        for file in files:
            os.close(file)
        line.sendall(json.dumps(answer).encode() + b"\n")


def _answer(source: int, target: int) -> dict[str, Any]:
    try:
        return asdict(decoding.decode(source, target))
    except Undecodable as undecodable:
        return {"flaw": undecodable.flaw}
    except MemoryError:
        return {"flaw": "memory"}
    except OSError as error:
        return {"flaw": "size"} if error.errno == errno.EFBIG else {"errno": error.errno or errno.EIO}


def _end_with_parent() -> None:
    # Nobody writes to standard input: it only ends, when the worker does, however that ended. The kernel's SIGIO then ends
    # this process even in the midst of a loop in native code.
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _limit(memory_bytes: int, file_bytes: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, _address_space() + memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),  # a dump would hold a caller's voice
        (resource.RLIMIT_NPROC, 0),
    ):
        with suppress(ValueError, OSError):  # a limit that this system does not have, or a lower one that it has
            resource.setrlimit(what, (most, most))


def _address_space() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 1 << 30
    return pages * resource.getpagesize()


def _allow_cpu(seconds: int) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # The soft limit ends the process with SIGXCPU; the hard one stays, so that the next recording gets as much.
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + seconds
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft if most == resource.RLIM_INFINITY else min(soft, most), most))


if __name__ == "__main__":
    main(sys.argv[1:])
