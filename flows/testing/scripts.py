"""A test as it is written in a flow file: who rings when, what they do, and what must come of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from flows.files.faults import Mark, suggestion
from flows.inputs import HoursState, Input
from flows.session import Caller
from flows.testing.acts import Elapse, parse_act
from flows.values.dates import read_moment
from flows.values.language import language_key
from flows.values.places import read_zone
from flows.values.telephone import read_number

if TYPE_CHECKING:
    from flows.files.fields import Fields

MAX_EVENTS = 100
_ZONE = re.compile(r" ([^\W\d]+(?:/\S*)?|UTC\S*)$")
_HOURS = ("open", "closed", "holiday", "override")


@dataclass(frozen=True, slots=True)
class MockHours:
    state: HoursState


@dataclass(frozen=True, slots=True)
class MockPromise:
    """The moment that can be promised; None when none can be."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class ExpectedCallback:
    """A message or an accepted callback, of whose parts only those written are compared. `by` is as promised."""

    queue: str = ""
    intent: str = ""
    by: datetime | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come of a call; None and empty parts are not compared. `said` are pieces of what was heard, in order.

    `callback` is a promise to call back, from a message or an accepted offer; `no_callback` says that there is none.
    """

    path: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    not_said: tuple[str, ...] = ()
    outcome: str = ""
    language: str = ""
    callback: ExpectedCallback | None = None
    no_callback: bool = False
    voicemail: ExpectedCallback | None = None
    no_voicemail: bool = False
    seconds_to_choice: int | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One event of a test, with the words in which it is written."""

    written: str
    does: Input | Elapse


@dataclass(frozen=True, slots=True)
class Scenario:
    """One test. With `is_local` its moments carry no zone of their own: they are meant where the called number is."""

    name: str
    at: datetime
    caller: Caller
    mocks: dict[str, MockHours | MockPromise]
    acts: tuple[Act, ...]
    expect: Expectation
    mark: Mark
    called: str = ""
    is_local: bool = False


def in_zone(scenario: Scenario, zone: ZoneInfo) -> Scenario:
    """Return a test without a zone of its own as it is meant in one."""

    def moved(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment.replace(tzinfo=zone)

    def expected(callback: ExpectedCallback | None) -> ExpectedCallback | None:
        return None if callback is None else replace(callback, by=moved(callback.by))

    expect = replace(
        scenario.expect, callback=expected(scenario.expect.callback), voicemail=expected(scenario.expect.voicemail)
    )
    return replace(
        scenario,
        at=scenario.at.replace(tzinfo=zone),
        caller=replace(scenario.caller, open_promise_until=moved(scenario.caller.open_promise_until)),
        mocks={
            node: MockPromise(moved(mock.until)) if isinstance(mock, MockPromise) else mock
            for node, mock in scenario.mocks.items()
        },
        expect=expect,
        is_local=False,
    )


def parse_moment(written: str, zone: str = "") -> datetime:
    """Return `2030-03-05 10:15 Europe/Riga` as an aware time; `zone` holds where none is written. Raises ValueError."""
    text = written.strip()
    found = _ZONE.search(text)
    name = found[1] if found else zone
    if not name:
        raise ValueError(f'"{written}" has no time zone; write it as 2030-03-05 10:15 Europe/Riga')
    return read_moment(text[: found.start()] if found else text).replace(tzinfo=ZoneInfo(read_zone(name)))


def read_scenario(fields: Fields) -> Scenario | None:
    """Read one entry of `tests`; None after a fault that leaves nothing to run."""
    name = fields.text("name", None)
    at = _moment(fields, "at", "UTC")
    is_local = _ZONE.search(fields.text("at").strip()) is None
    zone = str(at.tzinfo) if at is not None else "UTC"
    caller = _caller(fields, zone)
    mocks = _mocks(fields, zone)
    acts: list[Act] = []
    events = fields.texts("events")
    if len(events) > MAX_EVENTS:
        fields.fault(events[MAX_EVENTS].mark, "LIMIT", f"{len(events)} events; a test holds {MAX_EVENTS} at most")
    for event in events[:MAX_EVENTS]:
        try:
            acts.append(Act(event.value, parse_act(event.value)))
        except ValueError as error:
            fields.fault(event.mark, "EVENT", str(error))
    expect = _expectation(fields, zone)
    called = fields.text("called")
    fields.finish()
    if at is None or expect is None:
        return None
    return Scenario(name, at, caller, mocks, tuple(acts), expect, fields.mapping.mark, called, is_local)


def _moment(fields: Fields, name: str, zone: str) -> datetime | None:
    written = fields.text(name, None if name == "at" else "")
    if not written:
        return None
    try:
        return parse_moment(written, zone)
    except ValueError as error:
        fields.fault(fields.reading.marks.get((*fields.place, name), fields.mapping.mark), "MOMENT", f"{name}: {error}")
        return None


def _caller(fields: Fields, zone: str) -> Caller:
    from flows.files.tree import Text

    value = fields.take("caller")
    inner = None if value is None else _inner(fields, "caller")
    if inner is None:
        return Caller(number="+37120000001")
    number = inner.text("number", "+37120000001")
    if number not in ("withheld", "unusable"):
        number = inner.read(Text(number, inner.mark_of("number")), read_number, "", "number")
    language = inner.value("language", language_key, "")
    caller = Caller(
        number=None if number in ("withheld", "unusable") else number,
        is_unusable=number == "unusable",
        name=inner.text("name"),
        language=language or None,
        open_promise_until=_moment(inner, "open_promise", zone),
    )
    inner.finish()
    return caller


def _mocks(fields: Fields, zone: str) -> dict[str, MockHours | MockPromise]:
    mocks: dict[str, MockHours | MockPromise] = {}
    for node, value in fields.scalars("mock").items():
        if node not in fields.reading.nodes:
            near = suggestion(node, fields.reading.nodes)
            fields.fault(value.mark, "UNKNOWN_TARGET", f'mock for "{node}", which is not a node.{near}')
        elif value.value in _HOURS:
            mocks[node] = MockHours(cast(HoursState, value.value))
        elif value.value == "none":
            mocks[node] = MockPromise(None)
        else:
            try:
                mocks[node] = MockPromise(parse_moment(value.value, zone))
            except ValueError:
                message = f'mock "{value.value}": must be {", ".join(_HOURS)}, a promised time such as 2030-03-05 14:30, or none'
                fields.fault(value.mark, "MOMENT", message)
    return mocks


def _expectation(fields: Fields, zone: str) -> Expectation | None:
    inner = _inner(fields, "expect")
    if inner is None:
        fields.missing("expect")
        return None
    path = inner.texts("path")
    for step in path:
        if step.value not in fields.reading.nodes and step.value != "last_resort":
            near = suggestion(step.value, fields.reading.nodes)
            inner.fault(step.mark, "UNKNOWN_TARGET", f'path names "{step.value}", which is not a node.{near}')
    callback, no_callback = _expected(inner, "callback", zone)
    voicemail, no_voicemail = _expected(inner, "voicemail", zone)
    expectation = Expectation(
        path=tuple(step.value for step in path),
        said=tuple(piece.value for piece in inner.texts("said")),
        not_said=tuple(piece.value for piece in inner.texts("not_said")),
        outcome=inner.text("outcome"),
        language=inner.text("language"),
        callback=callback,
        no_callback=no_callback,
        voicemail=voicemail,
        no_voicemail=no_voicemail,
        seconds_to_choice=inner.whole("seconds_to_choice", 0, 1, 600) or None,
    )
    inner.finish()
    return expectation


def _expected(fields: Fields, name: str, zone: str) -> tuple[ExpectedCallback | None, bool]:
    from flows.files.tree import Text

    value = fields.mapping.get(name)
    if value is None or (isinstance(value, Text) and value.value == "none"):
        fields.take(name)
        return None, value is not None
    inner = _inner(fields, name)
    if inner is None:
        return None, False
    expected = ExpectedCallback(
        queue=inner.text("queue"),
        intent=inner.text("intent"),
        by=_moment(inner, "by", zone),
        seconds=inner.whole("seconds", 0, 1, 3600) or None,
    )
    inner.finish()
    return expected, False


def _inner(fields: Fields, name: str) -> Fields | None:
    from flows.files.tree import Text

    value = fields.take(name)
    if value is None:
        return None
    return fields.within(Text(name, value.mark), value, name, name)
