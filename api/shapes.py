"""The JSON objects of the interface. Times are ISO 8601 in UTC; numbers are E.164."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from callbacks.callback import AttemptOutcome, ClosingOutcome


def _storable(text: str) -> str:
    if any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it holds half a character, or one of value zero, which cannot be stored")
    return text


def _with_zone(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a moment needs its zone: 2026-11-27T15:00:00+02:00, or 2026-11-27T13:00:00Z")
    return at


# What clients write and a database keeps.
Text = Annotated[str, AfterValidator(_storable)]
Note = Annotated[Text, Field(max_length=5_000, examples=["Ordered 20 m of oak. Will call again on Friday."])]
# A moment that a person writes. Without a zone nobody knows when it is.
Moment = Annotated[datetime, AfterValidator(_with_zone)]
Nonce = Annotated[Text, Field(max_length=64, description="The nonce from the answer to the claim.")]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CustomerShape(Shape):
    id: str = Field(examples=["cu_3f0c"])
    name: str = Field(examples=["Anna Bērziņa"])
    number: str | None = Field(examples=["+37120000001"], description="E.164; null when no number can be rung.")
    address: str | None = Field(
        None,
        examples=["client:agent7"],
        description="What the carrier sent where it cannot be rung; null when withheld.",
    )
    language: str | None = Field(examples=["lv"])


class WordShape(Shape):
    word: str
    start: float = Field(description="Seconds from the beginning of the recording.")
    end: float
    confidence: float = Field(ge=0, le=1)
    heard: str | None = Field(
        None,
        exclude_if=lambda heard: heard is None,
        description="What was recognised, where one of the own words replaced it.",
    )


class TranscriptShape(Shape):
    text: str = Field(examples=["good morning I am calling about my order"])
    language: str
    confidence: float = Field(ge=0, le=1)
    words: list[WordShape]


class VoicemailShape(Shape):
    id: str
    recorded_at: datetime
    seconds: float | None
    status: str = Field(examples=["transcribed"])
    speech_seconds: float | None = Field(
        description="In how much of it somebody speaks; null until it was listened to. 0: a missed call."
    )
    status_reason: str = Field(examples=[""], description="A sentence for the agent when there is no transcript.")
    transcript: TranscriptShape | None


class VoicemailEntryShape(VoicemailShape):
    call_id: str
    callback_id: str | None
    customer_id: str
    queue: str
    intent: str
    language: str
    is_playable: bool


class VoicemailList(Shape):
    items: list[VoicemailEntryShape]


class HeardAgain(Shape):
    failed: bool = Field(default=True, description="Only those that failed; false for all, which needs a language.")
    language: str | None = Field(default=None, max_length=16, examples=["ru"])

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if not self.failed and self.language is None:
            raise ValueError("name a language, or ask for those that failed")
        return self


class HowMany(Shape):
    count: int


class FactShape(Shape):
    """A number, time or date in a message. A number in it never replaces the number of the caller."""

    kind: str = Field(examples=["number"], description="number, time or date")
    value: str = Field(examples=["+37129123456"], description="E.164; HH:MM; ISO 8601.")
    said: str = Field(examples=["two nine one two three four five six"])
    first_word: int = Field(description="The index of its first word in the transcript, from 0.")
    last_word: int
    start: float = Field(description="Seconds from the beginning of the recording.")
    end: float
    confidence: float = Field(ge=0, le=1)
    is_certain: bool = Field(description="False when the words are ambiguous, such as an hour without am or pm.")
    extension: str = Field("", examples=["214"], description="The extension that was said after a number, else empty.")


class VoicemailDetailShape(VoicemailShape):
    call_id: str
    callback_id: str | None
    queue: str
    intent: str
    language: str
    media_type: str | None
    facts: list[FactShape]
    peaks: list[int] | None = Field(description="About 800 loudness values from 0 to 100, for a waveform.")


class AttemptShape(Shape):
    at: datetime
    agent: str
    outcome: str
    note: str


class NoteShape(Shape):
    """What an agent wrote: with an outcome, by itself, or as a draft when the claim was over already."""

    at: datetime
    agent: str = Field(examples=["maija"])
    note: str = Field(examples=["sent invoice 452"])
    is_draft: bool = False


class CallbackShape(Shape):
    id: str = Field(examples=["cb_77aa"])
    state: str = Field(examples=["ready"])
    sub_state: str = Field(examples=[""])
    queue: str = Field(examples=["desk"])
    intent: str = Field(examples=["orders"])
    language: str = Field(examples=["en"])
    due_at: datetime
    promised_until: datetime | None = Field(description="The time promised to the caller; null without a promise.")
    not_before: datetime | None
    overdue: bool
    version: int
    holder: str | None = Field(examples=["maija"])
    customer: CustomerShape
    voicemails: list[VoicemailShape]
    attempts: list[AttemptShape]
    notes: list[NoteShape] = Field(description="Everything that agents wrote, oldest first.")
    outcome: str | None
    closed_at: datetime | None
    created_at: datetime


class ClaimedShape(CallbackShape):
    nonce: str = Field(description="Send it with every step on this callback.")
    lease_expires_at: datetime = Field(
        description="Renew the claim before this time, or another agent may claim the callback."
    )


class CallbackPage(Shape):
    items: list[CallbackShape]
    next: str | None = Field(description="The value of `after` for the next page; null on the last.")


class ClaimNext(Shape):
    queues: list[Annotated[Text, Field(min_length=1, max_length=40)]] | None = Field(
        default=None, max_length=50, examples=[["desk"]], description="Only from these queues; all when absent."
    )


class Held(Shape):
    nonce: Nonce


class AttemptMade(Held):
    outcome: AttemptOutcome = Field(examples=["resolved"])
    note: Note = ""
    call_later_at: Moment | None = Field(
        default=None, description="With call_later: the time agreed with the customer, with its zone; within 90 days."
    )
    key: Text | None = Field(
        default=None, max_length=64, description="An attempt with a known key is not stored again."
    )


class NumberFound(Shape):
    number: Text = Field(max_length=40, examples=["+37120000001"])


class Noted(Shape):
    note: Annotated[Note, Field(min_length=1)]


class Completed(Held):
    outcome: ClosingOutcome = Field(examples=["resolved"])
    note: Note = ""


class TurnShape(Shape):
    turn: int
    at: datetime
    node: str
    input: dict[str, Any]
    events: list[dict[str, Any]]


class CallShape(Shape):
    id: str
    provider_call_id: str
    direction: str
    from_number: str | None
    to_number: str | None
    customer_id: str | None
    flow: str
    flow_version: str
    language: str
    status: str
    outcome: str | None
    started_at: datetime
    ended_at: datetime | None
    seconds: int | None
    path: list[str] = Field(examples=[["welcome", "language (1)", "main (3)", "complaint_box"]])
    turns: list[TurnShape]


class FlowShape(Shape):
    name: str
    title: str
    description: str
    version: str
    languages: list[str]


class FlowList(Shape):
    items: list[FlowShape]


class Problem(Shape):
    """The answer to a request that failed."""

    error: str = Field(examples=["stale_nonce"])
    detail: str = Field(examples=["Another agent holds this callback now. Your note was not saved; copy it first."])
    holder: str | None = None
    state: str | None = None
