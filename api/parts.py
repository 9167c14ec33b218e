"""What an api process opens and hands to its routes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from callbacks.desk import Desk
from callbacks.queue.callback_queue import CallbackQueue
from customers.phone import spoken_form
from flows.prompts import spoken
from ivr.effects import apply_effects
from ivr.emergency import EmergencyDocuments
from ivr.journal.journal import Journal
from ivr.journal.spool import Spool
from ivr.journal.turn_record import TurnRecord
from ivr.providers.twilio import SignatureCheck
from ivr.published_flows import NothingPublished, PublishedFlows, watch
from ivr.recorded_prompts import RecordedPrompts
from ivr.state import StateSeal
from ivr.turns import Turns
from runtime.config import Settings
from runtime.redis import open_redis
from runtime.secret import secret_key
from runtime.sql.database import open_database

log = structlog.get_logger()


class Parts:
    """The open parts of one api process. Calls have a database pool of their own, so that no console can starve them."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.settings = settings
        self.clock = clock
        self.call_database: Engine = open_database(settings.sql_url, pool_size=4)
        self.console_database: Engine = open_database(settings.sql_url, pool_size=5)
        self.redis = open_redis(settings.queue_url)
        self.queue = CallbackQueue(self.redis)
        secret = secret_key(settings.secret_key.get_secret_value(), settings.data_dir)
        self.recorded = RecordedPrompts(self.call_database, settings.data_dir / "prompts")
        self.published_flows = PublishedFlows(
            self.call_database, settings.data_dir / "flows.live", secret, self.recorded
        )
        self.bell = threading.Event()
        self.desk = Desk(self.console_database, lambda: self.published_flows.company, self.queue)
        spool = Spool(settings.data_dir / "spool")
        self.journal = Journal(self.call_database, self._follow, self.bell.set, spool)
        self.signature = SignatureCheck(settings.twilio_auth_token.get_secret_value(), settings.base_url)
        seal = StateSeal(secret)
        self.turns = Turns(self.published_flows, seal, self.journal, self.call_database, clock)
        self.emergency: EmergencyDocuments | None = EmergencyDocuments.kept(self._emergency_folder)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        """Load the flows and start the threads of this process."""
        from api.deliveries import deliver_until

        try:
            self.published_flows.refresh()
            self.prepare_emergency()
        except NothingPublished as error:
            log.error("flows.none", reason=str(error))
        except SQLAlchemyError as error:
            recalled = self.published_flows.recall()
            log.error("flows.sql_away", recalled=recalled, reason=str(error.__cause__ or error)[:200])
            if recalled:
                self.prepare_emergency()
        self.journal.start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()
        for name, target in (
            ("flows", lambda: watch(self.published_flows, self._stop, self.prepare_emergency)),
            ("outbox", lambda: deliver_until(self._stop, self.bell, self)),
        ):
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Write what waits, then let go of everything."""
        self._stop.set()
        self.bell.set()
        self.journal.stop()
        for thread in self._threads:
            thread.join(3)
        self.call_database.dispose()
        self.console_database.dispose()

    def prepare_emergency(self) -> None:
        """Render the emergency documents of the flow that answers by default, or of any."""
        company = self.published_flows.company
        flow = self.published_flows.flow_for(None) or next(
            (found for number in company.numbers.values() if (found := self.published_flows.flow_named(number.flow))),
            None,
        )
        if flow is not None:
            base_url = self.settings.base_url
            documents = EmergencyDocuments.prepare(flow, company, base_url, self.recorded.playable)
            documents.keep(self._emergency_folder)
            self.emergency = documents

    def _warm_up(self) -> None:
        """Load what the first spoken time and the first number would otherwise wait for (30 ms of a call each)."""
        now = datetime.now(UTC)
        for language in {language for flow in self.published_flows.live_flows() for language in flow.languages}:
            spoken.by(now + timedelta(days=2), now, language)
        spoken_form("+37120000001")

    def _follow(self, connection: Connection, records: Sequence[TurnRecord]) -> bool:
        return apply_effects(connection, records, self.published_flows.company)

    @property
    def _emergency_folder(self) -> Path:
        return self.settings.data_dir / "emergency"
