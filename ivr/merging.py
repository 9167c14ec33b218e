"""Two customers who are one person: numbers, calls, messages, callbacks and history of both under one of them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.tables import callbacks
from customers import history as events
from customers.tables import customer_numbers, customers, history
from ivr.tables import calls
from voicemail.tables import voicemails


class MergeRefused(Exception):
    """These two cannot be merged; the message says why. Nothing was changed."""


def merge_customers(connection: Connection, kept: str, other: str, by: str, at: datetime) -> None:
    """Put all of `other` under `kept`, which takes its name and language where it has none. Raises MergeRefused.

    Open callbacks of both stay as they are, for each has its own promise.
    """
    if kept == other:
        raise MergeRefused("A customer cannot be merged with itself.")
    query = sa.select(customers).where(customers.c.id.in_([kept, other])).order_by(customers.c.id).with_for_update()
    people = {row.id: row for row in connection.execute(query)}
    for each in (kept, other):
        if each not in people or people[each].erased_at is not None:
            raise MergeRefused(f"There is no customer {each}.")
        if people[each].merged_into is not None:
            raise MergeRefused(f"Customer {each} is merged into {people[each].merged_into} already.")
    for table in (customer_numbers, calls, voicemails, callbacks, history):
        connection.execute(table.update().where(table.c.customer_id == other).values(customer_id=kept))
    names = {"name": people[other].name, "folded_name": people[other].folded_name} if not people[kept].name else {}
    language = people[kept].language or people[other].language
    connection.execute(customers.update().where(customers.c.id == kept).values(language=language, **names))
    # What was merged before follows, so that an old id leads to the person in one step.
    former = (customers.c.id == other) | (customers.c.merged_into == other)
    connection.execute(customers.update().where(former).values(merged_into=kept, language=None))
    connection.execute(customers.update().where(customers.c.id == other).values(name="", folded_name=""))
    named = f' ("{people[other].name}")' if people[other].name else ""
    summary = f"{by} merged customer {other}{named} into this one"
    events.record(connection, kept, at, "customer.merged", summary, key=(other,), data={"merged": other})
