"""`ringback migrate`: bring the database's tables up to date."""

from __future__ import annotations


def migrate() -> None:
    from runtime.config import load_settings
    from runtime.migrate import upgrade

    upgrade(load_settings().sql_url)
    print("The tables are up to date.")
