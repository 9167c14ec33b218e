"""What an api process opens and hands to its routes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.deliveries import deliver_until
from api.wiring import Wiring
from callbacks.schedule.promise_quote import read_hours
from customers.phone import spoken_form
from flows.prompts import spoken
from ivr.emergency import EmergencyDocuments
from ivr.providers.twilio import SignatureCheck
from ivr.published_flows import NothingPublished, watch
from runtime.config import Settings

log = structlog.get_logger()


class Parts:
    """The open parts of one api process: those of every process, what checks and answers the provider, and its threads."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.settings = settings
        self.clock = clock
        self.wiring = wiring = Wiring(settings, answers_calls=True, clock=clock)
        self.call_database, self.console_database = wiring.call_database, wiring.database
        self.redis, self.queue, self.desk = wiring.redis, wiring.queue, wiring.desk
        self.published_flows, self.journal, self.turns = wiring.published_flows, wiring.journal, wiring.turns
        self.recorded = wiring.recorded_prompts
        self.signature = SignatureCheck(settings.twilio_auth_token.get_secret_value(), settings.base_url)
        self.emergency: EmergencyDocuments | None = EmergencyDocuments.kept(self._emergency_folder)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        """Load the flows and start the threads of this process."""
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
        self.turns.start()
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()
        for name, target in (
            ("flows", lambda: watch(self.published_flows, self._stop, self._on_news)),
            ("outbox", lambda: deliver_until(self._stop, self.wiring)),
        ):
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Write what waits, then let go of everything."""
        self._stop.set()
        self.wiring.bell.set()
        self.turns.stop()
        self.journal.stop()
        for thread in self._threads:
            thread.join(3)
        self.wiring.close()

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

    def _on_news(self) -> None:
        self.prepare_emergency()
        self._read_calendars()

    def _warm_up(self) -> None:
        """Load what the first spoken time, number and calendar would otherwise wait for (30 to 200 ms of a call each)."""
        now = datetime.now(UTC)
        self._read_calendars()
        for language in {language for flow in self.published_flows.live_flows() for language in flow.languages}:
            spoken.by(now + timedelta(days=2), now, language)
        spoken_form("+37120000001")

    def _read_calendars(self) -> None:
        """Compute the holidays of every calendar, so that no call does."""
        try:
            company = self.published_flows.company
        except NothingPublished:
            return
        for name in company.calendars:
            read_hours(company, name, self.clock())

    @property
    def _emergency_folder(self) -> Path:
        return self.settings.data_dir / "emergency"
