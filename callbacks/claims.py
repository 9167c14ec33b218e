"""Claims of many agents at once share a question to the index and a transaction; each agent gets an answer of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callbacks.callback import Callback
from callbacks.index import Index
from callbacks.loans import Batch, Loan, already, by_nonce, confirm
from callbacks.news import News
from callbacks.parties import Asking, Parties
from callbacks.queue import Taken, Wanted
from runtime.database import reading, writing

log = structlog.get_logger()

_AWAY: Final = (OperationalError, PoolTimeout)


class Claims:
    """The claims of one process. Safe to share between threads."""

    def __init__(self, engine: Engine, index: Index, lease: timedelta) -> None:
        self._engine = engine
        self._index = index
        self._lease = lease
        self._parties = Parties(self._serve)
        self._news = News(index)

    def next(self, queues: Sequence[str] | None, holder: str, nonce: str, now: datetime | None) -> Callback | None:
        """Claim what the index says is next, confirmed in SQL; None when it knows of nothing or cannot answer."""
        answer = self._parties.ask(Asking(Wanted(queues, holder, nonce), now))
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _serve(self, together: Sequence[Asking], pass_on: Callable[[], None]) -> None:
        """Lend, confirm, and ask again for those with whom the index was behind, until each is answered."""
        lent = self._lend_out(together)
        pass_on()
        while behind := self._confirm(lent):
            lent = self._lend_out(behind)
        if len(together) == 1:
            self._news.tell()
        else:
            self._news.tell_soon()

    def _lend_out(self, together: Sequence[Asking]) -> list[tuple[Asking, Loan]]:
        """What the index lends to each; who gets nothing is answered."""
        wanted = [each.wanted for each in together]
        claimed = self._news.take()
        taken: Sequence[Taken | None] = self._index.ask(
            lambda queue: queue.claim_many(wanted, self._lease, claimed)
        ) or [None] * len(wanted)
        lent: list[tuple[Asking, Loan]] = []
        for asking, one in zip(together, taken, strict=True):
            if one is not None:
                at = asking.now or datetime.now(UTC)
                loan = Loan(one.id, one.version, asking.wanted.holder, asking.wanted.nonce, at, at + self._lease)
                lent.append((asking, loan))
        if len(lent) < len(together):
            self._parties.give([(asking, None) for asking, one in zip(together, taken, strict=True) if one is None])
        return lent

    def _confirm(self, lent: Sequence[tuple[Asking, Loan]]) -> list[Asking]:
        """Answer those whose loan SQL confirms; return those who must ask again, because the index was behind."""
        if not lent:
            return []
        batch = Batch([loan for _, loan in lent])
        began = time.monotonic()
        try:
            with writing(self._engine) as connection:
                confirmed = confirm(connection, batch)
        except Exception as error:  # noqa: BLE001 - one of them may be at fault, or the word of the commit was lost
            log.warning("claims.one_by_one", claims=len(lent), reason=str(error)[:200])
            return self._one_by_one(lent)
        self._parties.transaction_seconds = time.monotonic() - began
        claimed = by_nonce(confirmed)
        self._answer(lent, claimed)
        others = [(asking, loan) for asking, loan in lent if loan.nonce not in claimed]
        if len(lent) == 1:
            self._index.correct([loan.id for _, loan in others])
            return [asking for asking, _ in others]
        return self._one_by_one(others)

    def _one_by_one(self, lent: Sequence[tuple[Asking, Loan]]) -> list[Asking]:
        """As `_confirm`, in a transaction each: what fails fails for this agent alone, unless SQL is away."""
        behind: list[Asking] = []
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
                        confirmed = confirm(connection, Batch([loan]))
                    claimed = by_nonce(confirmed)
            except Exception as error:  # noqa: BLE001 - told to the agent; the callback must not wait for its lease to end
                away = error if isinstance(error, _AWAY) else None
                self._index.tell(lambda queue, loan=loan: queue.release(loan.id, loan.nonce))  # type: ignore[misc]
                self._parties.give([(asking, error)])
                continue
            if claimed:
                self._answer([(asking, loan)], claimed)
            else:
                self._index.correct([loan.id])
                behind.append(asking)
        return behind

    def _answer(self, lent: Sequence[tuple[Asking, Loan]], claimed: dict[str, Callback]) -> None:
        found = [(asking, claimed[loan.nonce]) for asking, loan in lent if loan.nonce in claimed]
        self._news.add([callback for _, callback in found])
        self._parties.give(found)
