"""The published flows."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth.access import Agent, OpenParts
from api.shapes import FlowList, FlowShape

router = APIRouter(prefix="/api/flows", tags=["flows"])


@router.get("", summary="The published flows")
def published(parts: OpenParts, user: Agent) -> FlowList:
    return FlowList(
        items=[
            FlowShape(
                name=flow.flow,
                title=flow.title,
                description=flow.description,
                version=flow.version,
                languages=list(flow.languages),
            )
            for flow in parts.published_flows.live_flows()
        ]
    )
