"""The process beside (sqlite_process.py): does one statement of SQLite after the other, as it is asked, until nobody is there.

Started by its path and without the site's packages, so it imports the standard library only: it is ready after 20 ms and takes
10 MB. A request is (statement, values), its answer (value, "", "") or (None, kind of error, its text), each marshalled and
behind its length in four bytes.
"""

from __future__ import annotations

import marshal
import signal
import socket
import sqlite3
import sys
from typing import Any


def main(descriptor: int, path: str) -> None:
    """Answer on a socket that stands open. A statement without BEGIN commits by itself."""
    # Who asks is asked to end with us, may have something left to write, and lets go of the socket when it has not.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as line, line.makefile("rb") as requests:
        connection: sqlite3.Connection | None = None
        while len(length := requests.read(4)) == 4:
            request = requests.read(int.from_bytes(length, "little"))
            try:
                statement, values = marshal.loads(request)  # noqa: S302 - from the process that started this one
                connection = connection or sqlite3.connect(path, isolation_level=None)
                row = connection.execute(statement, values).fetchone()
                answer: tuple[Any, str, str] = (None if row is None else row[0], "", "")
            except (sqlite3.Error, OverflowError, ValueError) as error:  # the others: values that SQLite cannot hold
                answer = (None, type(error).__name__, str(error))
            packed = marshal.dumps(answer)
            line.sendall(len(packed).to_bytes(4, "little") + packed)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), sys.argv[2])
    except (OSError, EOFError):
        sys.exit(0)  # who asked is gone
