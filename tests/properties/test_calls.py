"""Random callers, lost and repeated webhooks, SQL away, processes killed: no message, wish or promise is lost or doubled.

Time is virtual; the parts are the real ones.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy.exc import SQLAlchemyError

import ivr.journal.journal
from flows.inputs import Dialed, DialStatus, Digits, HungUp, Input, Recorded, Silence
from flows.session import Session
from flows.verbs import Dial, Gather, HangUp, Record
from ivr.calls.call import FINAL, CallStatus, call_id_of
from ivr.journal.codec import to_json
from ivr.journal.turn_record import CallFacts
from ivr.provider_callbacks import note_recording, note_status
from ivr.providers.listing import ListedCall, ListedRecording
from ivr.providers.twiml import TurnLinks, render
from ivr.published_flows import PublishedFlows
from ivr.publishing import publish_folder
from ivr.reconciler import UNEXPECTED_TURN, Findings, reconcile
from ivr.turns import Answer
from runtime.ids import derived_id
from runtime.moments import from_ms
from runtime.sql.database import metadata, open_database
from tests.front import DEFINITIONS
from tests.properties.examples import as_test, played
from tests.properties.house import House, Process, Sql, Trouble
from voicemail.recordings import ProviderAccount

NOBODY: ProviderAccount = None  # type: ignore[assignment]  # the lists below are asked instead
KEYS = "1112334440*9"
DIALLED: tuple[DialStatus, ...] = ("completed", "no_answer", "busy", "failed")
some = st.integers(0, 11)


@dataclass
class Line:
    """One call as the provider knows it, and what its caller heard last."""

    facts: CallFacts
    began: datetime
    answer: Answer
    session: Session
    status: CallStatus = "in_progress"
    promise_heard: set[datetime] = field(default_factory=set)


@dataclass(frozen=True)
class Request:
    """A request that was answered, so that it can be repeated."""

    line: Line
    token: str | None
    given: Input | None
    turn: int
    document: bytes


class Calls(RuleBasedStateMachine):
    """Callers, their provider, and two processes that answer."""

    sql: ClassVar[Sql]
    published_flows: ClassVar[PublishedFlows]
    folder: ClassVar[Path]
    loop: ClassVar[asyncio.AbstractEventLoop]
    present: ClassVar[Calls]  # whose provider the reconciler asks

    def __init__(self) -> None:
        super().__init__()
        self.house = House(self.sql, self.published_flows, self.folder, self.loop)
        self.lines: list[Line] = []
        self.requests: list[Request] = []
        self.pending: list[Callable[[Process], None]] = []  # webhooks that no answer depends on
        self.recordings: list[ListedRecording] = []
        self.accepted: set[tuple[str, int]] = set()
        self.final: dict[str, str] = {}
        self.steps = 0
        Calls.present = self

    # What callers do.

    @precondition(lambda self: len(self.lines) < 5)
    @rule(number=st.sampled_from(["+37120000001", "+37120000002", None]), at=st.booleans())
    def ring(self, number: str | None, at: bool) -> None:
        sid = f"CA{len(self.lines):032x}"
        facts = CallFacts(call_id_of(sid), sid, number, "+37167000000", "inbound")
        answer = self.house.run(self.house.processes[at].turns.begin(facts))
        line = Line(facts, self.house.now, answer, self._session(answer, sid))
        self.lines.append(line)
        self._heard(line, answer, None, None)

    @precondition(lambda self: len(self.lines) < 5)
    @rule(to=st.sampled_from("344"), accepts=st.booleans(), at=st.booleans())
    def ring_for(self, to: str, accepts: bool, at: bool) -> None:
        """A caller who knows the way: to the complaints, or to the offer of being called back, which some accept at once."""
        self.ring("+37120000003", at)
        line = self.lines[-1]
        for key in ("1", to):
            if line.session.node in ("language", "main"):
                self._press(line, Digits(key if line.session.node == "language" else to), at)
        if line.session.node == "ring_back" and accepts:
            self._press(line, Digits("1"), at)

    @precondition(lambda self: any(line.status == "in_progress" for line in self.lines))
    @rule(which=some, how=some, at=st.booleans(), slowly=st.sampled_from([False] * 9 + [True]))
    def go_on(self, which: int, how: int, at: bool, slowly: bool) -> None:
        """The caller presses, is silent, speaks, or the other leg of a transfer ends."""
        line = self._on_the_line(which)
        match line.answer.verbs[-1]:
            case Gather() if line.session.node == "ring_back" and how:
                given: Input = Digits("1" if how < 9 else "2")
            case Gather():
                given = Digits(KEYS[how]) if how else Silence()
            case Record() if how > 1:
                given = Recorded(self._record(line, how, is_told=how % 2 == 0), how, "#")
            case Record():
                given = Recorded(None, 0)
            case Dial():
                given = Dialed(DIALLED[how % 4], how)
            case verb:
                raise AssertionError(f"the caller waits at {verb}")
        if slowly:
            with self.house.slow_commit():
                self._press(line, given, at)
        else:
            self._press(line, given, at)

    @precondition(lambda self: any(line.status == "in_progress" for line in self.lines))
    @rule(which=some, seconds=some)
    def hang_up(self, which: int, seconds: int) -> None:
        line = self._on_the_line(which)
        if isinstance(line.answer.verbs[-1], Record) and seconds:
            left = HungUp(self._record(line, seconds, is_told=True), seconds)
            token = line.answer.state
            self.pending.append(lambda process: self._late(process, line, token, left))
        self._is_over(line)

    # What the provider does.

    @precondition(lambda self: self.pending)
    @rule(which=some, fate=st.sampled_from(["once", "once", "again", "lost"]), at=st.booleans())
    def tell(self, which: int, fate: str, at: bool) -> None:
        """A webhook comes, in whatever order; it may come again, or never."""
        number = which % len(self.pending)
        if fate != "lost":
            try:
                self.pending[number](self.house.processes[at])
            except SQLAlchemyError:
                return  # 503: it stays to be told again
        if fate != "again":
            del self.pending[number]

    @precondition(lambda self: self.requests)
    @rule(which=some, at=st.booleans())
    def repeat(self, which: int, at: bool) -> None:
        """The same webhook gets the same bytes wherever its first answer can be known."""
        request = self.requests[-1 - which % len(self.requests)]
        process, line = self.house.processes[at], request.line
        is_known = process.remembers(line.facts.call_id, request.turn)
        if not process.journal.is_behind and not self.sql.trouble:
            query = "SELECT input FROM turns WHERE call_id = ? AND turn = ?"
            stored = [json.loads(given) for (given,) in self.sql.glance(query, line.facts.call_id, request.turn)]
            # Not where a hang-up was noted first: nobody hears the answer.
            is_known = stored != [] and (request.given is None or stored == [to_json(request.given)])
        if not is_known:
            return
        if request.token is None or request.given is None:
            answer = self.house.run(process.turns.begin(line.facts))
        else:
            answer = self.house.run(process.turns.go_on(line.facts, request.token, request.given))
        assert self._document(answer) == request.document

    @precondition(lambda self: self.lines)
    @rule(which=some, status=st.sampled_from(["queued", "ringing", "in_progress", "failed", "busy"]))
    def stray_status(self, which: int, status: CallStatus) -> None:
        """F04: one that is late; a final one only comes when the call is over."""
        line = self.lines[which % len(self.lines)]
        if status not in FINAL or line.facts.call_id in self.final:
            try:
                note_status(self.sql.engine, line.facts, status, 0, self.house.now)
            except SQLAlchemyError:
                return

    # What befalls the house.

    @rule(trouble=st.sampled_from(["", "", "away", "read_only", "unsure"]))
    def sql_has(self, trouble: Trouble) -> None:
        self.sql.trouble = trouble

    @rule(which=st.booleans())
    def catch_up(self, which: bool) -> None:
        self.house.processes[which].catch_up()

    @rule(which=st.booleans())
    def kill(self, which: bool) -> None:
        self.house.restart(which)

    @rule(minutes=st.sampled_from([1, 5, 25, 400]))
    def pass_time(self, minutes: int) -> None:
        self.house.now += timedelta(minutes=minutes)

    @rule(at=st.booleans())
    def compare_with_the_provider(self, at: bool) -> None:
        try:
            self._reconcile(self.house.processes[at])
        except SQLAlchemyError:
            return  # the clock tries again in half a minute

    # What must hold.

    @invariant()
    def nobody_was_failed(self) -> None:
        self.steps += 1
        assert self.house.cries == []

    @invariant()
    def a_final_status_stays(self) -> None:
        for call_id, status in self.sql.glance("SELECT id, status FROM calls"):
            if status in FINAL:
                assert self.final.setdefault(call_id, status) == status

    @invariant()
    def a_message_has_one_callback_at_most(self) -> None:
        doubled = (
            "SELECT voicemail_id FROM callback_sources WHERE voicemail_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        )
        assert self.sql.glance(doubled) == []

    def teardown(self) -> None:
        try:
            for line in self.lines:
                self._is_over(line)
            self.house.calm_down()
            self._reconcile(self.house.processes[0])
            self._check_the_end()
            assert self._reconcile(self.house.processes[1]) == Findings()
            assert self.house.cries == []
        finally:
            self.house.close()
        played["calls: cases"] += 1
        played["calls: steps"] += self.steps
        played["calls: messages left"] += len(self.recordings)
        played["calls: callbacks accepted"] += len(self.accepted)

    def _check_the_end(self) -> None:
        glance = self.sql.glance
        ended = {
            call_id: (status, outcome) for call_id, status, outcome in glance("SELECT id, status, outcome FROM calls")
        }
        assert set(ended) == {line.facts.call_id for line in self.lines}
        assert all(status in FINAL and outcome for status, outcome in ended.values())  # I1
        messages = glance(
            "SELECT call_id, turn, recording_id, status, callback_id FROM voicemails WHERE recording_id IS NOT NULL"
        )
        assert sorted(recording_id for _, _, recording_id, *_ in messages) == sorted(
            each.recording_id for each in self.recordings
        )  # I2
        assert all(status == "available" and callback_id for *_, status, callback_id in messages)
        told = {
            (call_id, turn): (source, callback_id)
            for call_id, turn, source, callback_id in glance(
                "SELECT call_id, turn, id, callback_id FROM callback_sources"
            )
        }
        wanted = {(call_id, turn) for call_id, turn, *_ in messages}
        assert set(told) == wanted | self.accepted  # I5: each wish once
        assert not wanted & self.accepted
        assert {callback_id for _, callback_id in told.values()} == {
            name for (name,) in glance("SELECT id FROM callbacks")
        }
        numbers: dict[str, list[int]] = {}
        for call_id, turn in glance("SELECT call_id, turn FROM turns ORDER BY call_id, turn"):
            numbers.setdefault(call_id, []).append(turn)
        assert set(numbers) <= set(ended)
        assert all(taken == list(range(1, len(taken) + 1)) for taken in numbers.values())
        self._check_promises({place: source for place, (source, _) in told.items()})

    def _check_promises(self, sources: dict[tuple[str, int], str]) -> None:
        """What was said is what is stored: a promise that binds was heard, and the one that was heard binds."""
        lines = {line.facts.call_id: line for line in self.lines}
        made = {
            name: (from_ms(until), bool(spoken))
            for name, until, spoken in self.sql.glance("SELECT id, promised_until, spoken FROM promises")
        }
        for (call_id, turn), source in sources.items():
            if turn >= UNEXPECTED_TURN:
                continue  # found at the provider while the turn of its beep lay in a dead process's spool: nothing told
            line = lines[call_id]
            promise = made.get(derived_id("pr", source))
            if promise is not None and promise[1]:
                assert promise[0] in line.promise_heard
            told = line.session.promise
            if told is not None and told.spoken:
                assert promise == (told.until, True)

    def _heard(self, line: Line, answer: Answer, token: str | None, given: Input | None) -> None:
        self.requests.append(Request(line, token, given, answer.turn, self._document(answer)))
        if line.session.promise is not None and line.session.promise.spoken:
            line.promise_heard.add(line.session.promise.until)
        if isinstance(answer.verbs[-1], HangUp):
            self._is_over(line)

    def _press(self, line: Line, given: Input, at: bool) -> None:
        token, before = line.answer.state, line.session
        answer = self.house.run(self.house.processes[at].turns.go_on(line.facts, token, given))
        line.answer, line.session = answer, self._session(answer, line.facts.provider_call_id)
        if before.node == "ring_back" and given == Digits("1"):
            self.accepted.add((line.facts.call_id, answer.turn))
        self._heard(line, answer, token, given)

    def _late(self, process: Process, line: Line, token: str, left: HungUp) -> None:
        answer = self.house.run(process.turns.go_on(line.facts, token, left))
        assert all(isinstance(verb, HangUp) for verb in answer.verbs)

    def _is_over(self, line: Line) -> None:
        if line.status == "in_progress":
            line.status = "completed"
            self.pending.append(lambda process: self._completed(process, line))

    def _completed(self, process: Process, line: Line) -> None:
        note_status(self.sql.engine, line.facts, "completed", 30, self.house.now)
        self.house.run(process.turns.end(line.facts))

    def _record(self, line: Line, seconds: int, is_told: bool) -> str:
        recording = f"RE{len(self.recordings):032x}"
        self.recordings.append(ListedRecording(recording, line.facts.provider_call_id, seconds, self.house.now, True))
        turn = line.answer.turn
        if is_told:
            self.pending.append(
                lambda process: note_recording(
                    self.sql.engine, self.published_flows.company, line.facts, turn, recording, seconds, self.house.now
                )
            )
        return recording

    def _reconcile(self, process: Process) -> Findings:
        return reconcile(
            self.sql.engine,
            self.published_flows.company,
            NOBODY,
            self.house.now,
            lambda call: self.house.run(process.turns.end(call)),
            look_back=timedelta(days=30),
        )

    def list_calls(self) -> Iterator[ListedCall]:
        for line in self.lines:
            facts = line.facts
            yield ListedCall(
                facts.provider_call_id, facts.from_number, facts.to_number, "inbound", line.status, line.began, 30
            )

    def _on_the_line(self, which: int) -> Line:
        there = [line for line in self.lines if line.status == "in_progress"]
        return there[which % len(there)]

    def _session(self, answer: Answer, sid: str) -> Session:
        return self.house.seal.open(answer.state, sid)

    def _document(self, answer: Answer) -> bytes:
        links = TurnLinks("https://ivr.example.test", answer.state, answer.turn)
        return render(answer.verbs, links, self.published_flows.company.voices)


@pytest.fixture(scope="module", autouse=True)
def _house(request: pytest.FixtureRequest) -> Iterator[None]:
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="rb-properties-", dir=memory if memory.is_dir() else None))
    engine = open_database(f"sqlite:///{folder / 'house.sqlite3'}")
    metadata.create_all(engine)
    publish_folder(engine, DEFINITIONS, "", "tests")
    Calls.published_flows = PublishedFlows(engine)
    Calls.published_flows.refresh()
    Calls.sql = Sql(engine)
    Calls.folder = folder / "spool"
    Calls.folder.mkdir()
    Calls.loop = asyncio.new_event_loop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ivr.journal.journal, "RETRY_SECONDS", 1e6)  # it catches up when the machine says so
        patch.setattr("ivr.reconciler.list_calls", lambda *_: Calls.present.list_calls())
        patch.setattr("ivr.reconciler.list_recordings", lambda *_: iter(Calls.present.recordings))
        yield
    Calls.loop.run_until_complete(Calls.loop.shutdown_default_executor())
    Calls.loop.close()
    engine.dispose()
    shutil.rmtree(folder)


TestNothingIsLostOrDoubled = as_test(Calls, usual=650, steps=20)
