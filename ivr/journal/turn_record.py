"""A turn as it goes into the journal and the spool, and comes back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from flows.events import Event
from flows.inputs import Input, Result
from flows.session import Session
from ivr.journal.codec import Rang, from_json, to_json


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
    """One turn: the input, the answers to its effects, what happened, where the call is now."""

    call: CallFacts
    turn: int
    at: datetime
    input: Rang | Input
    results: tuple[Result, ...]
    events: tuple[Event, ...]
    session: Session


def row_of(record: TurnRecord) -> dict[str, Any]:
    """The turn as a row of `turns`."""
    return {
        "call_id": record.call.call_id,
        "turn": record.turn,
        "at": record.at,
        "input": to_json(record.input),
        "results": [to_json(result) for result in record.results],
        "events": [to_json(event) for event in record.events],
        "session": record.session.to_dict(),
    }


def record_of(call: CallFacts, row: Any) -> TurnRecord:
    """Undo row_of."""
    return TurnRecord(
        call=call,
        turn=row.turn,
        at=row.at.astimezone(UTC),
        input=from_json(row.input),
        results=tuple(from_json(result) for result in row.results),
        events=tuple(from_json(event) for event in row.events),
        session=Session.from_dict(row.session),
    )


def pack(record: TurnRecord) -> dict[str, Any]:
    """A turn as JSON, for the spool."""
    return {**row_of(record), "call": asdict(record.call), "at": record.at.isoformat()}


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
