"""The clock process removes what is older than the settings want to keep: soon after its start, then every hour."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.wiring import Wiring
from ivr.retention import KeepDays, remove_old

log = structlog.get_logger()

FIRST_SECONDS = 60.0
EVERY_SECONDS = 3600.0


def remove_old_until(stop: threading.Event, wiring: Wiring) -> None:
    """Remove what is old until `stop` is set; while SQL is away, again an hour later."""
    keep = KeepDays.of(wiring.settings)
    pause = FIRST_SECONDS
    while keep != KeepDays() and not stop.wait(pause):
        pause = EVERY_SECONDS
        try:
            remove_old(wiring.database, keep, datetime.now(UTC))
        except SQLAlchemyError as error:
            log.warning("retention.failed", reason=str(error)[:200])
