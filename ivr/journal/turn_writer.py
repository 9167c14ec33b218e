"""A batch of turns into SQL, with all that follows from them, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from flows.inputs import HungUp
from ivr.journal.past_turns import Apply, follow_later, last_turn, load_turn
from ivr.journal.turn_record import TurnRecord, row_of
from ivr.openings import open_calls, openings_of
from ivr.tables import calls, turns
from runtime.sql.bulk import insert_many_once
from runtime.sql.database import savepoint, writing

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in SQL for each record, and whether something may wait in the outbox now."""

    stored: list[TurnRecord]
    has_consequences: bool


class TurnWriter:
    """Writes turns; `apply` writes the rows that follow, and says whether there were any (past_turns.py)."""

    def __init__(self, engine: Engine, apply: Apply) -> None:
        self._engine = engine
        self._apply = apply

    def write(self, records: Sequence[TurnRecord], *, were_heard: bool = False) -> Written:
        """Write turns of which none, some or all may stand there already; `were_heard` when they come from a spool.

        Raises SQLAlchemyError; then nothing is written, unless the word of the commit was lost.
        """
        with writing(self._engine) as connection:
            return self._write(connection, records, were_heard)

    def _write(self, connection: Connection, records: Sequence[TurnRecord], were_heard: bool) -> Written:
        new = set(insert_many_once(connection, turns, [row_of(record) for record in records], "call_id", "turn"))
        stored: list[TurnRecord] = []
        following: list[TurnRecord] = []
        for record in records:
            key = (record.call.call_id, record.turn)
            if key in new:
                new.remove(key)  # a second one in this batch is a repeat of the first
                stored.append(record)
                following.append(record)
                continue
            known = load_turn(connection, record.call, record.turn)
            assert known is not None
            if were_heard and isinstance(known.input, HungUp) and not isinstance(record.input, HungUp):
                # The hang-up was noted while this turn lay in a spool: what the caller was told in it stands.
                stored.append(record)
                following += [record, *_make_room(connection, record)]
            else:
                stored.append(known)
                following.append(replace(record, events=(), session=known.session))
        has_failed = self._open(connection, following)
        return Written(stored, has_consequences=self._apply(connection, following) or has_failed)

    def _open(self, connection: Connection, records: Sequence[TurnRecord]) -> bool:
        """Open the calls that began. One that cannot be opened leaves all else standing, and the outbox tries again."""
        openings = openings_of(records)
        if not openings:
            return False
        try:
            with savepoint(connection):
                open_calls(connection, openings)
            return False
        except sa.exc.OperationalError:
            raise  # the database is away, or two processes met: nothing of this is written
        except Exception:
            beginning = [record for record in records if openings_of([record])]
            if len(beginning) > 1:
                return sum(self._open(connection, [record]) for record in beginning) > 0
            log.exception("call.not_opened", call_id=beginning[0].call.call_id)
            follow_later(connection, beginning[0])
            return True


def _make_room(connection: Connection, record: TurnRecord) -> list[TurnRecord]:
    """Put a turn where a hang-up was noted too early, and take that end back.

    Returns the turn that truly ended the call, to be followed once more, if it is here already; else it is still in a
    spool, or the reconciler adds it.
    """
    place = (turns.c.call_id == record.call.call_id, turns.c.turn == record.turn)
    connection.execute(turns.update().where(*place).values(row_of(record)))
    connection.execute(calls.update().where(calls.c.id == record.call.call_id).values(outcome=None))
    last = last_turn(connection, record.call)
    return [last] if last is not None and last.turn != record.turn and last.session.ended else []
