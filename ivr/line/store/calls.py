"""The line's record of a call: the parameters of its requests, and its entry in the REST interface."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from runtime.ids import derived_id

CallStatus = Literal["ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"]
API_VERSION = "2010-04-01"
_PLACES = ("City", "State", "Zip", "Country")
KEPT_CALLS = 10_000


def new_sid(kind: str) -> str:
    """A new id in Twilio's form: two letters (CA call, RE recording) and 32 hexadecimal digits."""
    return kind + secrets.token_hex(16)


def http_date(moment: datetime) -> str:
    """The date in Twilio's form: RFC 2822, UTC."""
    return format_datetime(moment.astimezone(UTC))


@dataclass(slots=True)
class LineCall:
    """A call on the line; `seconds` is how long it was connected, by the clock of the call."""

    account_sid: str
    from_number: str
    to_number: str
    sid: str = field(default_factory=lambda: new_sid("CA"))
    status: CallStatus = "ringing"
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None
    answered_at_seconds: float | None = None
    seconds: int = 0

    @property
    def call_id(self) -> str:
        """The id of this call in the logs of every process and in the JSON interface."""
        return derived_id("ca", self.sid)

    @property
    def is_over(self) -> bool:
        return self.status not in ("ringing", "in-progress")

    def answer(self, at_seconds: float) -> None:
        self.status, self.answered_at_seconds = "in-progress", at_seconds

    def end(self, status: CallStatus, at_seconds: float) -> None:
        """End the call; later ends do nothing. Seconds are rounded up, as they are billed."""
        if self.is_over:
            return
        self.status, self.ended_at = status, datetime.now(UTC)
        if self.answered_at_seconds is not None:
            self.seconds = math.ceil(round(at_seconds - self.answered_at_seconds, 3))

    def parameters(self) -> list[tuple[str, str]]:
        """The parameters of every request about this call (rule 41 of docs/twiml-rules.md); places stay empty."""
        both_ends = ("From", "To", "Caller", "Called")
        return [
            ("AccountSid", self.account_sid),
            ("ApiVersion", API_VERSION),
            ("CallSid", self.sid),
            ("CallStatus", self.status),
            ("Direction", "inbound"),
            ("From", self.from_number),
            ("Caller", self.from_number),
            ("To", self.to_number),
            ("Called", self.to_number),
            *((end + place, "") for end in both_ends for place in _PLACES),
        ]

    def as_resource(self) -> dict[str, object]:
        """The call in the form of Twilio's REST interface."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "from": self.from_number,
            "from_formatted": self.from_number,
            "to": self.to_number,
            "to_formatted": self.to_number,
            "status": self.status,
            "direction": "inbound",
            "start_time": http_date(self.started_at),
            "end_time": http_date(self.ended_at) if self.ended_at else None,
            "duration": str(self.seconds) if self.is_over else None,
            "date_created": http_date(self.started_at),
            "date_updated": http_date(self.ended_at or self.started_at),
            "parent_call_sid": None,
            "phone_number_sid": None,
            "answered_by": None,
            "forwarded_from": None,
            "caller_name": None,
            "group_sid": None,
            "annotation": None,
            "trunk_sid": None,
            "queue_time": "0",
            "price": None,
            "price_unit": "USD",
            "uri": uri + ".json",
            "subresource_uris": {"recordings": uri + "/Recordings.json"},
        }


class CallLog:
    """Finished calls, newest last, kept in `calls.jsonl` across restarts."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "calls.jsonl"
        self._calls = {call.sid: call for call in _read(self._file)}

    def add(self, call: LineCall) -> None:
        self._calls[call.sid] = call
        self._file.parent.mkdir(parents=True, exist_ok=True)
        entry = asdict(call) | {"started_at": call.started_at.isoformat(), "ended_at": _iso(call.ended_at)}
        with self._file.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        while len(self._calls) > KEPT_CALLS:
            del self._calls[next(iter(self._calls))]

    def get(self, sid: str) -> LineCall | None:
        return self._calls.get(sid)

    def __iter__(self) -> Iterator[LineCall]:
        return iter(self._calls.values())


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _read(file: Path) -> list[LineCall]:
    """The last calls of the file. A line that a crash cut off is skipped."""
    if not file.exists():
        return []
    calls = []
    for line in file.read_text().splitlines()[-KEPT_CALLS:]:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        for name in ("started_at", "ended_at"):
            entry[name] = datetime.fromisoformat(entry[name]) if entry[name] else None
        calls.append(LineCall(**entry))
    return calls
