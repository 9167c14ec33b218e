"""Claims of many agents at once share a question to the index and a transaction; each agent gets an answer of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Final, Literal

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callbacks.callback import Callback
from callbacks.index import Index
from callbacks.loans import Loan, already, confirm
from callbacks.queue import Taken, Wanted
from runtime.database import reading, writing

log = structlog.get_logger()

# Claims of one transaction; the others are in the next.
_TOGETHER: Final = 64
# From so many agents on, half of them are with the index while the other half is with SQL; fewer fill one transaction.
_TWO_PARTIES: Final = 24
# Whoever leads waits for this part of a transaction's time for those who claimed last time: they come back together.
_PATIENCE: Final = 0.25
_MOST_PATIENCE_SECONDS: Final = 0.005

_AWAY: Final = (OperationalError, PoolTimeout)

# `lead`: it is this agent's turn to ask for all who wait.
Answer = Callback | BaseException | Literal["lead"] | None


@dataclass(slots=True)
class _Asking:
    """An agent who waits for an answer."""

    wanted: Wanted
    now: datetime | None
    answer: SimpleQueue[Answer] = field(default_factory=SimpleQueue)
    is_answered: bool = False

    def give(self, answer: Answer) -> None:
        self.is_answered = True
        self.answer.put(answer)


class Claims:
    """The claims of one process: the agent who comes first asks for all who wait. Safe to share between threads."""

    def __init__(self, engine: Engine, index: Index, lease: timedelta) -> None:
        self._engine = engine
        self._index = index
        self._lease = lease
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting: list[_Asking] = []
        self._under_way = 0  # agents whose answer is being made
        self._is_led = False
        self._expected = 1
        self._commit_seconds = 0.0

    def next(self, queues: Sequence[str] | None, holder: str, nonce: str, now: datetime | None) -> Callback | None:
        """Claim what the index says is next, confirmed in SQL; None when it knows of nothing or cannot answer."""
        asking = _Asking(Wanted(queues, holder, nonce), now)
        with self._lock:
            self._waiting.append(asking)
            leads = not self._is_led
            self._is_led = True
            if not leads and self._are_enough():
                self._changed.notify()
        answer: Answer = "lead" if leads else asking.answer.get()
        if answer == "lead":
            self._lead()
            answer = asking.answer.get()
        if isinstance(answer, BaseException):
            raise answer
        assert answer != "lead"
        return answer

    def _lead(self) -> None:
        """Answer a party of those who wait, this agent among them. When the index has answered, the next one leads."""
        with self._lock:
            self._gather()
            together = self._waiting[: self._party()]
            del self._waiting[: len(together)]
            self._under_way += len(together)
        try:
            try:
                lent = self._lend_out(together)
            finally:
                self._pass_on()
            self._serve(lent)
        except BaseException as error:
            for asking in together:
                if not asking.is_answered:
                    self._give(asking, error)
            raise

    def _gather(self) -> None:
        """Wait until enough are here: without end while others are served, then a moment for those to come back."""
        while self._under_way and not self._are_enough():
            self._changed.wait()
        give_up = time.monotonic() + min(self._commit_seconds * _PATIENCE, _MOST_PATIENCE_SECONDS)
        while not self._are_enough() and (left := give_up - time.monotonic()) > 0:
            self._changed.wait(left)

    def _are_enough(self) -> bool:
        return len(self._waiting) >= self._party()

    def _party(self) -> int:
        """How many go together: all, or of many half."""
        agents = max(self._expected, len(self._waiting) + self._under_way)
        return min(agents if agents < _TWO_PARTIES else (agents + 1) // 2, _TOGETHER)

    def _pass_on(self) -> None:
        with self._lock:
            self._expected = max(1, len(self._waiting) + self._under_way)
            self._is_led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].answer.put("lead")

    def _serve(self, lent: Sequence[tuple[_Asking, Loan]]) -> None:
        """Confirm, and ask again for those with whom the index was behind, until each is answered."""
        while behind := self._confirm(lent):
            lent = self._lend_out(behind)

    def _give(self, asking: _Asking, answer: Answer) -> None:
        with self._lock:
            self._under_way -= 1
            if not self._under_way:
                self._changed.notify()
        asking.give(answer)

    def _lend_out(self, together: Sequence[_Asking]) -> list[tuple[_Asking, Loan]]:
        """What the index lends to each; who gets nothing is answered."""
        wanted = [each.wanted for each in together]
        taken: Sequence[Taken | None] = self._index.ask(lambda queue: queue.claim_many(wanted, self._lease)) or [
            None
        ] * len(wanted)
        lent: list[tuple[_Asking, Loan]] = []
        for asking, one in zip(together, taken, strict=True):
            if one is None:
                self._give(asking, None)
                continue
            at = asking.now or datetime.now(UTC)
            loan = Loan(one.id, one.version, asking.wanted.holder, asking.wanted.nonce, at, at + self._lease)
            lent.append((asking, loan))
        return lent

    def _confirm(self, lent: Sequence[tuple[_Asking, Loan]]) -> list[_Asking]:
        """Answer those whose loan SQL confirms; return those who must ask again, because the index was behind."""
        if not lent:
            return []
        began = time.monotonic()
        try:
            with writing(self._engine) as connection:
                claimed = confirm(connection, [loan for _, loan in lent])
        except Exception as error:  # noqa: BLE001 - one of them may be at fault, or the word of the commit was lost
            log.warning("claims.one_by_one", claims=len(lent), reason=str(error)[:200])
            return self._one_by_one(lent)
        self._commit_seconds = time.monotonic() - began
        self._answer(lent, claimed)
        others = [(asking, loan) for asking, loan in lent if loan.nonce not in claimed]
        if len(lent) == 1:
            self._index.correct([loan.id for _, loan in others])
            return [asking for asking, _ in others]
        return self._one_by_one(others)

    def _one_by_one(self, lent: Sequence[tuple[_Asking, Loan]]) -> list[_Asking]:
        """As `_confirm`, in a transaction each: what fails fails for this agent alone, unless SQL is away."""
        behind: list[_Asking] = []
        away: Exception | None = None
        for asking, loan in lent:
            claimed: dict[str, Callback] = {}
            try:
                if away is not None:
                    raise away
                with reading(self._engine) as connection:
                    known = already(connection, loan)
                if known is not None:
                    claimed[loan.nonce] = known
                else:
                    with writing(self._engine) as connection:
                        claimed = confirm(connection, [loan])
            except Exception as error:  # noqa: BLE001 - told to the agent; the callback must not wait for its lease to end
                away = error if isinstance(error, _AWAY) else None
                self._index.tell(lambda queue, loan=loan: queue.release(loan.id, loan.nonce))  # type: ignore[misc]
                self._give(asking, error)
                continue
            if claimed:
                self._answer([(asking, loan)], claimed)
            else:
                self._index.correct([loan.id])
                behind.append(asking)
        return behind

    def _answer(self, lent: Sequence[tuple[_Asking, Loan]], claimed: dict[str, Callback]) -> None:
        found = [(asking, loan, claimed[loan.nonce]) for asking, loan in lent if loan.nonce in claimed]
        if found:
            for asking, _, callback in found:
                self._give(asking, callback)
            now = max(loan.at for _, loan, _ in found)
            self._index.tell(lambda queue: queue.confirmed([callback for _, _, callback in found], now))
