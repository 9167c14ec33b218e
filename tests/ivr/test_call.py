"""Statuses of a call: which may follow which."""

from __future__ import annotations

import itertools

import pytest

from ivr.calls.call import FINAL, STATUSES, CallStatus, earlier_statuses, may_follow


@pytest.mark.parametrize(("present", "reported"), list(itertools.product(STATUSES, STATUSES)))
def test_a_status_only_moves_forward(present: CallStatus, reported: CallStatus) -> None:
    order = ["queued", "ringing", "in_progress"]
    if present in FINAL:
        assert not may_follow(present, reported)
    elif reported in FINAL:
        assert may_follow(present, reported)
    else:
        assert may_follow(present, reported) == (order.index(reported) > order.index(present))


def test_nothing_replaces_a_final_status() -> None:
    for reported in STATUSES:
        assert not FINAL & set(earlier_statuses(reported))
