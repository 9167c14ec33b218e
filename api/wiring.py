"""How the parts of the product are put together: the one builder for every process and every command.

Each part is opened when it is first asked for, once, and closed by `close`. Nothing here starts a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property

from redis import Redis
from sqlalchemy.engine import Connection, Engine

from api.commands.account import with_provider
from callbacks.desk import Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.index import deliver_changed
from flows.company.company import Company
from ivr import effects
from ivr.effects import apply_effects
from ivr.journal.journal import Journal
from ivr.journal.spool import Spool
from ivr.journal.turn_record import TurnRecord
from ivr.missed_calls import end_unspoken
from ivr.published_flows import PublishedFlows
from ivr.publishing.recorded_prompts import RecordedPrompts
from ivr.state import StateSeal
from ivr.turns import Turns
from runtime.config import Settings, load_settings
from runtime.jobs import open_broker
from runtime.logs.logging import set_up_logging
from runtime.redis import open_redis
from runtime.secret import secret_key
from runtime.sql.database import open_database
from runtime.sql.migrate import refuse_old_tables
from runtime.sql.outbox import Handler, deliver
from voicemail import mailbox
from voicemail.jobs.actors import Jobs, outbox_handlers, register
from voicemail.recordings import ProviderAccount
from voicemail.removal import removal_handlers

# A queue server that hangs must hold neither the clock nor the outbox.
QUEUE_TIMEOUT_SECONDS = 5.0
CONSOLE_CONNECTIONS = 5
CALL_CONNECTIONS = 4


class Wiring:
    """The parts of one process. One that answers calls keeps connections for them alone, so that no console can starve them."""

    def __init__(
        self,
        settings: Settings,
        *,
        answers_calls: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.bell = threading.Event()  # rings when something may wait in the outbox
        self._answers_calls = answers_calls

    @cached_property
    def database(self) -> Engine:
        return open_database(self.settings.sql_url, pool_size=CONSOLE_CONNECTIONS)

    @cached_property
    def call_database(self) -> Engine:
        return (
            open_database(self.settings.sql_url, pool_size=CALL_CONNECTIONS) if self._answers_calls else self.database
        )

    @cached_property
    def redis(self) -> Redis:
        return open_redis(self.settings.queue_url)

    @cached_property
    def queue(self) -> CallbackQueue:
        return CallbackQueue(self.redis)

    @cached_property
    def secret(self) -> str:
        return secret_key(self.settings.secret_key.get_secret_value(), self.settings.data_dir)

    @cached_property
    def published_flows(self) -> PublishedFlows:
        """Not read yet. A process that answers calls keeps a copy in the data folder, for a start while SQL is away."""
        if not self._answers_calls:
            return PublishedFlows(self.call_database)
        kept = self.settings.data_dir / "flows.live"
        return PublishedFlows(self.call_database, kept, self.secret, self.recorded_prompts)

    @cached_property
    def recorded_prompts(self) -> RecordedPrompts:
        return RecordedPrompts(self.call_database, self.settings.data_dir / "prompts")

    def company(self) -> Company:
        """The company as it is published now. Raises NothingPublished."""
        return self.published_flows.company

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.database, self.company, self.queue)

    @cached_property
    def jobs(self) -> Jobs:
        """The jobs of messages as those know them who only send them."""
        return register(
            open_broker(self.settings.queue_url, QUEUE_TIMEOUT_SECONDS),
            self.database,
            account=ProviderAccount.of(self.settings),
            recordings_dir=self.settings.recordings_dir,
            models_dir=self.settings.models_dir,
        )

    @cached_property
    def journal(self) -> Journal:
        """Not started yet."""
        return Journal(self.call_database, self._apply_effects, self.bell.set, Spool(self.settings.data_dir / "spool"))

    @cached_property
    def turns(self) -> Turns:
        return Turns(self.published_flows, StateSeal(self.secret), self.journal, self.call_database, self.clock)

    @cached_property
    def outbox_handlers(self) -> dict[str, Handler]:
        """What each kind of outbox entry sets going."""
        return {
            **outbox_handlers(self.jobs),
            "callback.changed": deliver_changed(self.database, self.queue),
            **self._removal_handlers,
            mailbox.UNSPOKEN: end_unspoken(self.database),
            effects.RETRY: effects.retry_effects(self.database, self.company),
        }

    @cached_property
    def _removal_handlers(self) -> dict[str, Handler]:
        account = ProviderAccount.of(self.settings)
        return removal_handlers(self.database, self.settings.recordings_dir, account)

    def deliver_removals(self) -> None:
        """Delete at once what was removed; what cannot be deleted now is tried again by the clock."""
        while deliver(self.database, self._removal_handlers):
            pass

    def close(self) -> None:
        if "redis" in vars(self):
            self.redis.close()
        for name in ("call_database", "database"):
            if name in vars(self):
                vars(self)[name].dispose()

    def _apply_effects(self, connection: Connection, records: Sequence[TurnRecord]) -> bool:
        return apply_effects(connection, records, self.company())


@contextmanager
def opened(process: str, *, with_line: bool = False) -> Iterator[Wiring]:
    """The parts by the settings, for a command that runs to its end: logging set up, the tables checked, all closed after it.

    `with_line`: the built-in line is the provider where none is configured. Raises ConfigurationError.
    """
    settings = with_provider(load_settings()) if with_line else load_settings()
    set_up_logging(process, settings.log_format)
    refuse_old_tables(settings)
    wiring = Wiring(settings)
    try:
        yield wiring
    finally:
        wiring.close()
