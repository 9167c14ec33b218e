"""A moment comes back from its milliseconds as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from runtime.moments import from_ms, span_ms, to_ms, whole_ms

BEGIN = datetime(1971, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(), timedelta(days=80_000)).map(lambda since: BEGIN + since)


@given(moments)
def test_a_moment_in_whole_milliseconds_comes_back_as_it_was(moment: datetime) -> None:
    cut = whole_ms(moment)
    assert from_ms(to_ms(cut)) == cut
    assert timedelta() <= moment - cut < timedelta(milliseconds=1)


def test_a_span_is_told_in_milliseconds() -> None:
    assert span_ms(timedelta(minutes=1, microseconds=600)) == 60_001
