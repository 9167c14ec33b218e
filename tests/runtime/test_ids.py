"""Names of rows: the same for the same event, and in the order of time where they begin with it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from runtime.ids import dated_id, derived_id, new_id

AT = datetime(2026, 11, 25, 12, 0, 0, 5_000, UTC)


def test_a_fresh_name_is_its_own_and_stands_behind_those_of_an_earlier_millisecond() -> None:
    names = [new_id("cu") for _ in range(2_000)]

    assert len(set(names)) == 2_000
    assert [name[:15] for name in names] == sorted(name[:15] for name in names)
    assert all(re.fullmatch(r"cu_[0-9a-f]{32}", name) for name in names)


def test_a_dated_name_begins_with_its_moment_and_is_the_same_each_time() -> None:
    name = dated_id("hi", AT, "cu_1", "call.started", 7)

    assert name == dated_id("hi", AT, "cu_1", "call.started", 7)
    assert re.fullmatch(r"hi_[0-9a-f]{32}", name)
    assert int(name[3:15], 16) == AT.timestamp() * 1000
    assert name < dated_id("hi", AT + timedelta(milliseconds=1), "cu_1", "call.started", 7)


def test_parts_that_differ_make_names_that_differ() -> None:
    assert derived_id("vm", "ca_1", 12) != derived_id("vm", "ca_11", 2)
    assert dated_id("hi", AT, "a", "bc") != dated_id("hi", AT, "ab", "c")
