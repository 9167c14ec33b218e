"""Gives what the job library logs an event name and a remedy."""

from __future__ import annotations

import logging

import structlog

log = structlog.get_logger()

_AWAY = "Consumer encountered a connection error"
_REMEDY = "start Redis, or correct RINGBACK_REDIS_URL; messages wait meanwhile"


class LibraryLines(logging.Handler):
    """Writes the warnings of the library as lines of our own log."""

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if said.startswith(_AWAY):
            log.error("worker.queue_away", reason=said.partition(": ")[2][:200], remedy=_REMEDY)
        elif record.exc_info:
            log.warning("worker.library_fault", reason=said, exc_info=record.exc_info)
        else:
            log.warning("worker.library_fault", reason=said)


def name_library_lines() -> None:
    """Send what the library logs to our log alone."""
    library = logging.getLogger("dramatiq")
    library.handlers = [LibraryLines(level=logging.WARNING)]
    library.propagate = False
