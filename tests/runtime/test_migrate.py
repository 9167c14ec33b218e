"""The steps of the migrations make exactly the tables that the code has."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import api.auth.tables
import callbacks.tables
import customers.tables
import ivr.tables
import runtime.sql.outbox
import voicemail.tables
from runtime.config import ConfigurationError, Settings
from runtime.sql.database import metadata, open_database, writing
from runtime.sql.migrate import NEWEST, present, refuse_old_tables, upgrade

ALL = (api.auth.tables, callbacks.tables, customers.tables, ivr.tables, runtime.sql.outbox, voicemail.tables)


def test_the_migrated_tables_are_those_of_the_code(empty_database_url: str) -> None:
    assert present(empty_database_url) is None
    upgrade(empty_database_url)
    upgrade(empty_database_url)
    assert present(empty_database_url) == NEWEST
    engine = open_database(empty_database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_process_refuses_tables_that_are_not_up_to_date(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(ConfigurationError, match="no installation in"):
        refuse_old_tables(settings)
    upgrade(settings.sql_url)
    refuse_old_tables(settings)
    engine = open_database(settings.sql_url)
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    with pytest.raises(ConfigurationError, match=r"those of version 0001.*`ringback migrate`"):
        refuse_old_tables(settings)


def test_a_database_that_does_not_answer_is_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="RINGBACK_DATABASE_URL"):
        refuse_old_tables(Settings(database_url="postgresql://nobody@127.0.0.1:9/none"))
