"""A person is erased: numbers, names, words and audio go; that there were calls, messages and callbacks stays, for the counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from callbacks.callback import LIVE_STATES, next_state
from callbacks.tables import attempts, callbacks
from callbacks.transition import move, of_row
from customers import history as events
from customers.tables import customer_numbers, customers, history
from ivr.effects import RETRY
from ivr.tables import calls, turns
from runtime.sql.database import writing
from runtime.sql.outbox import outbox
from runtime.sql.scrub import overwrite_deleted, scrub
from voicemail.removal import remove
from voicemail.tables import early_recordings, voicemails

ERASED = "(erased)"
# A call whose end nobody told is over by then; the longest takes an hour.
_LONGEST_CALL = timedelta(hours=4)


class ErasureRefused(Exception):
    """The person cannot be erased now; the message says why and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased. `is_scrubbed` is false when the file of the database may still hold it until it is erased again."""

    customers: int
    calls: int
    messages: int
    callbacks: int
    is_scrubbed: bool = True


def find_person(connection: Connection, number_or_id: str) -> list[str]:
    """The ids of all customers behind a customer's id or an E.164 number: who called from it, or was found under it."""
    known = sa.select(customers.c.id).where(customers.c.id == number_or_id, customers.c.erased_at.is_(None))
    found = set(connection.scalars(known))
    numbers = set(
        connection.scalars(sa.select(customer_numbers.c.number).where(customer_numbers.c.customer_id.in_(found)))
    ) or {number_or_id}
    has_own_number = sa.exists().where(customer_numbers.c.customer_id == callbacks.c.customer_id)
    for query in (
        sa.select(customer_numbers.c.customer_id).where(customer_numbers.c.number.in_(numbers)),
        sa.select(calls.c.customer_id).where(calls.c.from_number.in_(numbers)),
        # Of somebody who withheld the number, which an agent found.
        sa.select(callbacks.c.customer_id).where(callbacks.c.number.in_(numbers), ~has_own_number),
    ):
        found |= {customer_id for customer_id in connection.scalars(query) if customer_id is not None}
    return sorted(found)


def erase_person(engine: Engine, ids: Sequence[str], by: str, spool_dir: Path, now: datetime | None = None) -> Erased:
    """Erase these customers, everywhere. Raises ErasureRefused.

    Audio is deleted by the outbox after the commit (voicemail/removal.py). Safe to run twice.
    """
    now = now or datetime.now(UTC)
    with writing(engine) as connection:
        overwrite_deleted(connection)
        known = _secrets_of(connection, ids)
        _refuse_unwritten_turns(spool_dir)
        erased = erase(connection, ids, by, now)
    _remove_torn_entries(spool_dir, known)
    return Erased(erased.customers, erased.calls, erased.messages, erased.callbacks, scrub(engine))


def erase(connection: Connection, ids: Collection[str], by: str, now: datetime) -> Erased:
    """The same within a transaction, in SQL alone. Raises ErasureRefused while one of them is on the telephone."""
    of_them = calls.c.customer_id.in_(list(ids))
    under_way = sa.select(sa.literal(1)).where(
        of_them, calls.c.outcome.is_(None), calls.c.ended_at.is_(None), calls.c.started_at > now - _LONGEST_CALL
    )
    if connection.scalar(under_way.limit(1)) is not None:
        raise ErasureRefused("A call of this person is under way; erase again when it is over.")
    numbers = sa.select(customer_numbers.c.number).where(customer_numbers.c.customer_id.in_(list(ids)))
    others_callbacks = sa.select(callbacks.c.id).where(
        callbacks.c.number.in_(numbers), callbacks.c.closed_at.is_not(None)
    )
    forget_callbacks(connection, connection.scalars(others_callbacks).all())
    call_ids = connection.scalars(sa.select(calls.c.id).where(of_them)).all()
    message_ids = connection.scalars(sa.select(voicemails.c.id).where(voicemails.c.customer_id.in_(list(ids)))).all()
    remove(connection, message_ids, "This person was erased.", now=now)
    callback_count = _erase_callbacks(connection, ids, now)
    forget_calls(connection, call_ids)
    connection.execute(history.update().where(history.c.customer_id.in_(list(ids))).values(summary=ERASED, data={}))
    connection.execute(customer_numbers.delete().where(customer_numbers.c.customer_id.in_(list(ids))))
    connection.execute(
        customers.update()
        .where(customers.c.id.in_(list(ids)))
        .values(name="", folded_name="", language=None, erased_at=now)
    )
    for customer_id in ids:
        events.record(connection, customer_id, now, "customer.erased", f"{by} erased this person", key=(customer_id,))
    return Erased(len(ids), len(call_ids), len(message_ids), callback_count)


def forget_calls(connection: Connection, call_ids: Sequence[str]) -> None:
    """Erase what was said and pressed in these calls, and who called; the calls stay, for the counts."""
    for table in (turns, early_recordings):
        connection.execute(table.delete().where(table.c.call_id.in_(call_ids)))
    connection.execute(calls.update().where(calls.c.id.in_(call_ids)).values(from_number=None))
    callers = sa.select(calls.c.customer_id).where(calls.c.id.in_(call_ids))
    of_calls = history.c.customer_id.in_(callers) & history.c.call_id.in_(call_ids)
    connection.execute(history.update().where(of_calls).values(summary=ERASED, data={}))
    waiting = connection.execute(sa.select(outbox.c.id, outbox.c.payload).where(outbox.c.kind == RETRY)).all()
    theirs = [entry.id for entry in waiting if entry.payload.get("call_id") in set(call_ids)]
    connection.execute(outbox.delete().where(outbox.c.id.in_(theirs)))


def forget_callbacks(connection: Connection, callback_ids: Sequence[str]) -> None:
    """Erase numbers and notes of callbacks that ended."""
    connection.execute(callbacks.update().where(callbacks.c.id.in_(callback_ids)).values(number=None, note=""))
    connection.execute(attempts.update().where(attempts.c.callback_id.in_(callback_ids)).values(note=""))


def _erase_callbacks(connection: Connection, ids: Collection[str], now: datetime) -> int:
    of_them = callbacks.c.customer_id.in_(list(ids))
    live = sa.select(callbacks).where(of_them, callbacks.c.state.in_(LIVE_STATES)).with_for_update(key_share=True)
    for callback in map(of_row, connection.execute(live).all()):
        state = next_state(callback.state, "cancel", callback.holder)
        values = {
            "state": state,
            "sub_state": "",
            "outcome": state,
            "closed_at": now,
            "not_before": None,
            "holder": None,
            "nonce": None,
            "lease_expires_at": None,
        }
        move(connection, callback, now, "callback.closed", ERASED, values, data={"outcome": state})
    found = connection.scalars(sa.select(callbacks.c.id).where(of_them)).all()
    forget_callbacks(connection, found)
    return len(found)


def _secrets_of(connection: Connection, ids: Sequence[str]) -> list[bytes]:
    """What must not be found anywhere afterwards, as it stands in a file of turns."""
    numbers = sa.union(
        sa.select(customer_numbers.c.number).where(customer_numbers.c.customer_id.in_(ids)),
        sa.select(calls.c.from_number).where(calls.c.customer_id.in_(ids)),
        sa.select(calls.c.provider_call_id).where(calls.c.customer_id.in_(ids)),
    )
    return [secret.encode() for secret in connection.scalars(numbers) if secret]


def _refuse_unwritten_turns(spool_dir: Path) -> None:
    if any(path.stat().st_size for path in spool_dir.glob("*.spool")):
        raise ErasureRefused(
            "Turns of calls wait in the spool until the database takes them; erase again when it is empty (`doctor`)."
        )


def _remove_torn_entries(spool_dir: Path, secrets: Sequence[bytes]) -> None:
    """Half entries that a machine's death left, when they are of this person's calls."""
    for path in spool_dir.glob("*.torn"):
        content = path.read_bytes()
        if any(secret in content for secret in secrets):
            path.unlink()
