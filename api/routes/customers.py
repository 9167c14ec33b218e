"""Customers and their history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.engine import Connection

from api.auth.access import Admin, Agent, NotFound, OpenParts, Supervisor
from api.customer_shapes import (
    CustomerChange,
    CustomerDetailShape,
    CustomerList,
    ErasedShape,
    HistoryEventShape,
    HistoryShape,
    Merge,
    NumberChange,
)
from api.known_names import require_names
from api.shapes import Moment, Text
from customers import changes, customer, history
from customers.directory import find_customers
from customers.phone import normalise
from ivr.erasure import erase_person, find_person
from ivr.merging import merge_customers
from runtime.sql.database import reading, writing

router = APIRouter(prefix="/api/customers", tags=["customers"])


@router.get("", summary="Customers, the newest first, or those found by name or number")
def find(
    parts: OpenParts,
    user: Agent,
    search: Annotated[
        Text,
        Query(max_length=200, examples=["berzina"], description="Part of a name or of a number, as people type them."),
    ] = "",
    number: Annotated[
        str | None,
        Query(max_length=40, examples=["+37120000001"], description="The whole number: finds one customer at most."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[Text | None, Query(max_length=40, description="`next` of the page before.")] = None,
) -> CustomerList:
    """A number without a country code belongs to the country of the company. Erased customers are left out."""
    home_country = parts.published_flows.company.home_country
    with reading(parts.console_database) as connection:
        if number is not None:
            wanted = normalise(number.replace(" ", "+", 1) if number.startswith(" ") else number, home_country)
            owner = customer.find_by_number(connection, wanted) if wanted is not None else None
            return CustomerList(items=[] if owner is None else [_shape(owner)], next=None)
        page = find_customers(connection, search, home_country, limit, after)
    return CustomerList(items=[_shape(found) for found in page.items], next=page.next)


@router.get("/{customer_id}", summary="One customer")
def one(parts: OpenParts, user: Agent, customer_id: str) -> CustomerDetailShape:
    with reading(parts.console_database) as connection:
        return _shape(_require(connection, customer_id))


@router.patch("/{customer_id}", summary="Name a customer, or set the language")
def change(parts: OpenParts, user: Agent, customer_id: str, wanted: CustomerChange) -> CustomerDetailShape:
    now, flows = datetime.now(UTC), parts.published_flows
    with writing(parts.console_database) as connection:
        require_names(connection, flows.company, flows.live_flows(), language=wanted.language)
        _require(connection, customer_id)
        if wanted.name is not None:
            changes.change_name(connection, customer_id, wanted.name, user.name, now)
        if "language" in wanted.model_fields_set:
            changes.change_language(connection, customer_id, wanted.language, user.name, now)
        return _shape(_require(connection, customer_id))


@router.patch(
    "/{customer_id}/numbers/{number}", summary="Mark a number as shared by several people, or as one person's"
)
def share(
    parts: OpenParts, user: Supervisor, customer_id: str, number: str, wanted: NumberChange
) -> CustomerDetailShape:
    """From a shared number no name and no promise is spoken, the language is asked, and messages join nothing."""
    with writing(parts.console_database) as connection:
        if number not in (found := _require(connection, customer_id)).numbers + found.addresses:
            raise NotFound("number of this customer")
        changes.share_number(connection, number, wanted.shared, user.name, datetime.now(UTC))
        return _shape(_require(connection, customer_id))


@router.post("/{customer_id}/merge", summary="Merge another customer, who is the same person, into this one")
def merge(parts: OpenParts, user: Supervisor, customer_id: str, wanted: Merge) -> CustomerDetailShape:
    """Numbers, calls, messages, callbacks and history of both are this one's then. There is no way back."""
    with writing(parts.console_database) as connection:
        _require(connection, customer_id)
        merge_customers(connection, customer_id, wanted.other, user.name, datetime.now(UTC))
        return _shape(_require(connection, customer_id))


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
    return CustomerDetailShape(
        id=found.id,
        name=found.name,
        language=found.language,
        numbers=list(found.numbers),
        addresses=list(found.addresses),
        shared=list(found.shared),
        merged_into=found.merged_into,
    )


def _require(connection: Connection, customer_id: str) -> customer.Customer:
    found = customer.load(connection, [customer_id]).get(customer_id)
    if found is None:
        raise NotFound("customer")
    return found
