"""The queues of the company as it is live."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.auth.access import Agent, OpenParts

router = APIRouter(prefix="/api/queues", tags=["queues"])


class QueueShape(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str = Field(examples=["desk"])
    title: dict[str, str] = Field(description='By language; "" stands for every language.')
    calendar: str
    time_zone: str = Field(examples=["Europe/Riga"])


class QueueList(BaseModel):
    model_config = ConfigDict(frozen=True)

    items: list[QueueShape]


@router.get("", summary="The queues and their names")
def queues(parts: OpenParts, user: Agent) -> QueueList:
    company = parts.published_flows.company
    return QueueList(
        items=[
            QueueShape(
                name=name,
                title=dict(queue.title),
                calendar=queue.calendar,
                time_zone=company.calendars[queue.calendar].zone,
            )
            for name, queue in company.queues.items()
        ]
    )
