"""Customers: found by their telephone number, with name, language and history."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from customers.phone import dialable, spoken_form
from customers.tables import customer_numbers, customers
from runtime.ids import derived_id, new_id
from runtime.sql.bulk import insert_many_once

MAX_NAME_CHARACTERS = 200

_OWNERS = sa.select(customer_numbers.c.number, customer_numbers.c.customer_id).where(
    customer_numbers.c.number.in_(sa.bindparam("numbers", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Customer:
    """A person or company. `numbers` are E.164, oldest first; empty for a caller who withheld the number.

    `addresses` are what carriers sent in place of a number: a SIP address, a client, a short code. They cannot be rung.
    `merged_into` is who has all that was this customer's. `shared` are those of the numbers from which several people ring.
    """

    id: str
    name: str
    language: str | None
    numbers: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    merged_into: str | None = None


def of_calls(connection: Connection, numbers: Mapping[str, str | None], at: datetime) -> dict[str, str]:
    """The customers of calls, by call id; `numbers` has the address of each call.

    Unknown customers are created, with a few statements for all calls. Each call from a withheld number gets a customer of its
    own, because such callers are different people. An address that cannot be rung has one customer like a number.
    """
    owners = _owners(connection, {number for number in numbers.values() if number is not None})
    fresh = {number: new_id("cu") for number in numbers.values() if number is not None and number not in owners}
    anonymous = {
        call_id: derived_id("cu", "withheld", call_id) for call_id, number in numbers.items() if number is None
    }
    insert_many_once(connection, customers, [_row(name, at) for name in (*fresh.values(), *anonymous.values())], "id")
    added = {number for (number,) in insert_many_once(connection, customer_numbers, _number_rows(fresh, at), "number")}
    if taken := [number for number in fresh if number not in added]:  # another call created the customer first
        connection.execute(customers.delete().where(customers.c.id.in_([fresh[number] for number in taken])))
        owners |= _owners(connection, taken)
    owners = fresh | owners
    return {call_id: anonymous[call_id] if number is None else owners[number] for call_id, number in numbers.items()}


def find_by_number(connection: Connection, number: str) -> Customer | None:
    """The customer with this E.164 number, or None."""
    owner = _owners(connection, [number]).get(number)
    return None if owner is None else load(connection, [owner])[owner]


def load(connection: Connection, ids: list[str]) -> dict[str, Customer]:
    """Customers by id, with two queries for any number; unknown ids are left out."""
    numbers: dict[str, list[Row[Any]]] = {}
    by_owner = sa.select(customer_numbers).where(customer_numbers.c.customer_id.in_(ids))
    for row in connection.execute(by_owner.order_by(customer_numbers.c.added_at)):
        numbers.setdefault(row.customer_id, []).append(row)
    return {
        row.id: _customer(row, numbers.get(row.id, ()))
        for row in connection.execute(sa.select(customers).where(customers.c.id.in_(ids)))
    }


def _customer(row: Row[Any], reached_at: Collection[Row[Any]]) -> Customer:
    numbers = tuple(each.number for each in reached_at if dialable(each.number))
    addresses = tuple(each.number for each in reached_at if each.number not in numbers)
    shared = tuple(each.number for each in reached_at if each.shared)
    return Customer(row.id, row.name, row.language, numbers, addresses, shared, row.merged_into)


def shown_number(number: str | None, owner: Customer) -> str:
    """How a caller is reached, for agents to read; where nobody can ring, what the carrier sent."""
    if number is None and owner.addresses:
        return f"{owner.addresses[-1]} (cannot be rung)"
    return spoken_form(number)


def remember_language(connection: Connection, customer_id: str, language: str | None) -> None:
    """Store the language that the customer chose, so that the next call does not ask; None lets it ask."""
    connection.execute(customers.update().where(customers.c.id == customer_id).values(language=language))


def rename(connection: Connection, customer_id: str, name: str) -> None:
    """Set the name for agents and greetings; control characters and characters beyond the limit are cut."""
    clean = "".join(letter for letter in name if letter.isprintable()).strip()[:MAX_NAME_CHARACTERS]
    connection.execute(
        customers.update().where(customers.c.id == customer_id).values(name=clean, folded_name=fold(clean))
    )


def fold(text: str) -> str:
    """Letters as they are compared: small, without marks, so that "berzina" finds Bērziņa."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _row(customer_id: str, at: datetime) -> dict[str, Any]:
    return {"id": customer_id, "name": "", "language": None, "created_at": at}


def _number_rows(owners: Mapping[str, str], at: datetime) -> list[dict[str, Any]]:
    """The rows in the order of the numbers, so that two processes with the same callers do not deadlock."""
    return [
        {"number": number, "customer_id": owner, "source": "caller_id", "added_at": at}
        for number, owner in sorted(owners.items())
    ]


def _owners(connection: Connection, numbers: Collection[str]) -> dict[str, str]:
    if not numbers:
        return {}
    return {row.number: row.customer_id for row in connection.execute(_OWNERS, {"numbers": list(numbers)})}
