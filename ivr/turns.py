"""A turn: open the state, ask the engine, record, answer. Knows nothing of forms and markup."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from callbacks.backlog import backlog
from callbacks.schedule.promise_quote import perform_effect
from flows import engine
from flows.events import Effect, Event, InputIgnored, QuotePromise
from flows.inputs import HungUp, Input, Result, Trouble
from flows.model import Flow
from flows.session import Caller, Session
from flows.turn import Turn
from flows.verbs import Verb
from ivr.calls.callers import Callers, caller_at
from ivr.calls.news import tell_ends_of_call
from ivr.journal.codec import Rang
from ivr.journal.journal import Journal
from ivr.journal.past_turns import last_turn
from ivr.journal.turn_record import CallFacts, TurnRecord
from ivr.published_flows import PublishedFlows
from ivr.state import BadToken, StateSeal
from runtime.moments import whole_ms
from runtime.sql.database import reading

log = structlog.get_logger()

Found = TypeVar("Found")

# What a caller may wait for a look at SQL; without an answer the call goes on without it (docs/decisions/0002).
LOOK_UP_SECONDS = 0.15
MAX_EFFECTS_A_TURN = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the phone does next, and the sealed state that comes back with its next request."""

    verbs: tuple[Verb, ...]
    state: str
    turn: int


@dataclass(frozen=True, slots=True)
class _Played:
    """An input played through the engine, its effects performed on the way."""

    verbs: tuple[Verb, ...]
    events: tuple[Event, ...]
    results: tuple[Result, ...]
    session: Session


class Turns:
    """Takes the turns of calls. One per process; safe for any number of calls at once."""

    def __init__(
        self,
        published_flows: PublishedFlows,
        seal: StateSeal,
        journal: Journal,
        database: Engine,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.look_up_seconds = LOOK_UP_SECONDS
        self._published_flows = published_flows
        self._seal = seal
        self._journal = journal
        self._database = database
        self._clock = clock
        self.callers = Callers(database)
        self._lookers = ThreadPoolExecutor(4, thread_name_prefix="look-up")

    def start(self) -> None:
        """Begin to look callers up; `end` works without."""
        self.callers.start()

    def stop(self) -> None:
        self.callers.stop()
        self._lookers.shutdown(wait=False)

    async def begin(self, call: CallFacts) -> Answer:
        """Answer a call that just came in."""
        now = self._now()
        caller = await self.callers.find(call.from_number, self.look_up_seconds)
        return await self._take(call, Rang(caller), None, now)

    async def go_on(self, call: CallFacts, token: str, given: Input) -> Answer:
        """Answer the next request of a call with what the caller did."""
        try:
            session = self._seal.open(token, call.provider_call_id)
        except BadToken as error:
            log.error("turn.bad_token", call_id=call.call_id, reason=str(error))
            return await self._last_resort(call, None, caller_at(call.from_number), "the state cannot be read")
        return await self._take(call, given, session, self._now())

    async def end(self, call: CallFacts) -> None:
        """The call is over and nobody said so with a token: hang up where the journal says it stands.

        A call that ended already, or of which nothing is known, stays as it is. Raises SQLAlchemyError when SQL is away.
        """
        last = await asyncio.get_running_loop().run_in_executor(self._lookers, self._last_turn, call)
        if last is not None and not last.session.ended:
            await self._take(call, HungUp(), last.session, self._now())

    async def _take(self, call: CallFacts, given: Rang | Input, session: Session | None, now: datetime) -> Answer:
        try:
            flow = await self._flow_of(call, session)
            played = await self._play(call, flow, given, session, now, None)
            if session is not None and any(isinstance(event, InputIgnored) for event in played.events):
                log.info("turn.ignored", call_id=call.call_id, turn=session.turn)
                return self._answer(call, played)
            record = TurnRecord(call, played.session.turn, now, given, played.results, played.events, played.session)
            stored = await self._journal.write(record)
            if stored is not record and (stored.at, stored.input, stored.results) != (now, given, played.results):
                # The same turn was taken before: answer from what it was given, so that the answer is the same.
                played = await self._play(call, flow, stored.input, session, stored.at, list(stored.results))
            if stored is record:
                tell_ends_of_call(record, flow.flow if flow is not None else "")
            log.info("turn.taken", call_id=call.call_id, turn=played.session.turn, node=played.session.node)
            return self._answer(call, played)
        except Exception:
            log.exception("turn.failed", call_id=call.call_id, turn=session.turn if session else 0)
            caller = given.caller if isinstance(given, Rang) else caller_at(call.from_number)
            return await self._last_resort(call, session, caller, "the turn could not be taken")

    async def _play(
        self,
        call: CallFacts,
        flow: Flow | None,
        given: Rang | Input,
        session: Session | None,
        now: datetime,
        known_results: list[Result] | None,
    ) -> _Played:
        company = self._published_flows.company
        if not isinstance(given, Rang):
            assert session is not None
            turn = engine.resume(flow, company, session, given, now)
        elif flow is None:
            turn = engine.recover(None, company, None, given.caller, "no flow answers this number", now)
        else:
            turn = engine.start(flow, company, given.caller, now, call.to_number or "")
        verbs, events = list(turn.verbs), list(turn.events)
        results: list[Result] = []
        while (effect := turn.effect) is not None:
            if flow is None or len(results) >= MAX_EFFECTS_A_TURN:
                turn = engine.recover(flow, company, turn.session, caller_at(call.from_number), "too many steps", now)
            else:
                result = (
                    known_results.pop(0)
                    if known_results
                    else await self._perform(call, effect, turn.session.language, now)
                )
                results.append(result)
                turn = engine.resume(flow, company, turn.session, result, now)
            verbs += turn.verbs
            events += turn.events
        return _Played(tuple(verbs), tuple(events), tuple(results), turn.session)

    async def _perform(self, call: CallFacts, effect: Effect, language: str, now: datetime) -> Result:
        waiting = 0
        if isinstance(effect, QuotePromise):
            waiting = await self._within_budget(call, "backlog", lambda: self._backlog(effect.queue)) or 0
        return perform_effect(effect, self._published_flows.company, now, waiting, language)

    async def _flow_of(self, call: CallFacts, session: Session | None) -> Flow | None:
        if session is None:
            return self._published_flows.flow_for(call.to_number)
        if not session.version:
            return None
        known = self._published_flows.version(session.version)
        if known is not None:
            return known
        return await self._within_budget(call, "flow", lambda: self._published_flows.load_version(session.version))

    async def _last_resort(self, call: CallFacts, session: Session | None, caller: Caller, reason: str) -> Answer:
        now = self._now()
        turn: Turn = engine.recover(None, self._published_flows.company, session, caller, reason, now)
        played = _Played(turn.verbs, turn.events, (), turn.session)
        record = TurnRecord(call, turn.session.turn, now, Trouble(reason), (), turn.events, turn.session)
        await self._journal.write(record)
        return self._answer(call, played)

    def _answer(self, call: CallFacts, played: _Played) -> Answer:
        return Answer(played.verbs, self._seal.seal(played.session, call.provider_call_id), played.session.turn)

    def _last_turn(self, call: CallFacts) -> TurnRecord | None:
        with reading(self._database) as connection:
            return last_turn(connection, call)

    def _backlog(self, queue: str) -> int:
        with reading(self._database) as connection:
            return backlog(connection, queue)

    async def _within_budget(self, call: CallFacts, what: str, ask: Callable[[], Found]) -> Found | None:
        asked = asyncio.get_running_loop().run_in_executor(self._lookers, ask)
        try:
            return await asyncio.wait_for(asked, self.look_up_seconds)
        except TimeoutError:
            log.warning("turn.look_up_slow", call_id=call.call_id, what=what)
        except SQLAlchemyError as error:
            log.warning("turn.look_up_failed", call_id=call.call_id, what=what, reason=str(error)[:200])
        return None

    def _now(self) -> datetime:
        return whole_ms(self._clock())  # a turn answered again from the journal must see the same time
