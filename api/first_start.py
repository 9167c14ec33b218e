"""What the very first start prepares: the tables, and the flows of the folder published."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

import flows
from runtime.config import ConfigurationError, Settings
from runtime.sql.database import open_database, reading
from runtime.sql.migrate import upgrade


def prepare(settings: Settings) -> list[str]:
    """Bring the tables up to date and publish the folder's flows if none ever were; return the names of those published.

    Later changes are published by `ringback flows publish`. Raises ConfigurationError: SQL is away, the flows have faults.
    """
    try:
        upgrade(settings.sql_url)
        return _publish_once(settings)
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise ConfigurationError(f"the database does not answer ({reason}); check RINGBACK_DATABASE_URL") from None


def flows_folder(settings: Settings) -> Path:
    """The folder whose flows are published: the configured one, or the one that ships."""
    return settings.flows_dir or Path(next(iter(flows.__path__))) / "definitions"


def _publish_once(settings: Settings) -> list[str]:
    engine = open_database(settings.sql_url)
    try:
        with reading(engine) as connection:
            if connection.execute(sa.text("SELECT 1 FROM publications LIMIT 1")).first() is not None:
                return []
        from api.compiled import Unusable, compile_folder
        from ivr.publishing import publish

        folder = flows_folder(settings)
        try:
            compiled = compile_folder(folder)
            compiled.company()
            return [each.name for each in publish(engine, compiled.definitions, "first start", "ringback")]
        except (Unusable, OSError) as error:
            raise ConfigurationError(f"the flows in {folder} cannot be published:\n{error}") from None
    finally:
        engine.dispose()
