"""One customer rang two departments of one house about what the flow calls the same matter."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.engine import Engine

from callbacks.desk import Desk
from callbacks.transition import read
from flows.company.company import Company
from runtime.sql.database import reading
from tests.callbacks.conftest import NOW, asker, company

__all__ = ["company"]


def test_each_department_has_a_callback_of_its_own(sqlite_database: Engine, company: Company) -> None:
    ask = asker(sqlite_database, company)
    at_the_desk, at_night = ask("CA1", queue="desk"), ask("CA2", queue="nights")
    assert at_the_desk != at_night
    with reading(sqlite_database) as connection:
        assert [read(connection, made).queue for made in (at_the_desk, at_night)] == ["desk", "nights"]


def test_a_call_to_another_department_reopens_nothing(sqlite_database: Engine, company: Company) -> None:
    ask, desk = asker(sqlite_database, company), Desk(sqlite_database, lambda: company)
    closed = desk.claim(ask("CA1", queue="desk"), "anna", NOW)
    desk.complete(closed.id, closed.nonce or "", "anna", "resolved", now=NOW)
    again = ask("CA2", queue="nights", at=NOW + timedelta(days=1), until=NOW + timedelta(days=1, hours=1))
    assert again != closed.id
    with reading(sqlite_database) as connection:
        assert read(connection, closed.id).state == "resolved"
