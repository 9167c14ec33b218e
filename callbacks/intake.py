"""From a message or a request to its one live callback: made once, joined by the next message, reopened within a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from callbacks.backlog import backlog
from callbacks.callback import FINAL_STATES, LIVE_STATES, Callback, next_state
from callbacks.promises import promise
from callbacks.schedule.promise_quote import Quote, quote
from callbacks.tables import callback_sources, callbacks
from callbacks.transition import CHANGED, move, of_row
from customers.history import record
from customers.tables import customers
from flows.company import Company
from runtime.ids import arrival_id, derived_id
from runtime.sql.outbox import enqueue

log = structlog.get_logger()

Kind = Literal["voicemail", "request"]

# Whoever rings again so soon about the same matter was not helped.
REOPENS_WITHIN = timedelta(days=7)
# Only where neither a target nor a promise can be reckoned: the callback must stand somewhere in the queue.
_DUE_WITHOUT_HOURS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the caller left, with the id that a repeat of it meets."""

    source_id: str
    kind: Kind
    call_id: str
    turn: int
    customer_id: str
    number: str | None
    queue: str
    intent: str
    language: str
    until: datetime | None
    spoken: bool
    at: datetime
    voicemail_id: str | None
    due_at: datetime
    ledger: dict[str, Any]

    @property
    def promised_until(self) -> datetime | None:
        return self.until if self.spoken else None


def request(
    connection: Connection,
    *,
    call_id: str,
    turn: int,
    kind: Kind,
    customer_id: str,
    number: str | None,
    queue: str,
    intent: str,
    language: str,
    until: datetime | None,
    spoken: bool,
    at: datetime,
    company: Company,
    voicemail_id: str | None = None,
) -> str:
    """Make sure in the caller's transaction that a callback stands for this message or request; return its id.

    The same call and turn always meet the same callback. `until` is the moment quoted, which binds when it was `spoken`.
    The customer's row is locked until the transaction ends, so that two messages at once find each other; a transaction
    that brings several customers should take them in the order of their ids.
    """
    source_id = derived_id("cs", call_id, turn)
    connection.execute(sa.select(customers.c.id).where(customers.c.id == customer_id).with_for_update(key_share=True))
    known = connection.scalar(sa.select(callback_sources.c.callback_id).where(callback_sources.c.id == source_id))
    if known is not None:
        return str(known)
    quoted = _quote(connection, company, queue, intent, language, at)
    wish = _Wish(
        source_id=source_id,
        kind=kind,
        call_id=call_id,
        turn=turn,
        customer_id=customer_id,
        number=number,
        queue=queue,
        intent=intent,
        language=language,
        until=until,
        spoken=spoken and until is not None,
        at=at,
        voicemail_id=voicemail_id,
        due_at=quoted.due_at or until or at + _DUE_WITHOUT_HOURS,
        ledger=quoted.ledger | {"told": until.isoformat() if until is not None else None},
    )
    callback_id = _place(connection, wish)
    connection.execute(
        callback_sources.insert().values(
            id=source_id,
            callback_id=callback_id,
            kind=kind,
            call_id=call_id,
            turn=turn,
            voicemail_id=voicemail_id,
            added_at=at,
        )
    )
    if until is not None:
        promise(connection, derived_id("pr", source_id), callback_id, until, at, wish.spoken, wish.ledger)
    return callback_id


def _place(connection: Connection, wish: _Wish) -> str:
    before = _latest(connection, wish)
    if before is None:
        return _create(connection, wish)
    if before.is_final:
        return _reopen(connection, before, wish).id
    return _join(connection, before, wish).id


def _latest(connection: Connection, wish: _Wish) -> Callback | None:
    """The open callback of this customer, queue and intent, or else the last one that ended within a week."""
    row = connection.execute(
        sa.select(callbacks)
        .where(
            callbacks.c.customer_id == wish.customer_id,
            callbacks.c.queue == wish.queue,
            callbacks.c.intent == wish.intent,
            callbacks.c.state.in_(LIVE_STATES)
            | (
                callbacks.c.state.in_([state for state in FINAL_STATES if state != "merged"])
                & (callbacks.c.closed_at >= wish.at - REOPENS_WITHIN)
            ),
        )
        .order_by(callbacks.c.closed_at.is_(None).desc(), callbacks.c.closed_at.desc(), callbacks.c.id)
        .limit(1)
        .with_for_update(key_share=True)
    ).one_or_none()
    return None if row is None else of_row(row)


def _create(connection: Connection, wish: _Wish) -> str:
    callback_id = arrival_id("cb", wish.at)
    reachable = wish.number is not None
    connection.execute(
        callbacks.insert().values(
            id=callback_id,
            customer_id=wish.customer_id,
            number=wish.number,
            queue=wish.queue,
            intent=wish.intent,
            language=wish.language,
            state="ready" if reachable else "waiting",
            sub_state="" if reachable else "needs_number",
            due_at=wish.due_at,
            promised_until=wish.promised_until,
            version=1,
            created_at=wish.at,
        )
    )
    _tell(connection, wish, callback_id, "callback.requested", "Callback wanted" + _by(wish))
    enqueue(connection, CHANGED, {"id": callback_id}, wish.at)
    return callback_id


def _join(connection: Connection, open_one: Callback, wish: _Wish) -> Callback:
    """A further message about the same matter: the earliest promise holds."""
    values: dict[str, Any] = {
        "due_at": min(open_one.due_at, wish.due_at),
        "promised_until": min(
            (until for until in (open_one.promised_until, wish.promised_until) if until is not None), default=None
        ),
    }
    if open_one.sub_state == "needs_number" and wish.number is not None:
        state = next_state(open_one.state, "give_number", open_one.holder)
        values |= {"number": wish.number, "state": state, "sub_state": ""}
    return move(
        connection,
        open_one,
        wish.at,
        "callback.joined",
        "Another message about the same matter joined the open callback",
        values,
        call_id=wish.call_id,
        voicemail_id=wish.voicemail_id,
    )


def _reopen(connection: Connection, final: Callback, wish: _Wish) -> Callback:
    """The caller rings again within a week: the same callback with new clocks."""
    state = next_state(final.state, "reopen")
    number = wish.number or final.number
    return move(
        connection,
        final,
        wish.at,
        "callback.reopened",
        f"Callback reopened ({final.state.replace('_', ' ')} before)" + _by(wish),
        {
            "state": state if number is not None else "waiting",
            "sub_state": "" if number is not None else "needs_number",
            "number": number,
            "queue": wish.queue,
            "language": wish.language,
            "due_at": wish.due_at,
            "promised_until": wish.promised_until,
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
        call_id=wish.call_id,
        voicemail_id=wish.voicemail_id,
    )


def _quote(connection: Connection, company: Company, queue: str, intent: str, language: str, at: datetime) -> Quote:
    try:
        return quote(company, queue, intent, language, at, backlog(connection, queue))
    except LookupError as error:
        # The queue was taken out of company.yaml while the call went on. The message still gets its callback.
        log.warning("callback.queue_unknown", queue=queue, reason=str(error))
        return Quote(None, None, "UTC", {"asked_at": at.astimezone(UTC).isoformat(), "not_possible": str(error)})


def _tell(connection: Connection, wish: _Wish, callback_id: str, kind: str, summary: str) -> None:
    record(
        connection,
        wish.customer_id,
        wish.at,
        kind,
        summary,
        key=(wish.source_id,),
        call_id=wish.call_id,
        callback_id=callback_id,
        voicemail_id=wish.voicemail_id,
        data={"queue": wish.queue, "intent": wish.intent, "due_at": wish.due_at.isoformat()},
    )


def _by(wish: _Wish) -> str:
    return f" by {wish.promised_until:%Y-%m-%d %H:%M} UTC" if wish.promised_until is not None else ""
