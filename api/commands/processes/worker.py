"""`ringback worker`: fetches and transcribes recordings."""

from __future__ import annotations


def worker() -> None:
    import signal
    import sys
    import threading

    from sqlalchemy.exc import SQLAlchemyError

    from api.commands.account import with_provider
    from flows.company import Company
    from ivr.published_flows import NothingPublished, PublishedFlows
    from runtime.config import load_settings
    from runtime.logging import set_up_logging
    from runtime.sql.database import open_database
    from runtime.sql.migrate import refuse_old_tables
    from voicemail.jobs.worker import run_worker

    settings = with_provider(load_settings())
    set_up_logging("worker", settings.log_format)
    refuse_old_tables(settings)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    engine = open_database(settings.sql_url)
    published_flows = PublishedFlows(engine)
    try:
        published_flows.refresh()
        languages = sorted({language for flow in published_flows.live_flows() for language in flow.languages})
    except NothingPublished:
        languages = []

    def company() -> Company | None:
        try:
            published_flows.refresh()
            return published_flows.company
        except (
            NothingPublished,
            SQLAlchemyError,
        ):  # at worst a message is transcribed without the own words of the company
            return None

    command = (sys.executable, "-m", "api.commands.cli", "models", "compose", "--only-checked")
    compose = command if settings.compose_graphs else None
    run_worker(settings, languages, stop, company=company, compose=compose)
    engine.dispose()
