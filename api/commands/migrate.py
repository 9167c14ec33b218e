"""`ringback migrate`: update the tables, and publish the flows if none were ever published."""

from __future__ import annotations


def migrate() -> None:
    from api.first_start import prepare
    from runtime.config import load_settings

    published = prepare(load_settings())
    print("The tables are up to date.")
    if published:
        print(f"Published for the first time: {', '.join(published)}")
