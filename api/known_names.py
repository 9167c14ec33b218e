"""The names that a request may use: a queue, intent or language that does not exist is a mistake, never an empty list."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callbacks.callback import LIVE_STATES
from callbacks.tables import callbacks, is_in
from flows.company.company import Company
from flows.intents import intents_of
from flows.model import Flow

_COLUMNS = {"queue": callbacks.c.queue, "intent": callbacks.c.intent, "language": callbacks.c.language}


class UnknownName(ValueError):
    """Nothing has this name; it says which names there are."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        meant = difflib.get_close_matches(name, names, 1)
        hint = f' Did you mean "{meant[0]}"?' if meant else ""
        super().__init__(f'There is no {what} "{name}".{hint} {what.capitalize()}s here: {", ".join(names)}.')


def require_names(
    connection: Connection,
    company: Company,
    flows: Sequence[Flow],
    *,
    queues: Sequence[str] = (),
    intent: str | None = None,
    language: str | None = None,
) -> None:
    """Raise UnknownName unless the published company and flows know these names, or a live callback still has them."""
    for queue in queues:
        _require(connection, "queue", queue, company.queues)
    if intent is not None:
        _require(connection, "intent", intent, {name for flow in flows for name in intents_of(flow)})
    if language is not None:
        spoken = {name for flow in flows for name in flow.languages}
        _require(connection, "language", language, spoken | {company.default_language})


def _require(connection: Connection, what: str, name: str, known: Iterable[str]) -> None:
    if name in known:
        return
    # A name that was taken out of the files lives on while callbacks have it.
    query = sa.select(sa.literal(1)).select_from(callbacks).where(_COLUMNS[what] == name, is_in(LIVE_STATES))
    if connection.scalar(query.limit(1)) is None:
        raise UnknownName(what, name, known)
