"""What a caller asks of the business: an answer to a message, or to be rung back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked for in one turn of a call; the same call and turn again are the same request.

    `number` is E.164, None when withheld. `until` is the moment quoted to the caller, which binds when it was `spoken`.
    """

    call_id: str
    turn: int
    customer_id: str
    queue: str
    intent: str
    language: str
    at: datetime
    number: str | None = None
    until: datetime | None = None
    spoken: bool = False

    @property
    def promised_until(self) -> datetime | None:
        """The moment that binds."""
        return self.until if self.spoken else None
