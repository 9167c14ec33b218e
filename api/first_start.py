"""Prepares the first start: creates the tables and publishes the flows of the folder."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

import flows
from runtime.config import ConfigurationError, Settings
from runtime.data_folder import keep_private
from runtime.sql.database import open_database, reading
from runtime.sql.migrate import upgrade


def prepare(settings: Settings) -> list[str]:
    """Update the tables, and publish the flows of the folder if none were ever published; return their names.

    Later changes are published by `ringback flows publish`. Raises ConfigurationError when SQL is away or flows have faults.
    """
    keep_private(settings.data_dir)
    try:
        upgrade(settings.sql_url)
        return _publish_once(settings)
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise ConfigurationError(f"the database does not answer ({reason}); check RINGBACK_DATABASE_URL") from None


def flows_folder(settings: Settings) -> Path:
    """The folder whose flows are published: the configured one, or the one of the product. Raises ConfigurationError."""
    if settings.flows_dir is not None and not settings.flows_dir.is_dir():
        raise ConfigurationError(f"the flows folder {settings.flows_dir} does not exist; is RINGBACK_FLOWS_DIR right?")
    return settings.flows_dir or Path(next(iter(flows.__path__))) / "definitions"


def _publish_once(settings: Settings) -> list[str]:
    engine = open_database(settings.sql_url)
    try:
        with reading(engine) as connection:
            if connection.execute(sa.text("SELECT 1 FROM publications LIMIT 1")).first() is not None:
                return []
        from api.compiled import Unusable, compile_folder
        from ivr.publishing import FIRST_START, publish

        folder = flows_folder(settings)
        try:
            compiled = compile_folder(folder)
            compiled.company()
            by, note = FIRST_START
            return [each.name for each in publish(engine, compiled.definitions, note, by)]
        except (Unusable, OSError) as error:
            raise ConfigurationError(f"the flows in {folder} cannot be published:\n{error}") from None
    finally:
        engine.dispose()
