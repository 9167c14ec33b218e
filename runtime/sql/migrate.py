"""The tables of the database, brought up to date step by step by Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from runtime.config import ConfigurationError, Settings
from runtime.sql.database import open_database, reading, writing

if TYPE_CHECKING:
    from alembic.config import Config

# The newest step in migrations/versions; a test holds it to the folder. Known here so that a start need not load Alembic.
NEWEST = "0007"
_MIGRATIONS = Path(__file__).parents[1] / "migrations"
# Any number that nothing else in the database locks; two processes that migrate at once take turns.
_LOCK = 7_426_283


def upgrade(url: str) -> None:
    """Bring the tables up to date; nothing happens when they are. Raises SQLAlchemyError when the database is away."""
    if present(url) == NEWEST:
        return
    from alembic import command

    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = open_database(url)
    try:
        with writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            command.upgrade(_alembic(connection), "head")
    finally:
        engine.dispose()


def present(url: str) -> str | None:
    """The step at which the tables are, None when there are none."""
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    engine = open_database(url)
    try:
        with reading(engine) as connection:
            version: str | None = connection.execute(
                sa.text("SELECT version_num FROM alembic_version")
            ).scalar_one_or_none()
        return version
    except sa.exc.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    except sa.exc.ProgrammingError:  # PostgreSQL's undefined table
        return None
    finally:
        engine.dispose()


def refuse_old_tables(settings: Settings, may_be_away: bool = False) -> None:
    """Raise ConfigurationError with the remedy unless the tables are up to date.

    `may_be_away` is for who can begin without the database and wait for it, as the api does.
    """
    try:
        found = present(settings.sql_url)
    except SQLAlchemyError as error:
        if may_be_away:
            return
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise ConfigurationError(f"the database does not answer ({reason}); check RINGBACK_DATABASE_URL") from None
    missing = no_installation(settings)
    if missing:
        raise ConfigurationError(f"{missing}; script/server makes one at its first start")
    if found is None:
        raise ConfigurationError("the database has no tables yet: run `ringback migrate`")
    if found != NEWEST:
        raise ConfigurationError(
            f"the tables of the database are those of version {found}, this version needs {NEWEST}: run `ringback migrate`"
        )


def no_installation(settings: Settings) -> str:
    """Say where an installation was looked for and is not; nothing if there is one, or if PostgreSQL is configured."""
    path = Path(settings.sql_url.removeprefix("sqlite:///"))
    if not settings.sql_url.startswith("sqlite:///") or path.is_file():
        return ""
    return f"there is no installation in {path.parent} (is RINGBACK_DATA_DIR right?)"


def _alembic(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
