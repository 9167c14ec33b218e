"""The shapes of customers and their history in the JSON interface."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.shapes import Shape, Text


class CustomerDetailShape(Shape):
    id: str
    name: str
    language: str | None
    numbers: list[str]
    addresses: list[str] = Field(examples=[["client:agent7"]], description="What carriers sent that cannot be rung.")
    shared: list[str] = Field(description="Those of the numbers that several people share.")
    merged_into: str | None = Field(None, description="Who has all that was this customer's, after a merge.")


class CustomerList(Shape):
    items: list[CustomerDetailShape]
    next: str | None = Field(None, description="`after` of the next page; null at the end.")


class CustomerChange(Shape):
    """What is not written stays as it is."""

    name: Text | None = Field(
        None, max_length=200, examples=["Anna Bērziņa"], description="An empty name takes it away."
    )
    language: Text | None = Field(None, max_length=16, examples=["lv"], description="Null lets the next call ask.")


class NumberChange(Shape):
    shared: bool = Field(description="Whether several people ring from this number.")


class Merge(Shape):
    other: Text = Field(max_length=40, examples=["cu_3f0c"], description="The customer whose things this one takes.")


class ErasedShape(Shape):
    calls: int = Field(description="How many calls have nobody's name now.")
    messages: int
    callbacks: int
    complete: bool = Field(description="False when the database was busy: erase again to clean its file.")


class HistoryEventShape(Shape):
    at: datetime
    kind: str = Field(examples=["voicemail.left"])
    summary: str = Field(examples=["Left a message of 12 s"])
    call_id: str | None
    callback_id: str | None
    voicemail_id: str | None
    data: dict[str, Any]


class HistoryShape(Shape):
    events: list[HistoryEventShape]
