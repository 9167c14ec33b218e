"""What an attempt to reach the customer leads to: another try, a look at the number, or the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from callbacks.callback import CONTACTS, COUNTED, FINAL_OF_OUTCOME, Callback, Outcome, WrongOutcome, next_state
from callbacks.promises import settle
from callbacks.schedule.calendar import NoOpenHours
from callbacks.schedule.local_time import in_words, zone_of
from callbacks.schedule.promise_quote import calendar_of
from callbacks.schedule.retry_schedule import Again, GiveUp, Hours, NeedsNumber, Next, Tried, next_try
from callbacks.tables import attempts
from flows.company.company import Company

log = structlog.get_logger()

# An agreed time is rung around, not after: it may be claimed this much earlier.
_CLAIMED_AHEAD: Final = timedelta(minutes=10)
# A longer one is a slip of the pen, and the caller would never come up again.
CALL_LATER_WITHIN: Final = timedelta(days=90)
# A number whose prefix spans more zones than these says nothing about where its owner is.
_ZONES_THAT_TELL: Final = 3


def consequence(
    connection: Connection,
    callback: Callback,
    outcome: Outcome,
    at: datetime,
    call_later_at: datetime | None,
    company: Company,
) -> tuple[dict[str, Any], str]:
    """What an attempt's outcome makes of the callback: its columns, and the sentence for its history.

    Decides the promises on the way. Raises WrongOutcome.
    """
    said, zone = outcome.replace("_", " "), zone_of(company, callback.queue)
    if outcome in ("resolved", "do_not_call"):
        return closing(connection, callback, outcome, at), f"{callback.holder} rang: {said}"
    if outcome == "call_later":
        if call_later_at is None or not at < call_later_at <= at + CALL_LATER_WITHIN:
            raise WrongOutcome(
                "call_later needs call_later_at, the time agreed with the customer, "
                f"which lies ahead and within {CALL_LATER_WITHIN.days} days"
            )
        settle(connection, callback, at, "kept")
        return {
            "state": next_state(callback.state, "retry", callback.holder),
            "sub_state": "scheduled",
            "not_before": max(at, call_later_at - _CLAIMED_AHEAD),
            "due_at": call_later_at,
            "promised_until": call_later_at,
            "overdue": False,
            "contacted_at": at,
            "nonce": None,
        }, f"{callback.holder} rang: agreed to ring again at {in_words(call_later_at, zone)}"
    if outcome in FINAL_OF_OUTCOME:
        raise WrongOutcome(f"{outcome} is no outcome of an attempt: complete the callback with it")
    match _next(connection, callback, outcome, at, company):
        case Again(not_before, alert):
            if alert:
                log.warning("callback.alert", callback_id=callback.id, reason=alert)
            state = next_state(callback.state, "retry", callback.holder)
            values = {"state": state, "sub_state": "retry", "not_before": not_before, "nonce": None}
            return values, f"{callback.holder} rang: {said}. Again after {in_words(not_before, zone)}"
        case NeedsNumber():
            state = next_state(callback.state, "lose_number", callback.holder)
            values = {"state": state, "sub_state": "needs_number", "not_before": None, "nonce": None}
            return values, f"{callback.holder} rang: {said}. The number must be checked"
        case GiveUp():
            values = closing(connection, callback, "unreached", at)
            return values, f"{callback.holder} rang: {said}. Unreached after {callback.attempts + 1} attempts"


def closing(connection: Connection, callback: Callback, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """The columns of a final state, with the promises decided."""
    state = next_state(callback.state, "close", callback.holder, outcome)
    is_contact = outcome in CONTACTS
    settle(connection, callback, now, "kept" if is_contact else "superseded")
    values: dict[str, Any] = {"state": state, "sub_state": "", "outcome": outcome, "closed_at": now, "not_before": None}
    if is_contact:
        values["contacted_at"] = callback.contacted_at or now
    return values


def _next(connection: Connection, callback: Callback, outcome: Outcome, at: datetime, company: Company) -> Next:
    try:
        return next_try(outcome, _tried(connection, callback), at, _hours(callback, company))
    except (NoOpenHours, LookupError) as error:
        # A faulty company.yaml must not keep an agent from writing down what happened.
        return Again(at + timedelta(days=1), str(error))


def _tried(connection: Connection, callback: Callback) -> list[Tried]:
    """The attempts since the customer was last spoken to, or since the callback was opened again."""
    query = sa.select(attempts.c.at, attempts.c.outcome).where(attempts.c.callback_id == callback.id)
    if callback.contacted_at is not None:
        query = query.where(attempts.c.at > callback.contacted_at)
    tried = [Tried(at, outcome) for at, outcome in connection.execute(query.order_by(attempts.c.at))]
    if callback.reopened:
        counted = [attempt for attempt in tried if attempt.outcome in COUNTED]
        return counted[len(counted) - callback.attempts :]
    return tried


def _hours(callback: Callback, company: Company) -> Hours:
    calendar = calendar_of(company, callback.queue)
    zones = (*_zones_of(callback.number), calendar.zone) if callback.number else (calendar.zone,)
    return Hours(calendar, zones, company.queues[callback.queue].quiet)


def _zones_of(number: str) -> tuple[ZoneInfo, ...]:
    """Where the owner of a number may be, or nowhere in particular when its prefix spans too many zones."""
    import phonenumbers
    from phonenumbers.timezone import time_zones_for_number

    try:
        names = time_zones_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return ()
    if len(names) > _ZONES_THAT_TELL or "Etc/Unknown" in names:
        return ()
    return tuple(ZoneInfo(name) for name in names)
