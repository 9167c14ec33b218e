"""Delivers the outbox after commits: jobs, updates of the index, and the bell. Also for processes that died."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.wiring import Wiring
from runtime.sql.outbox import deliver

log = structlog.get_logger()

# How often the outbox is read without a bell, because another process may have died before delivering.
LOOK_SECONDS = 2.0


def deliver_until(stop: threading.Event, wiring: Wiring) -> None:
    """Deliver whenever the bell rings, until `stop` is set. While SQL is away, try again every second."""
    while not stop.is_set():
        wiring.bell.wait(LOOK_SECONDS)
        wiring.bell.clear()
        try:
            while deliver(wiring.database, wiring.outbox_handlers) > 0 and not stop.is_set():
                pass
        except SQLAlchemyError as error:
            log.warning("outbox.sql_away", reason=str(error)[:200])
            stop.wait(1.0)
