"""`ringback clock`: deadlines, leases, waiting callbacks, and the outbox of processes that died."""

from __future__ import annotations

TICK_SECONDS = 1.0


def clock() -> None:
    import signal
    import threading
    from datetime import UTC, datetime

    import structlog
    from sqlalchemy.exc import SQLAlchemyError

    from api.commands.account import with_provider
    from api.deliveries import handlers, open_jobs
    from api.reconciling import reconcile_until
    from callbacks.clock import Clock
    from callbacks.queue.callback_queue import CallbackQueue
    from ivr.published_flows import NothingPublished, PublishedFlows
    from runtime.config import load_settings
    from runtime.logging import set_up_logging
    from runtime.redis import open_redis
    from runtime.sql.database import open_database
    from runtime.sql.migrate import refuse_old_tables
    from runtime.sql.outbox import deliver
    from voicemail.jobs.actors import resend_all

    settings = with_provider(load_settings())
    set_up_logging("clock", settings.log_format)
    refuse_old_tables(settings)
    log = structlog.get_logger()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    engine = open_database(settings.sql_url)
    queue = CallbackQueue(open_redis(settings.queue_url))
    published_flows = PublishedFlows(engine)
    jobs = open_jobs(engine, settings)
    ticking = Clock(engine, queue)
    known = handlers(engine, queue, published_flows, jobs)
    reconciling = threading.Thread(
        target=reconcile_until, args=(stop, engine, published_flows, settings), name="reconciler", daemon=True
    )
    reconciling.start()
    log.info("clock.ready")
    while not stop.wait(TICK_SECONDS):
        try:
            published_flows.refresh()
            if ticking.tick(datetime.now(UTC)).index_rebuilt:
                resend_all(engine, jobs)  # if the index was emptied, the job queue was, too
            deliver(engine, known)
        except (SQLAlchemyError, NothingPublished) as error:
            log.warning("clock.pass_failed", reason=str(error)[:200])
    reconciling.join(20)
    engine.dispose()
