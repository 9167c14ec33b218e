"""What happened, made durable before the answer goes out: one writer a process, commits in batches.

A turn's key is (call, turn). A repeated webhook meets the row of the first one and gets what that one was given: `write` returns
it, and the conductor answers from it.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.events import Event
from flows.inputs import Input, Result
from flows.session import Session
from ivr.records import Rang, from_json, to_json
from ivr.tables import turns
from runtime.database import insert_once, writing
from runtime.outbox import enqueue

log = structlog.get_logger()

MAX_BATCH = 256
# While SQL is away the writer tries again this often; what waits is written in order when it is back.
RETRY_SECONDS = 0.5
MAX_WAITING = 50_000


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the provider says of a call in each of its requests. Numbers are E.164 or None."""

    call_id: str
    provider_call_id: str
    from_number: str | None
    to_number: str | None
    direction: str


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn as it goes into the journal: the input, the answers to its effects, what happened, where the call is now."""

    call: CallFacts
    turn: int
    at: datetime
    input: Rang | Input
    results: tuple[Result, ...]
    events: tuple[Event, ...]
    session: Session


Apply = Callable[[Connection, TurnRecord], None]


@dataclass(slots=True)
class _Waiting:
    record: TurnRecord
    answer: Callable[[TurnRecord], None]


class Journal:
    """Writes turns, and what follows from them, in batched transactions of one thread.

    `apply` writes the rows that follow from a record within the same transaction. `after_commit` is told after each commit.
    """

    def __init__(self, engine: Engine, apply: Apply, after_commit: Callable[[], None]) -> None:
        self._engine = engine
        self._apply = apply
        self._after_commit = after_commit
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._stopping = False

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience_seconds: float = 5.0) -> None:
        """Write what waits, then end."""
        self._stopping = True
        self._waiting.put(None)
        self._thread.join(patience_seconds)

    async def write(self, record: TurnRecord) -> TurnRecord:
        """Make a turn durable. Returns the record itself, or the one that stood under its key already.

        Waits as long as SQL is away; the caller of this decides how long the telephone may wait.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[TurnRecord] = loop.create_future()

        def answer(stored: TurnRecord) -> None:
            loop.call_soon_threadsafe(_settle, written, stored)

        self._waiting.put_nowait(_Waiting(record, answer))
        return await written

    def write_now(self, record: TurnRecord) -> TurnRecord:
        """The same from a thread."""
        done = threading.Event()
        stored: list[TurnRecord] = []

        def answer(result: TurnRecord) -> None:
            stored.append(result)
            done.set()

        self._waiting.put_nowait(_Waiting(record, answer))
        done.wait()
        return stored[0]

    def _run(self) -> None:
        while True:
            first = self._waiting.get()
            if first is None:
                return
            batch = [first]
            ends = False
            while len(batch) < MAX_BATCH:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ends = True
                    break
                batch.append(following)
            self._write_until_done(batch)
            if ends:
                return

    def _write_until_done(self, batch: list[_Waiting]) -> None:
        try:
            stored = self._commit([each.record for each in batch])
        except SQLAlchemyError:
            # Alone, each turn either goes in or shows what is wrong with it; a deadlock between two processes dissolves.
            stored = [self._commit_alone(each.record) for each in batch]
        for each, result in zip(batch, stored, strict=True):
            each.answer(result)
        self._after_commit()

    def _commit_alone(self, record: TurnRecord) -> TurnRecord:
        while True:
            try:
                return self._commit([record])[0]
            except SQLAlchemyError as error:
                call_id, reason = record.call.call_id, str(error.__cause__ or error)[:300]
                if self._stopping:
                    log.error("journal.lost", call_id=call_id, turn=record.turn, reason=reason)
                    return record
                log.error("journal.waits", call_id=call_id, turn=record.turn, reason=reason)
                time.sleep(RETRY_SECONDS)

    def _commit(self, records: list[TurnRecord]) -> list[TurnRecord]:
        with writing(self._engine) as connection:
            return [self._write(connection, record) for record in records]

    def _write(self, connection: Connection, record: TurnRecord) -> TurnRecord:
        if not insert_once(
            connection,
            turns,
            call_id=record.call.call_id,
            turn=record.turn,
            at=record.at,
            input=to_json(record.input),
            results=[to_json(result) for result in record.results],
            events=[to_json(event) for event in record.events],
            session=record.session.to_dict(),
        ):
            stored = load_turn(connection, record.call, record.turn)
            assert stored is not None
            self._follow(connection, replace(record, events=(), session=stored.session))
            return stored
        self._follow(connection, record)
        return record

    def _follow(self, connection: Connection, record: TurnRecord) -> None:
        """Write what follows from a turn; if that fails the turn stands and its consequences are tried again later."""
        try:
            with connection.begin_nested():
                self._apply(connection, record)
        except sa.exc.OperationalError:
            raise  # the database is away: the whole batch is tried again
        except Exception:
            log.exception("turn.effects_failed", call_id=record.call.call_id, turn=record.turn)
            if record.events:
                payload = {"call_id": record.call.call_id, "turn": record.turn, "call": _facts(record.call)}
                enqueue(connection, "turn.effects", payload)


def load_turn(connection: Connection, call: CallFacts, turn: int) -> TurnRecord | None:
    """Read one turn back."""
    query = sa.select(turns).where(turns.c.call_id == call.call_id, turns.c.turn == turn)
    row = connection.execute(query).one_or_none()
    return None if row is None else _record_of(call, row)


def last_turn(connection: Connection, call: CallFacts) -> TurnRecord | None:
    """The newest turn of a call: where it stands, when a hang-up comes without its token."""
    query = sa.select(turns).where(turns.c.call_id == call.call_id).order_by(turns.c.turn.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _record_of(call, row)


def follow_again(engine: Engine, apply: Apply) -> Callable[[dict[str, Any]], None]:
    """The outbox handler of `turn.effects`: write what follows from a stored turn once more."""

    def handle(payload: dict[str, Any]) -> None:
        call = CallFacts(**payload["call"])
        with writing(engine) as connection:
            record = load_turn(connection, call, payload["turn"])
            if record is not None:
                apply(connection, record)

    return handle


@dataclass(frozen=True, slots=True)
class TurnEntry:
    """A turn as it stands in the journal, for reading: `node` is where the call waited after it."""

    turn: int
    at: datetime
    node: str
    input: dict[str, Any]
    events: list[dict[str, Any]]


def turns_of(connection: Connection, call_id: str) -> list[TurnEntry]:
    """All turns of a call in order."""
    query = sa.select(turns).where(turns.c.call_id == call_id).order_by(turns.c.turn)
    return [
        TurnEntry(row.turn, row.at, row.session.get("node", ""), row.input, row.events)
        for row in connection.execute(query)
    ]


def _record_of(call: CallFacts, row: Any) -> TurnRecord:
    return TurnRecord(
        call=call,
        turn=row.turn,
        at=row.at.astimezone(UTC),
        input=from_json(row.input),
        results=tuple(from_json(result) for result in row.results),
        events=tuple(from_json(event) for event in row.events),
        session=Session.from_dict(row.session),
    )


def _facts(call: CallFacts) -> dict[str, str | None]:
    return {
        "call_id": call.call_id,
        "provider_call_id": call.provider_call_id,
        "from_number": call.from_number,
        "to_number": call.to_number,
        "direction": call.direction,
    }


def _settle(written: asyncio.Future[TurnRecord], stored: TurnRecord) -> None:
    if not written.done():
        written.set_result(stored)
