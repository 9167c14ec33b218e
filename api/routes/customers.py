"""Customers and their history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Admin, Agent, NotFound, OpenParts
from api.shapes import CustomerDetailShape, CustomerList, ErasedShape, HistoryEventShape, HistoryShape, Moment
from customers import customer, history
from customers.phone import normalise
from ivr.erasure import erase_person, find_person
from runtime.sql.database import reading

router = APIRouter(prefix="/api/customers", tags=["customers"])


@router.get("", summary="Find a customer by number")
def find(
    parts: OpenParts,
    user: Agent,
    number: Annotated[str, Query(max_length=40, examples=["+37120000001"], description="As a person would type it.")],
) -> CustomerList:
    """At most one customer. A number without a country code belongs to the country of the company."""
    wanted = normalise(
        number.replace(" ", "+", 1) if number.startswith(" ") else number, parts.published_flows.company.home_country
    )
    if wanted is None:
        return CustomerList(items=[])
    with reading(parts.console_database) as connection:
        found = customer.find_by_number(connection, wanted)
    return CustomerList(items=[] if found is None else [_shape(found)])


@router.get("/{customer_id}", summary="One customer")
def one(parts: OpenParts, user: Agent, customer_id: str) -> CustomerDetailShape:
    with reading(parts.console_database) as connection:
        found = customer.load(connection, [customer_id]).get(customer_id)
    if found is None:
        raise NotFound("customer")
    return _shape(found)


@router.delete("/{customer_id}", summary="Erase a person: numbers, name, words and audio")
def erase(parts: OpenParts, user: Admin, customer_id: str) -> ErasedShape:
    """The counts of calls, messages and callbacks stay. 409 while a call of this person is under way."""
    with reading(parts.console_database) as connection:
        ids = find_person(connection, customer_id)
    if not ids:
        raise NotFound("customer")
    done = erase_person(parts.console_database, ids, user.name, parts.settings.data_dir / "spool")
    parts.wiring.deliver_removals()
    return ErasedShape(calls=done.calls, messages=done.messages, callbacks=done.callbacks, complete=done.is_scrubbed)


@router.get("/{customer_id}/history", summary="The history of a customer, newest first")
def history_of(
    parts: OpenParts,
    user: Agent,
    customer_id: str,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[Moment | None, Query(description="Only events before this time.")] = None,
) -> HistoryShape:
    with reading(parts.console_database) as connection:
        if customer_id not in customer.load(connection, [customer_id]):
            raise NotFound("customer")
        events = history.events_of(connection, customer_id, limit, before)
    return HistoryShape(
        events=[
            HistoryEventShape(
                at=event.at,
                kind=event.kind,
                summary=event.summary,
                call_id=event.call_id,
                callback_id=event.callback_id,
                voicemail_id=event.voicemail_id,
                data=event.data,
            )
            for event in events
        ]
    )


def _shape(found: customer.Customer) -> CustomerDetailShape:
    return CustomerDetailShape(id=found.id, name=found.name, language=found.language, numbers=list(found.numbers))
