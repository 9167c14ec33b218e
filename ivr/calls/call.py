"""A call, its statuses and which may follow which."""

from __future__ import annotations

from typing import Literal, get_args

from runtime.ids import derived_id

CallStatus = Literal["queued", "ringing", "in_progress", "completed", "busy", "no_answer", "failed", "canceled"]

STATUSES: tuple[CallStatus, ...] = get_args(CallStatus)
FINAL: frozenset[CallStatus] = frozenset({"completed", "busy", "no_answer", "failed", "canceled"})
_RANK: dict[CallStatus, int] = {"queued": 0, "ringing": 1, "in_progress": 2}


def may_follow(present: CallStatus, reported: CallStatus) -> bool:
    """Whether a reported status moves the call on. Statuses arrive late, twice and in any order; a final one stays."""
    if present in FINAL:
        return False
    return reported in FINAL or _RANK[reported] > _RANK[present]


def earlier_statuses(reported: CallStatus) -> list[CallStatus]:
    """The statuses that a reported one may replace."""
    return [present for present in STATUSES if may_follow(present, reported)]


def call_id_of(provider_call_id: str) -> str:
    """Our id of a provider's call: derived, so that any process knows it without asking."""
    return derived_id("ca", provider_call_id)
