"""The database as the commands about flows use it, and who uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


@contextmanager
def opened() -> Iterator[Engine]:
    """The database of the settings. Raises ConfigurationError when it is away or its tables are not up to date."""
    from runtime.config import load_settings
    from runtime.sql.database import open_database
    from runtime.sql.migrate import refuse_old_tables

    settings = load_settings()
    refuse_old_tables(settings)
    engine = open_database(settings.sql_url)
    try:
        yield engine
    finally:
        engine.dispose()


def who() -> str:
    """The user at the terminal; a container may have none."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
