"""From a message or a request to its one live callback: made once, joined by the next message, reopened within a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from callbacks.backlog import backlog
from callbacks.callback import FINAL_STATES, LIVE_STATES, Callback, next_state
from callbacks.promises import promise
from callbacks.schedule.local_time import in_words, zone_of
from callbacks.schedule.promise_quote import Quote, quote
from callbacks.tables import callback_sources, callbacks
from callbacks.transition import CHANGED, move, of_row
from customers.history import record
from customers.request import Request
from customers.tables import customer_numbers, customers
from flows.company.company import Company
from runtime.ids import arrival_id, derived_id
from runtime.sql.outbox import enqueue

log = structlog.get_logger()

# Whoever rings again so soon about the same matter was not helped.
REOPENS_WITHIN = timedelta(days=7)
# Only where neither a target nor a promise can be reckoned: the callback must stand somewhere in the queue.
_DUE_WITHOUT_HOURS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Intake:
    """A request on its way to a callback, with the id that a repeat of it meets."""

    request: Request
    source_id: str
    voicemail_id: str | None
    due_at: datetime
    ledger: dict[str, Any]
    zone: ZoneInfo


def ensure_callback(connection: Connection, request: Request, company: Company, voicemail_id: str | None = None) -> str:
    """Make sure in the caller's transaction that a callback stands for this request or message; return its id.

    The same call and turn always meet the same callback. The customer's row is locked until the transaction ends, so that two
    messages at once find each other; a transaction that brings several customers should take them in the order of their ids.
    """
    source_id = derived_id("cs", request.call_id, request.turn)
    of_customer = sa.select(customers.c.id).where(customers.c.id == request.customer_id)
    connection.execute(of_customer.with_for_update(key_share=True))
    known = connection.scalar(sa.select(callback_sources.c.callback_id).where(callback_sources.c.id == source_id))
    if known is not None:
        return str(known)
    quoted = _quote(connection, company, request)
    until = request.until
    intake = _Intake(
        request=request,
        source_id=source_id,
        voicemail_id=voicemail_id,
        due_at=quoted.due_at or until or request.at + _DUE_WITHOUT_HOURS,
        zone=zone_of(company, request.queue),
        ledger=quoted.ledger | {"told": until.isoformat() if until is not None else None},
    )
    callback_id = _place(connection, intake)
    connection.execute(
        callback_sources.insert().values(
            id=source_id,
            callback_id=callback_id,
            kind="request" if voicemail_id is None else "voicemail",
            call_id=request.call_id,
            turn=request.turn,
            voicemail_id=voicemail_id,
            added_at=request.at,
        )
    )
    if until is not None:
        promise_id = derived_id("pr", source_id)
        promise(connection, promise_id, callback_id, until, request.at, request.spoken, intake.ledger)
    return callback_id


def _place(connection: Connection, intake: _Intake) -> str:
    before = _latest(connection, intake)
    if before is None:
        return _create(connection, intake)
    if before.is_final:
        return _reopen(connection, before, intake).id
    return _join(connection, before, intake).id


def _latest(connection: Connection, intake: _Intake) -> Callback | None:
    """The open callback of this customer, queue and intent, or else the last one that ended within a week."""
    row = connection.execute(
        sa.select(callbacks)
        .where(
            callbacks.c.customer_id == intake.request.customer_id,
            callbacks.c.queue == intake.request.queue,
            callbacks.c.intent == intake.request.intent,
            _may_join(intake.request),
            callbacks.c.state.in_(LIVE_STATES)
            | (
                callbacks.c.state.in_([state for state in FINAL_STATES if state != "merged"])
                & (callbacks.c.closed_at >= intake.request.at - REOPENS_WITHIN)
            ),
        )
        .order_by(callbacks.c.closed_at.is_(None).desc(), callbacks.c.closed_at.desc(), callbacks.c.id)
        .limit(1)
        .with_for_update(key_share=True)
    ).one_or_none()
    return None if row is None else of_row(row)


def _may_join(request: Request) -> sa.ColumnElement[bool]:
    """Whether a callback may be about the same matter: of a number that several people share, only one of the same call."""
    of_number = customer_numbers.c.customer_id == request.customer_id
    if request.number is not None:
        of_number &= customer_numbers.c.number == request.number
    is_shared = sa.exists().where(of_number, customer_numbers.c.shared)
    of_call = sa.select(callback_sources.c.callback_id).where(callback_sources.c.call_id == request.call_id)
    return ~is_shared | callbacks.c.id.in_(of_call)


def _create(connection: Connection, intake: _Intake) -> str:
    callback_id = arrival_id("cb", intake.request.at)
    reachable = intake.request.number is not None
    connection.execute(
        callbacks.insert().values(
            id=callback_id,
            customer_id=intake.request.customer_id,
            number=intake.request.number,
            queue=intake.request.queue,
            intent=intake.request.intent,
            language=intake.request.language,
            state="ready" if reachable else "waiting",
            sub_state="" if reachable else "needs_number",
            due_at=intake.due_at,
            promised_until=intake.request.promised_until,
            version=1,
            created_at=intake.request.at,
        )
    )
    _tell(connection, intake, callback_id, "callback.requested", "Callback wanted" + _by(intake))
    enqueue(connection, CHANGED, {"id": callback_id}, intake.request.at)
    return callback_id


def _join(connection: Connection, open_one: Callback, intake: _Intake) -> Callback:
    """A further message about the same matter: the earliest promise holds."""
    values: dict[str, Any] = {
        "due_at": min(open_one.due_at, intake.due_at),
        "promised_until": min(
            (until for until in (open_one.promised_until, intake.request.promised_until) if until is not None),
            default=None,
        ),
    }
    if open_one.sub_state == "needs_number" and intake.request.number is not None:
        state = next_state(open_one.state, "give_number", open_one.holder)
        values |= {"number": intake.request.number, "state": state, "sub_state": ""}
    return move(
        connection,
        open_one,
        intake.request.at,
        "callback.joined",
        "Another message about the same matter joined the open callback",
        values,
        call_id=intake.request.call_id,
        voicemail_id=intake.voicemail_id,
    )


def _reopen(connection: Connection, final: Callback, intake: _Intake) -> Callback:
    """The caller rings again within a week: the same callback with new clocks."""
    state = next_state(final.state, "reopen")
    number = intake.request.number or final.number
    return move(
        connection,
        final,
        intake.request.at,
        "callback.reopened",
        f"Callback reopened ({final.state.replace('_', ' ')} before)" + _by(intake),
        {
            "state": state if number is not None else "waiting",
            "sub_state": "" if number is not None else "needs_number",
            "number": number,
            "queue": intake.request.queue,
            "language": intake.request.language,
            "due_at": intake.due_at,
            "promised_until": intake.request.promised_until,
            "not_before": None,
            "overdue": False,
            "holder": None,
            "nonce": None,
            "lease_expires_at": None,
            "attempts": 0,
            "outcome": None,
            "contacted_at": None,
            "closed_at": None,
            "reopened": final.reopened + 1,
        },
        call_id=intake.request.call_id,
        voicemail_id=intake.voicemail_id,
    )


def _quote(connection: Connection, company: Company, request: Request) -> Quote:
    queue, at = request.queue, request.at
    try:
        return quote(company, queue, request.intent, request.language, at, backlog(connection, queue))
    except LookupError as error:
        # The queue was taken out of company.yaml while the call went on. The message still gets its callback.
        log.warning("callback.queue_unknown", queue=queue, reason=str(error))
        return Quote(None, None, "UTC", {"asked_at": at.astimezone(UTC).isoformat(), "not_possible": str(error)})


def _tell(connection: Connection, intake: _Intake, callback_id: str, kind: str, summary: str) -> None:
    record(
        connection,
        intake.request.customer_id,
        intake.request.at,
        kind,
        summary,
        key=(intake.source_id,),
        call_id=intake.request.call_id,
        callback_id=callback_id,
        voicemail_id=intake.voicemail_id,
        data={"queue": intake.request.queue, "intent": intake.request.intent, "due_at": intake.due_at.isoformat()},
    )


def _by(intake: _Intake) -> str:
    until = intake.request.promised_until
    return f" by {in_words(until, intake.zone)}" if until is not None else ""
