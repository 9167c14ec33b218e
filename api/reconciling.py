"""Runs the reconciler in the clock process: at its start, then every five minutes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ivr.effects import apply_effects
from ivr.journal.journal import Journal
from ivr.journal.spool import Spool
from ivr.journal.turn_record import CallFacts, TurnRecord
from ivr.providers.listing import ProviderAway
from ivr.published_flows import NothingPublished, PublishedFlows
from ivr.reconciler import EVERY, Findings, reconcile
from ivr.state import StateSeal
from ivr.turns import Turns
from runtime.config import Settings
from runtime.secret import secret_key
from voicemail.recordings import ProviderAccount

log = structlog.get_logger()

# The first run waits for the line and the api to start.
FIRST_LOOK_SECONDS = 5.0


class Reconciling:
    """What the reconciler needs: the provider's account, and a journal for the ends of calls."""

    def __init__(self, engine: Engine, published_flows: PublishedFlows, settings: Settings) -> None:
        def apply(connection: Connection, records: Sequence[TurnRecord]) -> bool:
            return apply_effects(connection, records, published_flows.company)

        self._engine = engine
        self._published_flows = published_flows
        self._account = ProviderAccount.of(settings)
        self._journal = Journal(engine, apply, lambda: None, Spool(settings.data_dir / "spool"))
        seal = StateSeal(secret_key(settings.secret_key.get_secret_value(), settings.data_dir))
        self._turns = Turns(published_flows, seal, self._journal, engine)
        self._journal.start()

    def run(self) -> Findings:
        """Compare once. Raises ProviderAway, SQLAlchemyError, NothingPublished."""
        return reconcile(self._engine, self._published_flows.company, self._account, datetime.now(UTC), self._end)

    def close(self) -> None:
        self._journal.stop()

    def _end(self, call: CallFacts) -> None:
        asyncio.run(self._turns.end(call))


def reconcile_until(stop: threading.Event, engine: Engine, published_flows: PublishedFlows, settings: Settings) -> None:
    """Run until `stop` is set. After a failure the next run comes after 30 seconds."""
    reconciling = Reconciling(engine, published_flows, settings)
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
    reconciling.close()
