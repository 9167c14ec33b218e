"""Callbacks for agents: the queue by deadline, claims, attempts, outcomes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BeforeValidator, Field

from api.auth.access import Agent, NotANumber, OpenParts
from api.cards import card, cards, claimed_card
from api.known_names import require_names
from api.parts import Parts
from api.shapes import (
    AttemptMade,
    CallbackPage,
    CallbackShape,
    ClaimedShape,
    ClaimNext,
    Completed,
    Held,
    Noted,
    NumberFound,
)
from callbacks.board import Filter, list_callbacks
from callbacks.callback import Callback, State
from callbacks.transition import read
from customers.phone import normalise
from runtime.sql.database import reading

router = APIRouter(prefix="/api/callbacks", tags=["callbacks"])

# HTML forms send empty fields as `?queue=&state=`.
_Blank = BeforeValidator(lambda value: None if value == "" else value)
_Short = Annotated[str, Field(max_length=40)]
_Name = Annotated[str, Field(max_length=80)]
_Cursor = Annotated[str, Field(max_length=200)]
_Limit = Annotated[int, Field(ge=1, le=500)]


@router.get("", summary="Callbacks by deadline")
def by_deadline(
    parts: OpenParts,
    user: Agent,
    queue: Annotated[_Short | None, _Blank, Query(examples=["desk"])] = None,
    state: Annotated[State | None, _Blank, Query(description="Without it, all that are not final.")] = None,
    intent: Annotated[_Short | None, _Blank, Query(examples=["orders"])] = None,
    language: Annotated[_Short | None, _Blank, Query(examples=["lv"])] = None,
    holder: Annotated[_Name | None, _Blank, Query(description="Only what this agent holds.")] = None,
    overdue: Annotated[bool | None, _Blank, Query(description="Only late ones, or only those that are not.")] = None,
    limit: Annotated[_Limit | None, _Blank, Query(description="50 when absent.")] = None,
    after: Annotated[_Cursor | None, _Blank, Query(description="`next` of the page before.")] = None,
) -> CallbackPage:
    flows = parts.published_flows
    queues = [queue] if queue is not None else []
    with reading(parts.console_database) as connection:
        require_names(connection, flows.company, flows.live_flows(), queues=queues, intent=intent, language=language)
        page = list_callbacks(connection, Filter(queue, state, intent, language, holder, overdue), limit or 50, after)
        return CallbackPage(items=cards(connection, page.items), next=page.next)


@router.post(
    "/claim",
    summary="Take the next callback: the earliest due of your queues",
    responses={204: {"description": "No callback is ready."}},
)
def claim_next(parts: OpenParts, user: Agent, wanted: ClaimNext | None = None) -> ClaimedShape:
    queues = wanted.queues if wanted else None
    if queues:
        with reading(parts.console_database) as connection:
            require_names(connection, parts.published_flows.company, (), queues=queues)
    claimed = parts.desk.claim_next(queues, user.name, parts.clock())
    if claimed is None:
        return Response(status_code=204)  # type: ignore[return-value]  # FastAPI passes a response through
    return _claimed(parts, claimed)


@router.get("/{callback_id}", summary="One callback")
def one(parts: OpenParts, user: Agent, callback_id: str) -> CallbackShape:
    with reading(parts.console_database) as connection:
        return card(connection, read(connection, callback_id))


@router.post("/{callback_id}/claim", summary="Take this callback")
def claim(parts: OpenParts, user: Agent, callback_id: str) -> ClaimedShape:
    return _claimed(parts, parts.desk.claim(callback_id, user.name, parts.clock()))


@router.post("/{callback_id}/renew", summary="Hold it for another lease")
def renew(parts: OpenParts, user: Agent, callback_id: str, held: Held) -> ClaimedShape:
    return _claimed(parts, parts.desk.renew(callback_id, held.nonce, user.name, parts.clock()))


@router.post("/{callback_id}/release", summary="Give it back to the queue")
def release(parts: OpenParts, user: Agent, callback_id: str, held: Held) -> CallbackShape:
    return _shown(parts, parts.desk.release(callback_id, held.nonce, user.name, parts.clock()))


@router.post("/{callback_id}/attempts", summary="Write down an attempt; its outcome decides what comes next")
def attempt(parts: OpenParts, user: Agent, callback_id: str, made: AttemptMade) -> CallbackShape:
    moved = parts.desk.attempt(
        callback_id,
        made.nonce,
        user.name,
        made.outcome,
        made.note,
        at=parts.clock(),
        call_later_at=made.call_later_at,
        key=made.key,
    )
    return _shown(parts, moved)


@router.post("/{callback_id}/number", summary="Give a callback that lacks one the number to ring")
def give_number(parts: OpenParts, user: Agent, callback_id: str, given: NumberFound) -> CallbackShape:
    number = normalise(given.number, parts.published_flows.company.home_country)
    if number is None:
        raise NotANumber(given.number)
    return _shown(parts, parts.desk.give_number(callback_id, number, user.name, parts.clock()))


@router.post("/{callback_id}/complete", summary="End the callback with an outcome")
def complete(parts: OpenParts, user: Agent, callback_id: str, done: Completed) -> CallbackShape:
    return _shown(
        parts, parts.desk.complete(callback_id, done.nonce, user.name, done.outcome, done.note, parts.clock())
    )


@router.post("/{callback_id}/undo", summary="Take back an outcome that was a mistake, within ten minutes")
def undo(parts: OpenParts, user: Agent, callback_id: str, held: Held) -> ClaimedShape:
    return _claimed(parts, parts.desk.undo(callback_id, held.nonce, user.name, parts.clock()))


@router.post("/{callback_id}/notes", summary="Add a note without an attempt")
def note(parts: OpenParts, user: Agent, callback_id: str, noted: Noted) -> CallbackShape:
    """Also to a callback that a colleague holds or that is closed: notes are for everybody."""
    return _shown(parts, parts.desk.note(callback_id, noted.note, user.name, parts.clock()))


def _claimed(parts: Parts, callback: Callback) -> ClaimedShape:
    with reading(parts.console_database) as connection:
        return claimed_card(connection, callback)


def _shown(parts: Parts, callback: Callback) -> CallbackShape:
    with reading(parts.console_database) as connection:
        return card(connection, callback)
