"""Where a call is: all that the next turn needs, small enough to travel in a URL."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

WaitKind = Literal["", "gather", "record", "dial", "effect"]
NumberCase = Literal["known", "unusable", "withheld"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who rings, as far as it is known when the call begins. Never proof of identity.

    `number` is E.164, or None when there is none that can be rung; `is_unusable` when the carrier sent another address.
    `open_promise_until` is the moment of a promise not yet kept, made by the queue
    `open_promise_queue`.
    """

    number: str | None = None
    name: str = ""
    language: str | None = None
    open_promise_until: datetime | None = None
    open_promise_queue: str = ""
    is_unusable: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """A moment quoted for one queue and intent, and whether the caller has heard it."""

    queue: str
    intent: str
    until: datetime
    time_zone: str
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class HoursKnown:
    """What a calendar said when it was read last: the reason by language, when it opens next, the hours of that day."""

    calendar: str
    state: str
    names: dict[str, str]
    opens: datetime | None
    today: str
    time_zone: str


@dataclass(frozen=True)  # no slots: a changed copy is made several times a turn, and so it costs a tenth
class Session:
    """The state of one call between two turns.

    `version` is the content hash of the flow the call began with. `turn` counts exchanges with the provider from 1.
    Counters (`no_input`, `no_match`) belong to the present visit of `node`; `failures` to the whole call. `back` are the
    nodes that `*` returns to, newest last. `ended` is the outcome once the call is over. `language_known` is false while
    `language` is only the flow's first. `intent` is the last menu choice. `talked_seconds` were spent in transfers and do
    not count towards the length of the call. `troubles` counts error ways taken. `called` is the key of the company's
    `numbers` that was called, empty for `default`; `hours` is what a calendar said last. `recording_turn` is the turn in which
    the recording that ended last began. `is_unusable`: the caller's address cannot be rung; `is_told_no_number`:
    they were told why nobody can call them back.
    """

    version: str
    node: str
    turn: int = 0
    wait: WaitKind = ""
    language: str = ""
    no_input: int = 0
    no_match: int = 0
    repeats: int = 0
    failures: int = 0
    steps: int = 0
    started_at: datetime | None = None
    promise: Promise | None = None
    back: tuple[str, ...] = ()
    caller_name: str = ""
    caller_number: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    ended: str = ""
    language_known: bool = False
    intent: str = ""
    open_promise_until: datetime | None = None
    talked_seconds: int = 0
    troubles: int = 0
    called: str = ""
    open_promise_queue: str = ""
    hours: HoursKnown | None = None
    recording_turn: int = 0
    is_unusable: bool = False
    is_told_no_number: bool = False

    @property
    def number_is(self) -> NumberCase:
        """What the caller's address is worth for calling back."""
        if self.caller_number:
            return "known"
        return "unusable" if self.is_unusable else "withheld"

    def change(self, **changes: Any) -> Session:
        """A copy with other values in these fields. Raises TypeError for a field that there is not."""
        if not changes.keys() <= _DEFAULTS.keys():
            raise TypeError(f"a session has no {', '.join(sorted(changes.keys() - _DEFAULTS.keys()))}")
        changed = object.__new__(Session)
        changed.__dict__.update(self.__dict__)
        changed.__dict__.update(changes)
        return changed

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dict without the fields that have their default; times are whole seconds since 1970."""
        packed = {name: value for name, value in self.__dict__.items() if value != _DEFAULTS[name]}
        for moment in ("started_at", "open_promise_until"):
            if moment in packed:
                packed[moment] = int(packed[moment].timestamp())
        if self.promise is not None:
            promise = self.promise
            packed["promise"] = {
                "queue": promise.queue,
                "intent": promise.intent,
                "until": int(promise.until.timestamp()),
                "time_zone": promise.time_zone,
                "spoken": promise.spoken,
            }
        if self.back:
            packed["back"] = list(self.back)
        if self.hours is not None:
            packed["hours"] = _packed_hours(self.hours)
        return packed

    @staticmethod
    def from_dict(packed: dict[str, Any]) -> Session:
        """Undo to_dict. Raises KeyError, TypeError or ValueError on anything else."""
        values = dict(packed)
        for moment in ("started_at", "open_promise_until"):
            if moment in values:
                values[moment] = datetime.fromtimestamp(values[moment], UTC)
        if "promise" in values:
            promise = dict(values["promise"])
            promise["until"] = datetime.fromtimestamp(promise["until"], UTC)
            values["promise"] = Promise(**promise)
        if "hours" in values:
            calendar, state, names, opens, today, zone = values["hours"]
            opens = None if opens is None else datetime.fromtimestamp(opens, UTC)
            values["hours"] = HoursKnown(calendar, state, names, opens, today, zone)
        if "back" in values:
            values["back"] = tuple(values["back"])
        return Session(**values)


def _packed_hours(hours: HoursKnown) -> list[Any]:
    """In a list, since the session travels in a URL."""
    opens = None if hours.opens is None else int(hours.opens.timestamp())
    return [hours.calendar, hours.state, hours.names, opens, hours.today, hours.time_zone]


_DEFAULTS: dict[str, Any] = {
    each.name: {} if each.default is MISSING and each.default_factory is not MISSING else each.default
    for each in fields(Session)
}
