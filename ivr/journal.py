"""What happened, made durable before the answer goes out: one writer a process, commits in batches.

A turn's key is (call, turn). A repeated webhook meets the row of the first one and gets what that one was given: `write` returns
it, and the conductor answers from it.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from flows.events import Event
from flows.inputs import HungUp, Input, Result
from flows.session import Session
from ivr.records import Rang, from_json, to_json
from ivr.shelf import NothingPublished
from ivr.spool import Spool
from ivr.tables import calls, turns
from runtime.bulk import insert_many_once
from runtime.database import writing

log = structlog.get_logger()

MAX_BATCH = 256
MAX_WAITING = 50_000
# A caller is never kept waiting for SQL longer than this; the turn goes to the spool instead (2-house.md, decision 3).
PATIENCE_SECONDS = 0.25
# While SQL is away it is tried again this often.
RETRY_SECONDS = 0.5
# Turns taken while SQL is away are remembered, so that a repeated webhook still gets the same answer.
MAX_REMEMBERED = 20_000


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


Apply = Callable[[Connection, Sequence[TurnRecord]], bool]


@dataclass(slots=True)
class _Waiting:
    record: TurnRecord
    loop: asyncio.AbstractEventLoop
    written: asyncio.Future[TurnRecord]


class Journal:
    """Writes turns, and what follows from them, in batched transactions of one thread.

    `apply` writes the rows that follow from records within the same transaction and says whether there were any; a record
    without events is a repeat. `after_commit` is told after a commit with such rows. When SQL fails or is slow, turns go to
    the spool and from there to SQL, in order, as soon as it is back.
    """

    def __init__(self, engine: Engine, apply: Apply, after_commit: Callable[[], None], spool: Spool) -> None:
        self.patience_seconds = PATIENCE_SECONDS
        self._engine = engine
        self._apply = apply
        self._after_commit = after_commit
        self._spool = spool
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._is_behind = threading.Event()
        # Held where the spool gains an entry or is found empty: else one could slip in just as the journal stops looking.
        self._spooling = threading.Lock()
        self._remembered: OrderedDict[tuple[str, int], TurnRecord] = OrderedDict()

    @property
    def is_behind(self) -> bool:
        """Whether turns wait in the spool."""
        return self._is_behind.is_set()

    def start(self) -> None:
        """Start writing, first what an earlier process had to leave behind."""
        if self._spool.adopt():
            self._is_behind.set()
        self._thread.start()

    def stop(self, patience_seconds: float = 5.0) -> None:
        """Write what waits, then end. What SQL does not take now stays in the spool for the next start."""
        self._waiting.put(None)
        self._thread.join(patience_seconds)
        if not self._thread.is_alive():
            self._spool.close()

    async def write(self, record: TurnRecord) -> TurnRecord:
        """Make a turn durable, in SQL or in the spool. Returns the record itself, or the one that stood under its key already."""
        if self._is_behind.is_set():
            return await asyncio.to_thread(self._put_aside, record)
        loop = asyncio.get_running_loop()
        written: asyncio.Future[TurnRecord] = loop.create_future()
        self._waiting.put_nowait(_Waiting(record, loop, written))
        patience = loop.call_later(self.patience_seconds, _give_up, written)
        try:
            return await written
        except TimeoutError:
            log.warning("journal.slow", call_id=record.call.call_id, turn=record.turn)
            self._is_behind.set()
            return await asyncio.to_thread(self._put_aside, record)
        finally:
            patience.cancel()

    def _put_aside(self, record: TurnRecord) -> TurnRecord:
        """Spool a turn; one that was taken already while SQL was away is answered with what it was."""
        key = (record.call.call_id, record.turn)
        known = self._remembered.setdefault(key, record)
        if known is not record:
            return known
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)
        try:
            with self._spooling:
                self._spool.append([pack(record)])
                self._is_behind.set()
        except OSError as error:
            # Neither SQL nor the disk: the caller is still answered, and the reconciler finds the call at the provider.
            log.error("journal.lost", call_id=record.call.call_id, turn=record.turn, reason=str(error))
        return record

    def _run(self) -> None:
        while True:
            try:
                first = self._waiting.get(timeout=RETRY_SECONDS)
            except queue.Empty:
                self._catch_up()
                continue
            batch: list[_Waiting] = []
            while first is not None:
                batch.append(first)
                if len(batch) == MAX_BATCH:
                    break
                try:
                    first = self._waiting.get_nowait()
                except queue.Empty:
                    break
            if batch:
                self._write_batch(batch)
            if first is None:
                self._catch_up()
                return

    def _write_batch(self, batch: list[_Waiting]) -> None:
        if self._is_behind.is_set():
            stored = [self._put_aside(each.record) for each in batch]
        else:
            try:
                stored = self._commit([each.record for each in batch])
            except SQLAlchemyError:
                # Alone, each turn either goes in or shows what is wrong; a deadlock between two processes dissolves.
                stored = [self._commit_alone(each.record) for each in batch]
        for loop in {each.loop for each in batch}:
            mine = [(each.written, result) for each, result in zip(batch, stored, strict=True) if each.loop is loop]
            loop.call_soon_threadsafe(_settle, mine)

    def _commit_alone(self, record: TurnRecord) -> TurnRecord:
        if not self._is_behind.is_set():
            try:
                return self._commit([record])[0]
            except SQLAlchemyError as error:
                reason = str(error.__cause__ or error)[:300]
                log.error("journal.sql_away", call_id=record.call.call_id, turn=record.turn, reason=reason)
                self._is_behind.set()
        return self._put_aside(record)

    def _catch_up(self) -> None:
        """Bring the spool's turns into SQL, in order, as long as SQL takes them."""
        if not self._is_behind.is_set():
            return
        place = written = 0
        try:
            while True:
                entries, following = self._spool.read(place)
                if not entries:
                    if self._is_caught_up(place):
                        break
                    continue
                self._commit([unpack(entry) for entry in entries], were_heard=True)
                place, written = following, written + len(entries)
        except (SQLAlchemyError, NothingPublished) as error:  # the second just after a start, before the flows are read
            log.warning("journal.still_behind", reason=str(error.__cause__ or error)[:200])
            return
        self._after_commit()
        log.info("journal.caught_up", turns=written)

    def _is_caught_up(self, place: int) -> bool:
        """Go back to writing at once if nothing was spooled behind `place`."""
        with self._spooling:
            if not self._spool.forget(place):
                return False
            self._is_behind.clear()
            self._remembered.clear()
            return True

    def _commit(self, records: list[TurnRecord], *, were_heard: bool = False) -> list[TurnRecord]:
        with writing(self._engine) as connection:
            new = set(insert_many_once(connection, turns, [_row(record) for record in records], "call_id", "turn"))
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
            has_consequences = self._apply(connection, following)
        if has_consequences:
            self._after_commit()
        return stored


def _make_room(connection: Connection, record: TurnRecord) -> list[TurnRecord]:
    """Put a turn where a hang-up was noted too early, and take that end back.

    Returns the turn that truly ended the call, to be followed once more, if it is here already; else it is still in a
    spool, or the reconciler adds it.
    """
    place = (turns.c.call_id == record.call.call_id, turns.c.turn == record.turn)
    connection.execute(turns.update().where(*place).values(_row(record)))
    connection.execute(calls.update().where(calls.c.id == record.call.call_id).values(outcome=None))
    last = last_turn(connection, record.call)
    return [last] if last is not None and last.turn != record.turn and last.session.ended else []


def _row(record: TurnRecord) -> dict[str, Any]:
    return {
        "call_id": record.call.call_id,
        "turn": record.turn,
        "at": record.at,
        "input": to_json(record.input),
        "results": [to_json(result) for result in record.results],
        "events": [to_json(event) for event in record.events],
        "session": record.session.to_dict(),
    }


def pack(record: TurnRecord) -> dict[str, Any]:
    """A turn as JSON, for the spool."""
    return {**_row(record), "call": asdict(record.call), "at": record.at.isoformat()}


def unpack(entry: dict[str, Any]) -> TurnRecord:
    """Undo pack."""
    return TurnRecord(
        call=CallFacts(**entry["call"]),
        turn=entry["turn"],
        at=datetime.fromisoformat(entry["at"]),
        input=from_json(entry["input"]),
        results=tuple(from_json(result) for result in entry["results"]),
        events=tuple(from_json(event) for event in entry["events"]),
        session=Session.from_dict(entry["session"]),
    )


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
                apply(connection, [record])

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


def _give_up(written: asyncio.Future[TurnRecord]) -> None:
    if not written.done():
        written.set_exception(TimeoutError())


def _settle(settled: list[tuple[asyncio.Future[TurnRecord], TurnRecord]]) -> None:
    for written, stored in settled:
        if not written.done():
            written.set_result(stored)
