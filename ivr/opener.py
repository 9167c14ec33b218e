"""Writes the rows of calls that began a moment ago, between the turns of others: so few at a time that nobody waits for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from customers import customer
from customers.tables import customer_numbers, customers, history
from ivr.openings import Note, Opening, began_row, call_row, entries_of, open_calls
from ivr.tables import calls
from runtime.database import single, writing
from runtime.outbox import strike_off
from runtime.together import Together

log = structlog.get_logger()

# Calls that began are opened when there are so many, or when no turn has come for a while: each costs those who wait 60 µs.
MAX_BEGUN: Final = 48
# Their notes are struck off together.
MAX_OPENED: Final = 512
# Where turns come all the time and calls seldom, neither waits longer: after openings.OURS another process would do it again.
MAX_AGE_SECONDS: Final = 1.0

_ROWS = Together(customers, customer_numbers, calls, history)


class Opener:
    """The calls of one process that are still to be opened. For one thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._begun: list[Note] = []
        self._opened: list[Note] = []
        self._finished_at = time.monotonic()  # or when the first came after it

    @property
    def has_work(self) -> bool:
        return bool(self._begun or self._opened)

    def add(self, note: Note) -> None:
        """Calls that began, as they stand in the outbox."""
        if not self.has_work:
            self._finished_at = time.monotonic()
        self._begun.append(note)

    def work_if_due(self) -> None:
        """Open calls, and strike notes off, where there are many or they are old."""
        if self.has_work and time.monotonic() - self._finished_at > MAX_AGE_SECONDS:
            self.finish()
        if _count(self._begun) >= MAX_BEGUN:
            self._open()
        if _count(self._opened) >= MAX_OPENED:
            self._strike_off()

    def finish(self) -> None:
        """Open what waits, and strike the notes off."""
        self._open()
        self._strike_off()
        self._finished_at = time.monotonic()

    def _open(self) -> None:
        notes, self._begun = self._begun, []
        if not notes:
            return
        try:
            open_noted(self._engine, [opening for each in notes for opening in each.openings])
            self._opened += notes
        except SQLAlchemyError as error:  # the outbox has them
            log.warning("calls.opened_later", notes=len(notes), reason=str(error.__cause__ or error)[:200])

    def _strike_off(self) -> None:
        notes, self._opened = self._opened, []
        if not notes:
            return
        try:
            with writing(self._engine) as connection:
                strike_off(connection, entries_of(connection, notes))
        except SQLAlchemyError as error:  # delivered once more, which changes nothing
            log.warning("calls.notes_left", notes=len(notes), reason=str(error.__cause__ or error)[:200])


def open_noted(engine: Engine, openings: Sequence[Opening]) -> None:
    """Open calls of which some may be open already. Raises SQLAlchemyError."""
    if engine.dialect.name == "sqlite":
        try:
            _open_new(engine, openings)
        except IntegrityError:
            pass  # one of them is open, or somebody else has met one of the callers
        else:
            return
    with writing(engine) as connection:
        open_calls(connection, openings)


def _open_new(engine: Engine, openings: Sequence[Opening]) -> None:
    """Open calls none of which is open, in two calls of the database. Raises IntegrityError for one that is."""
    with single(engine) as connection:
        met = customer.meet(connection, {each.call.call_id: each.call.from_number for each in openings}, openings[0].at)
    with single(engine, writes=True) as connection:
        _ROWS.insert(
            connection,
            met.customers,
            met.numbers,
            [call_row(each, met.owners[each.call.call_id]) for each in openings],
            [began_row(each, met.owners[each.call.call_id]) for each in openings],
        )


def _count(notes: Sequence[Note]) -> int:
    return sum(len(each.openings) for each in notes)
