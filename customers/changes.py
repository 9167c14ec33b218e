"""What agents change about a customer: name, language, and whether several people share a number. The history tells it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from customers.customer import remember_language, rename
from customers.history import record
from customers.tables import customer_numbers, customers
from runtime.ids import new_id


def change_name(connection: Connection, customer_id: str, name: str, by: str, at: datetime) -> None:
    """Name a customer; an empty name takes it away."""
    rename(connection, customer_id, name)
    kept = connection.scalar(sa.select(customers.c.name).where(customers.c.id == customer_id))
    said = f'{by} named this customer "{kept}"' if kept else f"{by} took the name away"
    _tell(connection, customer_id, at, "customer.named", said)


def change_language(connection: Connection, customer_id: str, language: str | None, by: str, at: datetime) -> None:
    """Set the language of a customer; None lets the next call ask."""
    remember_language(connection, customer_id, language)
    said = f"{by} set the language to {language}" if language else f"{by} let the next call ask for the language"
    _tell(connection, customer_id, at, "customer.language", said)


def share_number(connection: Connection, number: str, is_shared: bool, by: str, at: datetime) -> str | None:
    """Mark a number as one of several people, or of one again; return its customer's id, None when nobody has it."""
    changed = connection.scalars(
        customer_numbers.update()
        .where(customer_numbers.c.number == number)
        .values(shared=is_shared)
        .returning(customer_numbers.c.customer_id)
    ).one_or_none()
    if changed is not None:
        whose = "of several people" if is_shared else "of one person"
        _tell(connection, changed, at, "customer.shared", f"{by} marked {number} as the number {whose}")
    return changed


def _tell(connection: Connection, customer_id: str, at: datetime, kind: str, summary: str) -> None:
    record(connection, customer_id, at, kind, summary, key=(new_id("ch"),))
