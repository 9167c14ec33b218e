"""Who is known: a customer, found by the number they call from, and what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from customers.tables import customer_numbers, customers
from runtime.database import insert_once
from runtime.ids import derived_id, new_id

MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Customer:
    """A person or firm. `numbers` are E.164, oldest first; empty for a caller who withheld the number."""

    id: str
    name: str
    language: str | None
    numbers: tuple[str, ...]


def of_call(connection: Connection, number: str | None, call_id: str, at: datetime) -> str:
    """The id of the customer who owns this number, made now if nobody does.

    Withheld callers get one of their own per call and are never merged: the same "nobody" is not the same person.
    """
    if number is None:
        anonymous = derived_id("cu", "withheld", call_id)
        insert_once(connection, customers, id=anonymous, name="", language=None, created_at=at)
        return anonymous
    known = _owner(connection, number)
    if known is not None:
        return known
    fresh = new_id("cu")
    connection.execute(customers.insert().values(id=fresh, name="", language=None, created_at=at))
    if insert_once(connection, customer_numbers, number=number, customer_id=fresh, source="caller_id", added_at=at):
        return fresh
    connection.execute(customers.delete().where(customers.c.id == fresh))  # somebody else's call was first
    owner = _owner(connection, number)
    assert owner is not None
    return owner


def find_by_number(connection: Connection, number: str) -> Customer | None:
    """The customer with this E.164 number, or None."""
    owner = _owner(connection, number)
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


def _owner(connection: Connection, number: str) -> str | None:
    query = sa.select(customer_numbers.c.customer_id).where(customer_numbers.c.number == number)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found
