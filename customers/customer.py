"""Who is known: a customer, found by the number they call from, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from customers.tables import customer_numbers, customers
from runtime.ids import derived_id, new_id
from runtime.sql.bulk import insert_many_once

MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Customer:
    """A person or firm. `numbers` are E.164, oldest first; empty for a caller who withheld the number."""

    id: str
    name: str
    language: str | None
    numbers: tuple[str, ...]


def stranger_id(call_id: str, number: str | None) -> str:
    """The name of a customer who is not known yet.

    Withheld callers get a customer of their own per call and are never merged: the same "nobody" is not the same person.
    """
    return new_id("cu") if number is not None else derived_id("cu", "withheld", call_id)


def of_calls(connection: Connection, numbers: Mapping[str, str | None], at: datetime) -> dict[str, str]:
    """The customers of calls, by the calls' ids; `numbers` says which number each call came from.

    Who is not known yet is made now, in a handful of statements for all.
    """
    owners = _owners(connection, {number for number in numbers.values() if number is not None})
    fresh = {
        number: stranger_id(call_id, number)
        for call_id, number in numbers.items()
        if number is not None and number not in owners
    }
    anonymous = {call_id: stranger_id(call_id, None) for call_id, number in numbers.items() if number is None}
    insert_many_once(connection, customers, [_row(name, at) for name in (*fresh.values(), *anonymous.values())])
    added = {number for (number,) in insert_many_once(connection, customer_numbers, _number_rows(fresh, at), "number")}
    if taken := [number for number in fresh if number not in added]:  # somebody else's call was first
        connection.execute(customers.delete().where(customers.c.id.in_([fresh[number] for number in taken])))
        owners |= _owners(connection, taken)
    owners = fresh | owners
    return {call_id: anonymous[call_id] if number is None else owners[number] for call_id, number in numbers.items()}


def of_call(connection: Connection, number: str | None, call_id: str, at: datetime) -> str:
    """The id of the customer of one call."""
    return of_calls(connection, {call_id: number}, at)[call_id]


def find_by_number(connection: Connection, number: str) -> Customer | None:
    """The customer with this E.164 number, or None."""
    owner = _owners(connection, [number]).get(number)
    return None if owner is None else load(connection, [owner])[owner]


def load(connection: Connection, ids: list[str]) -> dict[str, Customer]:
    """Customers by id, in two queries however many there are; an unknown id is left out."""
    numbers: dict[str, list[str]] = {}
    by_owner = sa.select(customer_numbers).where(customer_numbers.c.customer_id.in_(ids))
    for row in connection.execute(by_owner.order_by(customer_numbers.c.added_at)):
        numbers.setdefault(row.customer_id, []).append(row.number)
    return {
        row.id: Customer(row.id, row.name, row.language, tuple(numbers.get(row.id, ())))
        for row in connection.execute(sa.select(customers).where(customers.c.id.in_(ids)))
    }


def remember_language(connection: Connection, customer_id: str, language: str) -> None:
    """Keep the language that the customer chose, so that the next call does not ask."""
    connection.execute(customers.update().where(customers.c.id == customer_id).values(language=language))


def rename(connection: Connection, customer_id: str, name: str) -> None:
    """Set the name that agents see and greetings say; control characters and overlong tails are cut."""
    clean = "".join(letter for letter in name if letter.isprintable()).strip()[:MAX_NAME_CHARACTERS]
    connection.execute(customers.update().where(customers.c.id == customer_id).values(name=clean))


def _row(customer_id: str, at: datetime) -> dict[str, Any]:
    return {"id": customer_id, "name": "", "language": None, "created_at": at}


def _number_rows(owners: Mapping[str, str], at: datetime) -> list[dict[str, Any]]:
    """In the order of the numbers: two processes that meet the same strangers do not lock each other out."""
    return [
        {"number": number, "customer_id": owner, "source": "caller_id", "added_at": at}
        for number, owner in sorted(owners.items())
    ]


def _owners(connection: Connection, numbers: Collection[str]) -> dict[str, str]:
    if not numbers:
        return {}
    query = sa.select(customer_numbers.c.number, customer_numbers.c.customer_id)
    return {
        row.number: row.customer_id
        for row in connection.execute(query.where(customer_numbers.c.number.in_(list(numbers))))
    }
