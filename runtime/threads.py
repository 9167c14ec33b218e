"""No thread of a process dies unseen: the log and `/readyz` name it, and the process ends so that it is started anew."""

from __future__ import annotations

import os
import signal
import threading

import structlog

log = structlog.get_logger()

_died: list[str] = []


def died() -> list[str]:
    """The names of the threads that died in this process."""
    return list(_died)


def end_when_a_thread_dies() -> None:
    """From now on an exception that ends a thread ends this process in order, as SIGTERM does. For long-running processes."""

    def note(failure: threading.ExceptHookArgs) -> None:
        if failure.exc_type is SystemExit:
            return
        name = failure.thread.name if failure.thread is not None else "unknown"
        _died.append(name)
        log.critical("thread.died", thread=name, reason=repr(failure.exc_value)[:300], exc_info=failure.exc_value)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.excepthook = note
