"""Finding customers: by part of a name, or by part of a number as people type it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from customers.customer import Customer, fold, load
from customers.phone import normalise
from customers.tables import customer_numbers, customers

MAX_LIMIT = 500
_NOT_DIGITS = re.compile(r"[^0-9]")
# Fewer figures would find half of all numbers.
MIN_DIGITS = 3


class UnknownPlace(ValueError):
    """`after` is no customer of a page."""


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Customers, the newest first; `next` is the id to go on after, None at the end."""

    items: tuple[Customer, ...]
    next: str | None


def find_customers(
    connection: Connection, text: str = "", home_country: str = "", limit: int = 50, after: str | None = None
) -> CustomerPage:
    """A page of the customers whose name or number has this text in it, or of all who have either. Raises UnknownPlace.

    A number may be typed as people write it, or be its last figures. Erased and merged customers are left out.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    query = sa.select(customers.c.id, customers.c.created_at).where(
        customers.c.erased_at.is_(None), customers.c.merged_into.is_(None), _fits(text.strip(), home_country)
    )
    if after is not None:
        began = connection.scalar(sa.select(customers.c.created_at).where(customers.c.id == after))
        if began is None:
            raise UnknownPlace("after is no customer's id; take it from `next` of the page before")
        query = query.where(
            (customers.c.created_at < began) | ((customers.c.created_at == began) & (customers.c.id < after))
        )
    query = query.order_by(customers.c.created_at.desc(), customers.c.id.desc()).limit(limit + 1)
    ids = [row.id for row in connection.execute(query)]
    found = load(connection, ids[:limit])
    items = tuple(found[each] for each in ids[:limit])
    return CustomerPage(items, items[-1].id if len(ids) > limit else None)


def _fits(text: str, home_country: str) -> sa.ColumnElement[bool]:
    number, owner = customer_numbers.c.number, customer_numbers.c.customer_id
    if not text:
        return (customers.c.name != "") | customers.c.id.in_(sa.select(owner))
    ways = [sa.func.lower(number).contains(text.lower(), autoescape=True)]
    digits = _NOT_DIGITS.sub("", text)
    if len(digits) >= MIN_DIGITS and not re.search(r"[^\W\d_]", text):
        ways.append(number.contains(digits.lstrip("0") or digits, autoescape=True))
        if whole := normalise(text, home_country):
            ways.append(number == whole)
    by_number = customers.c.id.in_(sa.select(owner).where(sa.or_(*ways)))
    by_name = customers.c.folded_name.contains(fold(text), autoescape=True)
    return by_name | by_number | (customers.c.id == text)
