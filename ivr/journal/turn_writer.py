"""A batch of turns into SQL, with all that follows from them, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection, Engine

from flows.inputs import HungUp
from ivr.journal.past_turns import last_turn, load_turn
from ivr.journal.turn_record import TurnRecord, row_of
from ivr.tables import calls, turns
from runtime.sql.bulk import insert_many_once
from runtime.sql.database import writing

# Writes the rows that follow from records within the transaction that wrote them, and says whether there were any.
Apply = Callable[[Connection, Sequence[TurnRecord]], bool]


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in SQL for each record, and whether something may wait in the outbox now."""

    stored: list[TurnRecord]
    has_consequences: bool


class TurnWriter:
    """Writes turns; `apply` writes the rows that follow, and says whether there were any."""

    def __init__(self, engine: Engine, apply: Apply) -> None:
        self._engine = engine
        self._apply = apply

    def write(self, records: Sequence[TurnRecord], *, from_spool: bool = False) -> Written:
        """Write turns of which none, some or all may stand there already; their callers heard those `from_spool`.

        Raises SQLAlchemyError; then nothing is written, unless the word of the commit was lost.
        """
        with writing(self._engine) as connection:
            return self._write(connection, records, from_spool)

    def _write(self, connection: Connection, records: Sequence[TurnRecord], from_spool: bool) -> Written:
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
            if from_spool and isinstance(known.input, HungUp) and not isinstance(record.input, HungUp):
                # The hang-up was noted while this turn lay in a spool: what the caller was told in it stands.
                stored.append(record)
                following += [record, *_take_the_place_of_a_hang_up(connection, record)]
            else:
                stored.append(known)
                following.append(replace(record, events=(), session=known.session))
        return Written(stored, has_consequences=self._apply(connection, following))


def _take_the_place_of_a_hang_up(connection: Connection, record: TurnRecord) -> list[TurnRecord]:
    """Put a turn where a hang-up was noted too early, and take that end of the call back.

    Returns the turn that truly ended the call, whose effects are due once more, if it is here already; else it is still in a
    spool, or the reconciler adds it.
    """
    place = (turns.c.call_id == record.call.call_id, turns.c.turn == record.turn)
    connection.execute(turns.update().where(*place).values(row_of(record)))
    connection.execute(calls.update().where(calls.c.id == record.call.call_id).values(outcome=None))
    last = last_turn(connection, record.call)
    return [last] if last is not None and last.turn != record.turn and last.session.ended else []
