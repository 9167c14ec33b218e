"""What is known of a caller when the phone rings."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from callbacks.promises import open_promise
from customers import customer
from flows.session import Caller
from runtime.database import reading


def look_up(engine: Engine, number: str | None) -> Caller:
    """Name, language and open promise of the customer with this number; only the number when nobody has it."""
    if number is None:
        return Caller()
    with reading(engine) as connection:
        known = customer.find_by_number(connection, number)
        if known is None:
            return Caller(number=number)
        return Caller(
            number=number,
            name=known.name,
            language=known.language,
            open_promise_until=open_promise(connection, known.id),
        )
