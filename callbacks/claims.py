"""Claims: the index lends out what is next, SQL confirms it. Many go together, and each is answered by itself.

By these steps one agent is served (`Claims.next`), or many who ask at once in an event loop (claims_together.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callbacks.callback import Callback
from callbacks.loans import Batch, Confirmed, Loan, already, by_nonce, confirm
from callbacks.news import News
from callbacks.queue.callback_queue import Taken, Wanted
from callbacks.queue.index import Index
from runtime.sql.database import writing

log = structlog.get_logger()

_AWAY: Final = (OperationalError, PoolTimeout)

# What an agent is told: a callback, that there is none, or what went wrong.
Answer = Callback | Exception | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What an agent asks for, and the moment that counts; without one it is that of the loan."""

    wanted: Wanted
    now: datetime | None = None


class Claims:
    """The claims of one process. Safe to share between threads."""

    def __init__(self, engine: Engine, index: Index, lease: timedelta) -> None:
        self._engine = engine
        self._index = index
        self._lease = lease
        self.news = News(index)

    def next(self, asked: Asked) -> Callback | None:
        """Claim what the index says is next, confirmed in SQL; None when it knows of nothing or cannot answer."""
        (loan,) = self.lend_out([asked])
        if loan is None:
            return None
        claimed: Answer = self.confirm([loan]).get(loan.nonce)
        if claimed is None:
            (claimed,) = self.confirm_each([(asked, loan)])
        if isinstance(claimed, Exception):
            raise claimed
        self.news.tell()
        return claimed

    def lend_out(self, together: Sequence[Asked]) -> list[Loan | None]:
        """What the index lends to each. It hears of the claims before on the way."""
        wanted = [asked.wanted for asked in together]
        claimed = self.news.take()
        taken: Sequence[Taken | None] | None = self._index.ask(
            lambda queue: queue.claim_many(wanted, self._lease, claimed)
        )
        if taken is None:
            return [None] * len(together)
        return [None if one is None else self._loan(asked, one) for asked, one in zip(together, taken, strict=True)]

    def _loan(self, asked: Asked, taken: Taken) -> Loan:
        at = asked.now or datetime.now(UTC)
        return Loan(taken.id, taken.version, asked.wanted.holder, asked.wanted.nonce, at, at + self._lease)

    def confirm(self, loans: Sequence[Loan]) -> dict[str, Callback]:
        """What SQL confirms in one transaction, by nonce. What it does not is to go to `confirm_each`."""
        try:
            batch = Batch(loans)
            with writing(self._engine) as connection:
                confirmed = confirm(connection, batch)
        except Exception as error:  # noqa: BLE001 - one of them may be at fault, or the word of the commit was lost
            self.are_apart(loans, error)
            return {}
        return self.are_confirmed(confirmed)

    def are_confirmed(self, confirmed: Confirmed) -> dict[str, Callback]:
        """Note for the index what SQL confirmed."""
        claimed = by_nonce(confirmed)
        self.news.add(list(claimed.values()))
        return claimed

    def are_apart(self, loans: Sequence[Loan], error: Exception) -> None:
        log.warning("claims.one_by_one", claims=len(loans), reason=str(error)[:200])

    def confirm_each(self, lent: Sequence[tuple[Asked, Loan]]) -> list[Answer]:
        """An answer to each, in a transaction each: what fails fails for this agent alone, unless SQL is away."""
        answers: list[Answer] = []
        away: Exception | None = None
        for asked, loan in lent:
            try:
                if away is not None:
                    self._release(loan)
                    raise away
                answers.append(self._confirm_alone(asked, loan))
            except Exception as error:  # noqa: BLE001 - told to the agent
                away = error if isinstance(error, _AWAY) else None
                answers.append(error)
        return answers

    def _confirm_alone(self, asked: Asked, loan: Loan | None) -> Callback | None:
        """Ask the index again until SQL confirms what it lends: it was behind."""
        while loan is not None:
            try:
                with writing(self._engine) as connection:
                    claimed = already(connection, loan)
                    confirmed = confirm(connection, Batch([loan])) if claimed is None else "[]"
            except Exception:  # the callback must not wait for its lease to end
                self._release(loan)
                raise
            claimed = claimed or by_nonce(confirmed).get(loan.nonce)
            if claimed is not None:
                self.news.add([claimed])
                return claimed
            self._index.correct([loan.id])
            (loan,) = self.lend_out([asked])
        return None

    def _release(self, loan: Loan) -> None:
        self._index.tell(lambda queue: queue.release(loan.id, loan.nonce))
