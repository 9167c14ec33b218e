"""A call with its turns."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter

from api.auth.access import Agent, NotFound, OpenParts
from api.shapes import CallShape, TurnShape
from ivr.calls.summary import path_of
from ivr.journal.past_turns import turns_of
from ivr.tables import calls
from runtime.sql.database import reading

router = APIRouter(prefix="/api/calls", tags=["calls"])


@router.get("/{call_id}", summary="A call with its turns")
def one(parts: OpenParts, user: Agent, call_id: str) -> CallShape:
    with reading(parts.console_database) as connection:
        call = connection.execute(sa.select(calls).where(calls.c.id == call_id)).one_or_none()
        if call is None:
            raise NotFound("call")
        turns = turns_of(connection, call_id)
    return CallShape(
        id=call.id,
        provider_call_id=call.provider_call_id,
        direction=call.direction,
        from_number=call.from_number,
        to_number=call.to_number,
        customer_id=call.customer_id,
        flow=call.flow,
        flow_version=call.flow_version,
        language=call.language,
        status=call.status,
        outcome=call.outcome,
        started_at=call.started_at,
        ended_at=call.ended_at,
        seconds=call.seconds,
        path=path_of(event for turn in turns for event in turn.events),
        turns=[
            TurnShape(turn=turn.turn, at=turn.at, node=turn.node, input=turn.input, events=turn.events)
            for turn in turns
        ],
    )
