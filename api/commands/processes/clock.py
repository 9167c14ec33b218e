"""`ringback clock`: deadlines, leases, waiting callbacks, and the outbox of processes that died."""

from __future__ import annotations

TICK_SECONDS = 1.0


def clock() -> None:
    import threading
    from datetime import UTC, datetime

    import structlog
    from sqlalchemy.exc import SQLAlchemyError

    from api.commands.processes.stopping import stop_on_signals
    from api.reconciling import reconcile_until
    from api.retention import remove_old_until
    from api.wiring import opened
    from callbacks.clock import Clock
    from ivr.published_flows import NothingPublished
    from runtime.sql.outbox import deliver
    from runtime.threads import end_when_a_thread_dies
    from voicemail.jobs.actors import resend_all

    with opened("clock", with_line=True) as wiring:
        log = structlog.get_logger()
        stop = stop_on_signals()
        end_when_a_thread_dies()
        ticking = Clock(wiring.database, wiring.queue)
        reconciling = threading.Thread(target=reconcile_until, args=(stop, wiring), name="reconciler", daemon=True)
        reconciling.start()
        removing = threading.Thread(target=remove_old_until, args=(stop, wiring), name="retention", daemon=True)
        removing.start()
        log.info("clock.ready")
        while not stop.wait(TICK_SECONDS):
            try:
                wiring.published_flows.refresh()
                if ticking.tick(datetime.now(UTC)).index_rebuilt:
                    resend_all(wiring.database, wiring.jobs)  # if the index was emptied, the job queue was, too
                deliver(wiring.database, wiring.outbox_handlers)
            except (SQLAlchemyError, NothingPublished) as error:
                log.warning("clock.pass_failed", reason=str(error)[:200])
        reconciling.join(20)
        removing.join(20)
