"""The agent's side: claim a callback, hold it, write attempts, complete it. SQL decides every step; Redis says which is next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from callbacks.attempts import closing, consequence
from callbacks.callback import (
    COUNTED,
    HELD_STATES,
    Callback,
    IllegalStep,
    NotTheHolder,
    Outcome,
    StaleNonce,
    Step,
    TooLate,
    next_state,
)
from callbacks.claims import Claims
from callbacks.notes import add_note, closed_by, keep_draft
from callbacks.promises import open_again, promise
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.index import Index
from callbacks.schedule.local_time import zone_of
from callbacks.tables import attempts, callbacks
from callbacks.transition import move, of_row, read
from customers.phone import E164
from flows.company.company import Company
from runtime.ids import derived_id, new_id
from runtime.sql.database import insert_once, writing

# Without a sign of life for so long the callback goes back to the queue.
LEASE: Final = timedelta(minutes=10)
# So long a mistaken closing can be taken back.
UNDO_WITHIN: Final = timedelta(minutes=10)
_NOBODY: Final[dict[str, Any]] = {"holder": None, "lease_expires_at": None}


class Desk:
    """What agents do with callbacks; `by` is the agent who does it. Safe to share between threads.

    `company` gives the company as it is published now. Without `queue`, or while its server is away, SQL alone answers.
    """

    def __init__(
        self,
        engine: Engine,
        company: Callable[[], Company],
        queue: CallbackQueue | None = None,
        lease: timedelta = LEASE,
    ) -> None:
        self._engine = engine
        self._company = company
        self._lease = lease
        self._index = Index(engine, queue)
        self._claims = Claims(engine, self._index, lease)

    def claim_next(self, queues: Sequence[str] | None, holder: str, now: datetime | None = None) -> Callback | None:
        """Claim the earliest due callback of these queues (None: of all), or None when nothing is ready."""
        return self._claims.next(queues, holder, now)

    def claim(self, callback_id: str, holder: str, now: datetime | None = None) -> Callback:
        """Claim this one, also when it waits for a number. Raises UnknownCallback, IllegalStep."""
        return self._claims.this(callback_id, holder, now)

    def renew(self, callback_id: str, nonce: str, by: str, now: datetime | None = None) -> Callback:
        """Hold it for another lease. Raises UnknownCallback, StaleNonce, NotTheHolder, IllegalStep."""
        now = now or _now()
        with writing(self._engine) as connection:
            callback = self._held(connection, callback_id, nonce, by)
            next_state(callback.state, "renew", callback.holder)
            row = connection.execute(
                callbacks.update()
                .where(callbacks.c.id == callback.id)
                .values(lease_expires_at=now + self._lease)  # no transition: the version stands, the bell is silent
                .returning(*callbacks.c)
            ).one()
        self._index.renew(callback_id, nonce, self._lease)
        return of_row(row)

    def release(self, callback_id: str, nonce: str, by: str, now: datetime | None = None) -> Callback:
        """Give it back to the queue. Raises UnknownCallback, StaleNonce, NotTheHolder, IllegalStep."""
        now = now or _now()
        with writing(self._engine) as connection:
            callback = self._held(connection, callback_id, nonce, by)
            step: Step = "lose_number" if callback.sub_state == "needs_number" else "release"
            state = next_state(callback.state, step, callback.holder)
            released = move(
                connection,
                callback,
                now,
                "callback.released",
                f"{callback.holder} gave the callback back",
                {"state": state, "nonce": None, **_NOBODY},
                data={"holder": callback.holder},
            )
        self._index.show(released, now)
        return released

    def give_number(self, callback_id: str, number: str, by: str, now: datetime | None = None) -> Callback:
        """Set the number to ring (E.164) of a callback that lacks one. Raises UnknownCallback, IllegalStep, ValueError."""
        now = now or _now()
        if not E164.fullmatch(number):
            raise ValueError(f"{number!r} is not a number in international form, such as +37167000000")
        with writing(self._engine) as connection:
            callback = read(connection, callback_id, lock=True)
            if callback.sub_state != "needs_number":
                raise IllegalStep("give_number", callback.state, callback.holder)
            if callback.holder not in (None, by):
                raise NotTheHolder(callback.id, callback.state, callback.holder, by)
            values = {
                "number": number,
                "sub_state": "",
                "state": next_state(callback.state, "give_number", callback.holder),
            }
            given = move(connection, callback, now, "callback.number_given", f"{by} found the number to ring", values)
        self._index.show(given, now)
        return given

    def attempt(
        self,
        callback_id: str,
        nonce: str,
        by: str,
        outcome: Outcome,
        note: str = "",
        at: datetime | None = None,
        call_later_at: datetime | None = None,
        key: str | None = None,
    ) -> Callback:
        """Write down an attempt to reach the customer and send the callback where its outcome leads.

        `key` names the attempt, so that a repeat changes nothing. `call_later` needs `call_later_at`, the time agreed, which
        becomes the new promise. Raises UnknownCallback, StaleNonce, NotTheHolder, IllegalStep, WrongOutcome.
        """
        at = at or _now()
        attempt_id = derived_id("at", callback_id, key) if key else new_id("at")
        with self._kept(callback_id, nonce, by, note, at), writing(self._engine) as connection:
            if key and connection.scalar(sa.select(attempts.c.id).where(attempts.c.id == attempt_id)) is not None:
                return read(connection, callback_id)
            callback = self._held(connection, callback_id, nonce, by)
            values, summary = consequence(connection, callback, outcome, at, call_later_at, self._company())
            counts = outcome in COUNTED
            insert_once(
                connection,
                attempts,
                id=attempt_id,
                callback_id=callback_id,
                agent=by,
                at=at,
                outcome=outcome,
                counts=counts,
                note=note,
            )
            values |= {"attempts": callback.attempts + counts, **_NOBODY}
            if note:
                values["note"] = note
            moved = move(
                connection,
                callback,
                at,
                "callback.closed" if values.get("closed_at") else "callback.attempted",
                summary,
                values,
                data={"outcome": outcome, "agent": by, "note": note, "attempt": attempt_id},
            )
            if outcome == "call_later" and call_later_at is not None:
                ledger = {
                    "agreed_with_customer": call_later_at.isoformat(),
                    "by": by,
                    "calendar": {"zone": zone_of(self._company(), callback.queue).key},
                }
                promise(connection, derived_id("pr", attempt_id), callback_id, call_later_at, at, True, ledger)
        self._index.show(moved, at)
        return moved

    def complete(
        self,
        callback_id: str,
        nonce: str,
        by: str,
        outcome: Outcome,
        note: str = "",
        now: datetime | None = None,
    ) -> Callback:
        """End the callback and decide its promises. The same words from the same lease again change nothing.

        Raises UnknownCallback, StaleNonce, NotTheHolder, IllegalStep, and WrongOutcome for an outcome that ends nothing.
        """
        now = now or _now()
        with self._kept(callback_id, nonce, by, note, now), writing(self._engine) as connection:
            callback = read(connection, callback_id, lock=True)
            is_repeat = callback.is_final and callback.nonce == nonce and callback.outcome == outcome
            if is_repeat and closed_by(connection, callback) == by:
                return callback
            callback = self._held(connection, callback_id, nonce, by)
            values = closing(connection, callback, outcome, now) | _NOBODY | {"note": note or callback.note}
            completed = move(
                connection,
                callback,
                now,
                "callback.closed",
                f"{callback.holder} closed the callback: {outcome.replace('_', ' ')}",
                values,
                data={"outcome": outcome, "agent": by, "note": note},
            )
        self._index.show(completed, now)
        return completed

    def undo(self, callback_id: str, nonce: str, by: str, now: datetime | None = None) -> Callback:
        """Take a closing back within ten minutes: whoever closed it holds it again, and its promises are open again.

        Raises UnknownCallback, StaleNonce, NotTheHolder, IllegalStep, TooLate.
        """
        now = now or _now()
        with writing(self._engine) as connection:
            callback = read(connection, callback_id, lock=True)
            state = next_state(callback.state, "undo", callback.holder)
            if callback.nonce is None or callback.nonce != nonce:
                raise StaleNonce(callback.id, callback.state, callback.holder)
            if (closer := closed_by(connection, callback)) != by:
                raise NotTheHolder(callback.id, callback.state, closer, by)
            if callback.closed_at is None or now - callback.closed_at > UNDO_WITHIN:
                minutes = UNDO_WITHIN // timedelta(minutes=1)
                raise TooLate(
                    f"callback {callback.id} was closed more than {minutes} minutes ago: add a note to it instead"
                )
            open_again(connection, callback.id, _agreed_at(connection, callback.id))
            values = {
                "state": state,
                "sub_state": "" if callback.number else "needs_number",
                "holder": by,
                "lease_expires_at": now + self._lease,
                "outcome": None,
                "closed_at": None,
                "contacted_at": None if callback.contacted_at == callback.closed_at else callback.contacted_at,
            }
            summary = f"{by} took back the outcome: {(callback.outcome or '').replace('_', ' ')}"
            undone = move(connection, callback, now, "callback.undone", summary, values, data={"agent": by})
        self._index.show(undone, now)
        return undone

    def note(self, callback_id: str, note: str, by: str, now: datetime | None = None) -> Callback:
        """Write something down that is no attempt, whoever holds the callback. Raises UnknownCallback."""
        now = now or _now()
        with writing(self._engine) as connection:
            noted = add_note(connection, read(connection, callback_id, lock=True), note, by, now)
        self._index.show(noted, now)
        return noted

    @contextmanager
    def _kept(self, callback_id: str, nonce: str, by: str, note: str, now: datetime) -> Iterator[None]:
        """What an agent wrote is not lost when the claim is over."""
        try:
            yield
        except StaleNonce as error:
            if not note:
                raise
            with writing(self._engine) as connection:
                keep_draft(connection, read(connection, callback_id), note, by, nonce, now)
            raise StaleNonce(callback_id, error.state, error.holder, keeps_note=True) from error

    def _held(self, connection: Connection, callback_id: str, nonce: str, by: str) -> Callback:
        """The callback, locked, if this agent holds it by this nonce."""
        callback = read(connection, callback_id, lock=True)
        if callback.state not in HELD_STATES or callback.nonce != nonce:
            raise StaleNonce(callback.id, callback.state, callback.holder)
        if callback.holder != by:
            raise NotTheHolder(callback.id, callback.state, callback.holder, by)
        return callback


def _agreed_at(connection: Connection, callback_id: str) -> datetime | None:
    """When a time was agreed with the customer last: the promises before that were decided then."""
    agreed = sa.select(sa.func.max(attempts.c.at)).where(
        attempts.c.callback_id == callback_id, attempts.c.outcome == "call_later"
    )
    found: datetime | None = connection.scalar(agreed)
    return found


def _now() -> datetime:
    return datetime.now(UTC)
