"""Agents who ask at the same moment go together: one question to the index for all, and one transaction.

While a batch is with SQL, the next one is with the index (docs/decisions/0022).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callbacks import loans_beside
from callbacks.callback import Callback
from callbacks.claims import Answer, Asked, Claims
from callbacks.loans import Batch, Loan
from runtime.batches import Batches
from runtime.handover import Handed
from runtime.sql.database import when_it_is_my_turn_to_write
from runtime.statements import Statements

log = structlog.get_logger()

Given = ParamSpec("Given")
Got = TypeVar("Got")

# Claims of one transaction at most; the others are in the next.
MAX_BATCH: Final = 64
# SQLite is waited for no longer than 5 seconds, Redis 2, and once more after both: this is an agent's last hope.
PATIENCE_SECONDS: Final = 20.0
# One for the index, one for SQL, and two for those for whom the index has nothing.
_THREADS: Final = 4

Waiting = Handed[Asked, Callback | None]


class ClaimsTogether:
    """For one event loop. Without `beside`, or while it is not ready, a thread writes."""

    def __init__(self, claims: Claims, engine: Engine, beside: Statements | None = None) -> None:
        self._claims = claims
        self._engine = engine
        self._beside = beside
        self._batches: Batches[Asked, Callback | None] = Batches(self._begin, MAX_BATCH)
        self._transactions = asyncio.Lock()  # one at a time: what waits meanwhile is a batch
        self._threads = ThreadPoolExecutor(_THREADS, "claims")
        self._under_way: set[asyncio.Task[None]] = set()

    async def next(self, asked: Asked) -> Callback | None:
        """As that of `Claims`. Raises SQLAlchemy's TimeoutError; it may be claimed all the same, until its lease ends."""
        try:
            return await self._batches.give(asked, PATIENCE_SECONDS)
        except TimeoutError as error:
            raise PoolTimeout(f"a claim was not confirmed within {PATIENCE_SECONDS:.0f} s") from error

    async def in_thread(self, work: Callable[Given, Got], *given: Given.args, **named: Given.kwargs) -> Got:
        """Do what takes its time without keeping the loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: work(*given, **named))

    def _begin(self, batch: list[Waiting], over: Callable[[], None]) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(batch, over))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _serve(self, batch: list[Waiting], over: Callable[[], None]) -> None:
        try:
            lent = await self._lend_out(batch, over)
            left = await self._confirm(lent)
            if left:
                answers = await self.in_thread(self._claims.confirm_each, [(each.work, loan) for each, loan in left])
                _answer([each for each, _ in left], answers)
        except Exception as error:
            log.exception("claims.failed", claims=len(batch))
            _answer(batch, [error] * len(batch))
        self._claims.news.tell_soon()

    async def _lend_out(self, batch: list[Waiting], over: Callable[[], None]) -> list[tuple[Waiting, Loan]]:
        """What the index lends to each, once it is their turn to go to SQL; who gets nothing is answered."""
        try:
            loans = await self.in_thread(self._claims.lend_out, [each.work for each in batch])
            await self._transactions.acquire()
        finally:
            over()
        nothing = [each for each, loan in zip(batch, loans, strict=True) if loan is None]
        _answer(nothing, [None] * len(nothing))
        return [(each, loan) for each, loan in zip(batch, loans, strict=True) if loan is not None]

    async def _confirm(self, lent: list[tuple[Waiting, Loan]]) -> list[tuple[Waiting, Loan]]:
        """Answer those whose loan SQL confirms, let the next batch go there, and return the others."""
        try:
            claimed = await self._confirmed([loan for _, loan in lent]) if lent else {}
        finally:
            self._transactions.release()
        _answer([each for each, loan in lent if loan.nonce in claimed], list(claimed.values()))
        return [(each, loan) for each, loan in lent if loan.nonce not in claimed]

    async def _confirmed(self, loans: list[Loan]) -> dict[str, Callback]:
        """What SQL confirms, by nonce and in the order of the loans."""
        if self._beside is None or not self._beside.is_ready:
            claimed = await self.in_thread(self._claims.confirm, loans)
        else:
            try:
                claimed = self._claims.are_confirmed(await self._ask_beside(self._beside, Batch(loans)))
            except Exception as error:  # noqa: BLE001 - as in `Claims.confirm`
                self._claims.are_apart(loans, error)
                claimed = {}
        return {loan.nonce: claimed[loan.nonce] for loan in loans if loan.nonce in claimed}

    async def _ask_beside(self, beside: Statements, batch: Batch) -> str:
        confirmed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        statements = loans_beside.statements(self._engine.dialect.name)

        def ask(give_turn_back: Callable[[], None]) -> None:
            def tell(place: int, value: Any, error: DBAPIError | None) -> None:
                if place == 0:  # the one that writes
                    give_turn_back()
                if confirmed.done():
                    return
                if error is not None:
                    confirmed.set_exception(error)
                elif place == len(statements) - 1:
                    confirmed.set_result(value)

            for place, statement in enumerate(statements):
                beside.ask(statement, [batch.document], partial(tell, place))

        when_it_is_my_turn_to_write(self._engine, ask)
        return await confirmed


def _answer(waiting: Sequence[Waiting], answers: Sequence[Answer]) -> None:
    """Who has given up meanwhile does not hear of it."""
    for each, answer in zip(waiting, answers, strict=True):
        if each.result.done():
            continue
        if isinstance(answer, Exception):
            each.result.set_exception(answer)
        else:
            each.result.set_result(answer)
