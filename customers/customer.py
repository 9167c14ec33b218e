"""Who is known: a customer, found by the number they call from, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from customers.tables import customer_numbers, customers
from runtime.bulk import insert_many_once, select_many
from runtime.ids import derived_id, new_id

MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Customer:
    """A person or firm. `numbers` are E.164, oldest first; empty for a caller who withheld the number."""

    id: str
    name: str
    language: str | None
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Met:
    """Whose calls came in: their owners by call, and the rows of those who are not known yet."""

    owners: dict[str, str]
    customers: list[dict[str, Any]]
    numbers: list[dict[str, Any]]


def meet(connection: Connection, numbers: Mapping[str, str | None], at: datetime) -> Met:
    """The customers of calls, by the calls' ids; `numbers` says which number each call came from. Writes nothing.

    Withheld callers get a customer of their own per call and are never merged: the same "nobody" is not the same person.
    """
    owners = _owners(connection, {number for number in numbers.values() if number is not None})
    fresh = {number: new_id("cu") for number in set(numbers.values()) if number is not None and number not in owners}
    anonymous = {
        call_id: derived_id("cu", "withheld", call_id) for call_id, number in numbers.items() if number is None
    }
    owners |= fresh
    return Met(
        {call_id: anonymous[call_id] if number is None else owners[number] for call_id, number in numbers.items()},
        [_row(name, at) for name in (*fresh.values(), *anonymous.values())],
        [
            {"number": number, "customer_id": customer_id, "source": "caller_id", "added_at": at}
            for number, customer_id in sorted(fresh.items())
        ],
    )


def of_calls(connection: Connection, numbers: Mapping[str, str | None], at: datetime) -> dict[str, str]:
    """The customers of calls as `meet` finds them. Who is not known yet is made now, in a handful of statements for all."""
    met = meet(connection, numbers, at)
    insert_many_once(connection, customers, met.customers)
    added = {number for (number,) in insert_many_once(connection, customer_numbers, met.numbers, "number")}
    taken = {row["number"]: row["customer_id"] for row in met.numbers if row["number"] not in added}
    if not taken:
        return met.owners
    # Somebody else's call was first.
    connection.execute(customers.delete().where(customers.c.id.in_(list(taken.values()))))
    known = _owners(connection, taken)
    return {
        call_id: known[number] if number is not None and number in taken else met.owners[call_id]
        for call_id, number in numbers.items()
    }


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


def _owners(connection: Connection, numbers: Collection[str]) -> dict[str, str]:
    query = "SELECT number, customer_id FROM customer_numbers WHERE number IN ({values})"
    return dict(select_many(connection, query, "number, customer_id", numbers))
