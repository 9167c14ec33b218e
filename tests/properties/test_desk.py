"""Agents, the clock and a queue server that loses its memory: each callback is completed once, and none is forgotten.

SQL and Redis are real; time is virtual.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pytest
import redis
import structlog
import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.exc import OperationalError

from callbacks.callback import FINAL_STATES, HELD_STATES, IllegalStep, NotTheHolder, Outcome, StaleNonce, TooLate
from callbacks.clock import Clock
from callbacks.desk import Desk
from callbacks.intake import ensure_callback
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.circuit import Circuit
from callbacks.queue.index import Index, deliver_changed
from callbacks.transition import CHANGED
from customers.request import Request
from customers.tables import customers
from flows.company.company import Company
from runtime.embedded import EmbeddedRedis
from runtime.redis import open_redis
from runtime.sql.database import insert_once, metadata, open_database, writing
from runtime.sql.outbox import deliver
from tests.properties.conftest import QUEUES
from tests.properties.examples import as_test, played
from tests.properties.house import Sql, Trouble

OPEN = datetime(2030, 3, 5, 8, 15, tzinfo=UTC)
ATTEMPTS: tuple[Outcome, ...] = (
    "no_answer",
    "busy",
    "voicemail_reached",
    "wrong_person",
    "invalid_number",
    "call_later",
)
ENDS: tuple[Outcome, ...] = ("resolved", "not_needed", "answered_elsewhere")
some = st.integers(0, 11)
who = st.booleans()


class Held(NamedTuple):
    """In which state a callback is, and by which lease."""

    state: str
    nonce: str | None


class Desks(RuleBasedStateMachine):
    """Two desks and two clocks on one SQL database and one queue server."""

    sql: ClassVar[Sql]
    redis: ClassVar[redis.Redis]
    company: ClassVar[Company]

    def __init__(self) -> None:
        super().__init__()
        structlog.configure(processors=[_silence])
        self.time = time_machine.travel(OPEN, tick=False)
        self.traveller = self.time.start()
        self.sql.empty()
        self.redis.flushall()
        self.circuits = [Circuit(), Circuit()]
        self.queues = [CallbackQueue(self.redis, circuit=circuit) for circuit in self.circuits]
        self.indices = [Index(self.sql.engine, queue) for queue in self.queues]
        self.desks = [Desk(self.sql.engine, lambda: self.company, queue) for queue in self.queues]
        self.wishes: dict[tuple[str, int], str] = {}  # call and turn -> callback
        self.leases: list[tuple[str, str, str]] = []  # every lease that was ever given: callback, nonce, holder
        self.given: set[str] = set()
        self.completed: dict[str, int] = {}
        self.versions: dict[str, int] = {}
        self.steps = 0
        self._beat(False)

    # What callers want.

    @initialize(queue=st.sampled_from(QUEUES))
    def morning(self, queue: str) -> None:
        for number in range(3):
            self.wish(number, "repair", number, queue)

    @rule(
        customer=st.integers(0, 3), intent=st.sampled_from(["repair", "bill"]), call=some, queue=st.sampled_from(QUEUES)
    )
    def wish(self, customer: int, intent: str, call: int, queue: str) -> None:
        """A new wish, or the same one told once more."""
        now, key = self._now(), (f"ca_{customer}_{intent}_{queue}", call)

        def ask() -> str:
            with writing(self.sql.engine) as connection:
                insert_once(connection, customers, id=f"cu_{customer}", created_at=now)
                number = "+37120000001" if customer else None
                until = now + timedelta(hours=2)
                asked = Request(key[0], call, f"cu_{customer}", queue, intent, "en", now, number, until, spoken=True)
                return ensure_callback(connection, asked, self.company)

        callback_id = self._surely(ask)
        assert self.wishes.setdefault(key, callback_id) == callback_id

    # What agents do.

    @rule(at=who, queue=st.sampled_from([None, *QUEUES]))
    def claim_next(self, at: bool, queue: str | None) -> None:
        self._note_lease(lambda: self.desks[at].claim_next(None if queue is None else [queue], f"agent {at}"))

    @precondition(lambda self: self.wishes)
    @rule(at=who, which=some)
    def claim(self, at: bool, which: int) -> None:
        names = sorted(set(self.wishes.values()))
        self._note_lease(lambda: self.desks[at].claim(names[which % len(names)], f"agent {at}"))

    @precondition(lambda self: self.leases)
    @rule(at=who, which=some, ends=st.sampled_from(ENDS))
    def complete(self, at: bool, which: int, ends: Outcome) -> None:
        """Also with a lease of long ago, which must be refused."""
        callback_id, nonce, by = self._lease(which)
        before = self._row(callback_id)
        try:
            self.desks[at].complete(callback_id, nonce, by, ends)
        except StaleNonce:
            assert before.nonce != nonce or before.state not in HELD_STATES
        except OperationalError:
            return
        else:
            assert before.nonce == nonce
            self.completed[callback_id] = self.completed.get(callback_id, 0) + (before.state in HELD_STATES)

    @precondition(lambda self: self.leases)
    @rule(at=who, which=some, outcome=st.sampled_from(ATTEMPTS))
    def attempt(self, at: bool, which: int, outcome: Outcome) -> None:
        callback_id, nonce, by = self._lease(which)
        later = self._now() + timedelta(hours=3)
        before = self._row(callback_id)
        self._write(
            callback_id, nonce, lambda: self.desks[at].attempt(callback_id, nonce, by, outcome, call_later_at=later)
        )
        after = self._row(callback_id)
        if after.state in FINAL_STATES and before.state not in FINAL_STATES:  # the last one that patience allows
            self.completed[callback_id] = self.completed.get(callback_id, 0) + 1

    @precondition(lambda self: self.leases)
    @rule(at=who, which=some, renews=st.booleans())
    def renew_or_release(self, at: bool, which: int, renews: bool) -> None:
        callback_id, nonce, by = self._lease(which)
        step = self.desks[at].renew if renews else self.desks[at].release
        self._write(callback_id, nonce, lambda: step(callback_id, nonce, by))

    @precondition(lambda self: self.leases)
    @rule(at=who, which=some)
    def undo(self, at: bool, which: int) -> None:
        """Also of what is open, was closed long ago, or by another lease."""
        callback_id, nonce, by = self._lease(which)
        before = self._row(callback_id)
        try:
            self.desks[at].undo(callback_id, nonce, by)
        except (IllegalStep, StaleNonce, TooLate):
            assert self._row(callback_id) == before
        except OperationalError:
            return
        else:
            assert before.state in FINAL_STATES
            assert before.nonce == nonce
            self.completed[callback_id] = self.completed.get(callback_id, 0) - 1

    @precondition(lambda self: self.leases)
    @rule(at=who, which=some)
    def write_under_a_colleagues_claim(self, at: bool, which: int) -> None:
        callback_id, nonce, _ = self._lease(which)
        with pytest.raises((NotTheHolder, StaleNonce, OperationalError)):
            self.desks[at].release(callback_id, nonce, "somebody else")

    # What befalls the queue server and SQL.

    @rule(at=who)
    def vanish_while_claiming(self, at: bool) -> None:
        """The index reserved one, and the process died before SQL knew."""
        self.indices[at].reserve_next(None, "nobody", f"no_vanished_{self.steps}", timedelta(milliseconds=-1))

    @rule(loses=st.sampled_from(["everything", "epoch", "another epoch", "one place", "one item"]), which=some)
    def memory_fails(self, loses: str, which: int) -> None:
        """Redis is emptied, restored from an old copy, or lacks some updates."""
        prefix = self.queues[0].prefix
        match loses:
            case "everything":
                self.redis.flushall()
            case "epoch":
                self.redis.delete(f"{prefix}:epoch")
            case "another epoch":
                self.redis.set(f"{prefix}:epoch", "ep_of_another_day")
            case _ if self.wishes:
                name = sorted(set(self.wishes.values()))[which % len(set(self.wishes.values()))]
                if loses == "one item":
                    self.redis.delete(f"{prefix}:item:{name}")
                for place in ("wait", "lease", *(f"ready:{queue}" for queue in QUEUES)):
                    self.redis.zrem(f"{prefix}:{place}", name)

    @rule(at=who, is_away=st.booleans())
    def server_hangs(self, at: bool, is_away: bool) -> None:
        if is_away:
            self.circuits[at].trip("it hangs", float("inf"))
        else:
            self.circuits[at].reset()

    @rule(trouble=st.sampled_from(["", "", "", "read_only", "unsure"]))
    def sql_has(self, trouble: Trouble) -> None:
        self.sql.trouble = trouble

    # What time and the clock do.

    @rule(minutes=st.sampled_from([1, 11, 61, 600]))
    def pass_time(self, minutes: int) -> None:
        self.traveller.shift(timedelta(minutes=minutes))

    @rule(at=who)
    def clock_beats(self, at: bool) -> None:
        self._beat(at)

    def _beat(self, at: bool) -> bool:
        """One beat of a clock, with the outbox and the minute's comparison; whether SQL let it."""
        try:
            deliver(self.sql.engine, {CHANGED: deliver_changed(self.sql.engine, self.queues[at])})
            clock = Clock(self.sql.engine, self.queues[at])  # one that was just started compares at once
            for _ in range(2):  # a difference counts when it is seen twice in a row
                clock.tick(self._now())
        except OperationalError:
            return False
        if not self.circuits[at].is_open:
            self._check_nothing_final_is_offered()
        return True

    # What must hold.

    @invariant()
    def versions_only_rise(self) -> None:
        self.steps += 1
        for callback_id, version in self.sql.glance("SELECT id, version FROM callbacks"):
            assert version >= self.versions.get(callback_id, 1)
            self.versions[callback_id] = version

    @invariant()
    def whoever_is_free_has_no_holder(self) -> None:
        held = ", ".join(f"'{state}'" for state in HELD_STATES)
        assert self.sql.glance(f"SELECT id FROM callbacks WHERE (holder IS NOT NULL) <> (state IN ({held}))") == []

    @invariant()
    def each_end_is_told_once(self) -> None:
        count = "SELECT callback_id, count(*) FROM history WHERE kind = 'callback.{}' GROUP BY 1"
        told, undone = (dict(self.sql.glance(count.format(kind))) for kind in ("closed", "undone"))
        lives = "SELECT id, reopened + (closed_at IS NOT NULL) FROM callbacks"
        assert all(told.get(name, 0) == ended + undone.get(name, 0) for name, ended in self.sql.glance(lives))

    def teardown(self) -> None:
        try:
            self._recover()
            self._check_index()
            self._work_everything_off()
            self._check_index()
        finally:
            self.sql.trouble = ""
            self.time.stop()
            structlog.reset_defaults()
        played["desk: cases"] += 1
        played["desk: steps"] += self.steps
        played["desk: wishes"] += len(self.wishes)
        played["desk: completed"] += sum(self.completed.values())

    def _recover(self) -> None:
        self.sql.trouble = ""
        for circuit in self.circuits:
            circuit.reset()
        for at in (False, True):
            assert self._beat(at)

    def _work_everything_off(self) -> None:
        """An agent at the end of all days finds every callback, each once, by the index or by SQL."""
        for _ in range(30):
            self.traveller.shift(timedelta(days=2))
            self._beat(False)
            while (held := self.desks[True].claim_next(None, "the last agent")) is not None and held.nonce:
                self.desks[True].complete(held.id, held.nonce, "the last agent", "resolved")
            states = {name: each for name, *each in self.sql.glance("SELECT id, state, sub_state FROM callbacks")}
            if all(state in FINAL_STATES for state, _ in states.values()):
                break
            for name, (state, sub_state) in states.items():
                if sub_state == "needs_number" and state == "waiting":
                    self.desks[True].give_number(name, "+37120000009", "the last agent")
        assert all(state in FINAL_STATES for state, _ in states.values())
        assert set(states) == set(self.wishes.values())
        sources = self.sql.glance("SELECT call_id, turn, callback_id FROM callback_sources")
        assert len(sources) == len(self.wishes)
        assert {(call_id, turn): callback_id for call_id, turn, callback_id in sources} == self.wishes
        self.each_end_is_told_once()
        self._beat(False)

    def _check_nothing_final_is_offered(self) -> None:
        final = {name for name, state in self.sql.glance("SELECT id, state FROM callbacks") if state in FINAL_STATES}
        assert not final & set(self._places())

    def _check_index(self) -> None:
        """I7: after the clock has looked, the index is what SQL says."""
        expected = {}
        for name, state, queue in self.sql.glance("SELECT id, state, queue FROM callbacks"):
            if state in HELD_STATES:
                expected[name] = "lease"
            elif state not in FINAL_STATES:
                expected[name] = "wait" if state == "waiting" else f"ready:{queue}"
        assert self._places() == expected

    def _places(self) -> dict[str, str]:
        """Where each callback stands in the index, as the server says itself."""
        keys = ("wait", "lease", *(f"ready:{queue}" for queue in QUEUES))
        with self.redis.pipeline(transaction=False) as asked:
            for key in keys:
                asked.zrange(f"{self.queues[0].prefix}:{key}", 0, -1)
            return {name: key for key, members in zip(keys, asked.execute(), strict=True) for name in members}

    def _note_lease(self, ask: Callable[[], Any]) -> None:
        try:
            lent = ask()
        except (IllegalStep, StaleNonce, OperationalError):
            return
        if lent is not None:
            assert lent.nonce not in self.given
            self.given.add(lent.nonce)
            self.leases.append((lent.id, lent.nonce, lent.holder))

    def _write(self, callback_id: str, nonce: str, write: Callable[[], object]) -> None:
        before = self._row(callback_id)
        try:
            write()
        except StaleNonce:
            assert before.nonce != nonce or before.state not in HELD_STATES
        except (IllegalStep, OperationalError):
            return
        else:
            assert before.nonce == nonce
            assert before.state in HELD_STATES

    def _surely(self, ask: Callable[[], str]) -> str:
        """As a webhook that is told again until it is taken."""
        while True:
            try:
                return ask()
            except OperationalError:
                self.sql.trouble = ""

    def _lease(self, which: int) -> tuple[str, str, str]:
        return self.leases[-1 - which % len(self.leases)]

    def _row(self, callback_id: str) -> Held:
        return Held(*self.sql.glance("SELECT state, nonce FROM callbacks WHERE id = ?", callback_id)[0])

    def _now(self) -> datetime:
        return datetime.now(UTC)


def _silence(_logger: object, _method: str, _event: Any) -> Any:
    raise structlog.DropEvent


@pytest.fixture(scope="module", autouse=True)
def _stores(redis_server: EmbeddedRedis, company: Company) -> Iterator[None]:
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="rb-desk-", dir=memory if memory.is_dir() else None))
    engine = open_database(f"sqlite:///{folder / 'desk.sqlite3'}")
    metadata.create_all(engine)
    Desks.sql = Sql(engine)
    Desks.redis = open_redis(redis_server.url)
    # A process that is held up is no queue server that hangs: that one the machine plays itself (server_hangs).
    Desks.redis.connection_pool.connection_kwargs["socket_timeout"] = None
    Desks.company = company
    yield
    Desks.redis.close()
    engine.dispose()
    shutil.rmtree(folder)


TestEachCallbackIsCompletedOnce = as_test(Desks, usual=270, steps=20)
