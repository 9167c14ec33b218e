"""Missed calls: callbacks that ended because nobody spoke, and the step that brings one back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth.access import Agent, OpenParts
from api.cards import card, cards
from api.known_names import require_names
from api.shapes import CallbackPage, CallbackShape
from callbacks.missed_calls import list_missed, revive
from runtime.sql.database import reading, writing

router = APIRouter(prefix="/api", tags=["callbacks"])


@router.get("/missed-calls", summary="Calls whose callers left a message without a word, newest first")
def missed(
    parts: OpenParts,
    user: Agent,
    queue: Annotated[str | None, Query(max_length=40, examples=["desk"])] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CallbackPage:
    flows = parts.published_flows
    with reading(parts.console_database) as connection:
        require_names(connection, flows.company, flows.live_flows(), queues=[queue] if queue is not None else [])
        return CallbackPage(items=cards(connection, list_missed(connection, queue, limit)), next=None)


@router.post("/callbacks/{callback_id}/revive", summary="Ring this missed call back after all, by its promise")
def bring_back(parts: OpenParts, user: Agent, callback_id: str) -> CallbackShape:
    """409 unless it ended because nobody spoke."""
    with writing(parts.console_database) as connection:
        revived = revive(connection, callback_id, user.name, parts.clock())
        shown = card(connection, revived)
    parts.wiring.bell.set()
    return shown
