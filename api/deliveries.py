"""Delivers the outbox after commits: jobs, updates of the index, and the bell. Also for processes that died."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.index import deliver_changed
from ivr.effects import apply_effects
from ivr.journal import past_turns
from ivr.published_flows import PublishedFlows
from runtime.config import Settings
from runtime.jobs import open_broker
from runtime.sql.outbox import Handler, deliver
from voicemail.jobs.actors import Jobs, outbox_handlers, register
from voicemail.recordings import ProviderAccount

if TYPE_CHECKING:
    from api.parts import Parts

log = structlog.get_logger()

# How often the outbox is read without a bell, because another process may have died before delivering.
LOOK_SECONDS = 2.0
# A Redis that hangs must not stop the clock or the outbox.
QUEUE_TIMEOUT_SECONDS = 5.0


def open_jobs(engine: Engine, settings: Settings) -> Jobs:
    """The jobs of messages, for processes that only send them."""
    return register(
        open_broker(settings.queue_url, QUEUE_TIMEOUT_SECONDS),
        engine,
        account=ProviderAccount.of(settings),
        recordings_dir=settings.recordings_dir,
        models_dir=settings.models_dir,
    )


def handlers(engine: Engine, queue: CallbackQueue, published_flows: PublishedFlows, jobs: Jobs) -> dict[str, Handler]:
    """The handler of each kind of outbox entry."""
    return {
        **outbox_handlers(jobs),
        "callback.changed": deliver_changed(engine, queue),
        past_turns.KIND: past_turns.follow_again(
            engine, lambda connection, records: apply_effects(connection, records, published_flows.company)
        ),
    }


def deliver_until(stop: threading.Event, bell: threading.Event, parts: Parts) -> None:
    """Deliver whenever the bell rings, until `stop` is set. While SQL is away, try again every second."""
    jobs = open_jobs(parts.console_database, parts.settings)
    known = handlers(parts.console_database, parts.queue, parts.published_flows, jobs)
    while not stop.is_set():
        bell.wait(LOOK_SECONDS)
        bell.clear()
        try:
            while deliver(parts.console_database, known) > 0 and not stop.is_set():
                pass
        except SQLAlchemyError as error:
            log.warning("outbox.sql_away", reason=str(error)[:200])
            stop.wait(1.0)
