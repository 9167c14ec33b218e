"""A decode child that does what the first line of a recording tells it, as if a hostile file had got the better of it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

from voicemail.audio import decode_child, decoding

well_behaved = decoding.decode
served: list[str] = []


def decode(source: int, target: int) -> decoding.Decoded:
    order = os.pread(source, 40, 0).split(b"\n")[0].decode("ascii", "replace")
    is_fresh = not served
    served.append(order)
    match order:
        case "ALLOCATE":
            held = []
            while True:
                held.append(b"x" * 10_000_000)
        case "LOOP":
            while True:
                pass
        case "SLEEP":
            time.sleep(3_600)
        case "CRASH":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "CRASH IF USED" if not is_fresh:
            os.kill(os.getpid(), signal.SIGSEGV)
        case "LEAVE":
            os._exit(0)
        case "WRITE":
            while True:
                os.write(target, bytes(100_000))
        case "LIE":
            return decoding.Decoded(8_000, 1, 100, 1_000_000, (), (0.5,))
        case "BREAK OUT":
            if any(attempt() for attempt in (opened_a_file, opened_a_socket, started_a_program, found_a_secret)):
                os.kill(os.getpid(), signal.SIGSEGV)
            raise decoding.Undecodable("silent")
    if order.startswith("CRASH"):
        os.write(target, bytes(1_600))
        return decoding.Decoded(8_000, 1, 800, 800, (0,), (0.0,))
    return well_behaved(source, target)


def opened_a_file() -> bool:
    try:
        Path(__file__).open("rb")  # noqa: SIM115
    except OSError:
        return False
    return True


def opened_a_socket() -> bool:
    try:
        socket.socket()
    except OSError:
        return False
    return True


def started_a_program() -> bool:
    try:
        os.posix_spawn("/bin/true", ["true"], {})
    except OSError:
        return False
    return os.geteuid() != 0  # nothing limits root's processes; the product's worker is not root


def found_a_secret() -> bool:
    return any(name.startswith("RINGBACK_") for name in os.environ)


if __name__ == "__main__":
    decoding.decode = decode
    decode_child.main(sys.argv[1:])
