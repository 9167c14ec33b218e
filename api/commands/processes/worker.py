"""`ringback worker`: fetches recordings and writes down their words."""

from __future__ import annotations

import contextlib


def worker() -> None:
    import sys

    from sqlalchemy.exc import SQLAlchemyError

    from api.commands.processes.stopping import stop_on_signals
    from api.wiring import opened
    from flows.company.company import Company
    from ivr.published_flows import NothingPublished
    from runtime.threads import end_when_a_thread_dies
    from voicemail.jobs.worker import run_worker

    with opened("worker", with_line=True) as wiring:
        published_flows = wiring.published_flows
        stop = stop_on_signals()
        end_when_a_thread_dies()
        with contextlib.suppress(NothingPublished):
            published_flows.refresh()
        languages = sorted({language for flow in published_flows.live_flows() for language in flow.languages})

        def company() -> Company | None:
            """At worst a message is written down without the business's own words."""
            try:
                published_flows.refresh()
                return published_flows.company
            except (NothingPublished, SQLAlchemyError):
                return None

        command = (sys.executable, "-m", "api.commands.cli", "models", "compose", "--only-checked")
        compose = command if wiring.settings.compose_graphs else None
        run_worker(wiring.settings, wiring.database, languages, stop, company=company, compose=compose)
