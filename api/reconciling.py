"""Runs the reconciler in the clock process: at its start, then every five minutes."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.wiring import Wiring
from ivr.journal.turn_record import CallFacts
from ivr.providers.listing import ProviderAway
from ivr.published_flows import NothingPublished
from ivr.reconciler import EVERY, Findings, reconcile
from voicemail.recordings import ProviderAccount

log = structlog.get_logger()

# The first run waits for the line and the api to start.
FIRST_LOOK_SECONDS = 5.0


class Reconciling:
    """The reconciler on the parts of this process: the provider's account, and the journal for the ends of calls."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._account = ProviderAccount.of(wiring.settings)

    def run(self) -> Findings:
        """Compare once. Raises ProviderAway, SQLAlchemyError, NothingPublished."""
        wiring = self._wiring
        return reconcile(wiring.database, wiring.company(), self._account, datetime.now(UTC), self._end)

    def _end(self, call: CallFacts) -> None:
        asyncio.run(self._wiring.turns.end(call))


def reconcile_until(stop: threading.Event, wiring: Wiring) -> None:
    """Run until `stop` is set. After a failure the next run comes after 30 seconds."""
    reconciling = Reconciling(wiring)
    wiring.journal.start()
    pause = FIRST_LOOK_SECONDS
    while not stop.wait(pause):
        pause = EVERY.total_seconds()
        try:
            reconciling.run()
            log.info("reconciler.compared")
        except ProviderAway as error:
            log.warning("reconciler.provider_away", reason=str(error))
            pause = 30.0
        except (SQLAlchemyError, NothingPublished) as error:
            log.warning("reconciler.failed", reason=str(error)[:200])
            pause = 30.0
    wiring.journal.stop()
