"""`ringback api`: the api process."""

from __future__ import annotations


def api() -> None:
    import gc
    import sys

    import uvicorn

    from api.app import create_app
    from api.commands.account import with_provider
    from runtime.config import load_settings
    from runtime.logs.logging import set_up_logging
    from runtime.sql.migrate import refuse_old_tables
    from runtime.threads import end_when_a_thread_dies

    settings = with_provider(load_settings())
    set_up_logging("api", settings.log_format, at_once=False)
    end_when_a_thread_dies()
    refuse_old_tables(settings, may_be_away=True)
    app = create_app(settings)
    # Objects of the start live until the end. Without freeze, garbage collection sometimes took 60 ms of a call.
    gc.collect()
    gc.freeze()
    # The journal's thread needs the interpreter between two statements. The default, 5 ms, is as long as its whole commit.
    sys.setswitchinterval(0.001)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=10,
        proxy_headers=False,
    )
