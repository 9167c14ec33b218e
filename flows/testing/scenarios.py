"""Plays the tests that stand in a flow file, and says which exits none of them reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from zoneinfo import ZoneInfo

from flows.company.company import Company
from flows.company.house import zone_of, zone_of_queue
from flows.events import (
    CallbackRequested,
    Effect,
    Event,
    InputIgnored,
    KeysPressed,
    QuotePromise,
    ReadHours,
    VoicemailLeft,
)
from flows.inputs import HoursRead, PromiseQuoted, Result, Silence
from flows.model import Flow
from flows.nodes import Node
from flows.testing.acts import Elapse
from flows.testing.rehearsal import Perform, Rehearsal, cannot_be_sent
from flows.testing.scripts import ExpectedCallback, MockHours, MockPromise, Scenario, in_zone
from flows.verbs import Gather, Play, Say


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """How one test went. `problems` are empty when it passed; `exits` are those taken, as (node, exit)."""

    name: str
    line: int
    problems: tuple[str, ...]
    path: tuple[str, ...]
    heard: tuple[Say | Play, ...]
    events: tuple[Event, ...]
    outcome: str
    exits: frozenset[tuple[str, str]]

    @property
    def passed(self) -> bool:
        return not self.problems


# Less alike is only chance.
_ALIKE = 0.3


class _NotMocked(Exception):
    """An effect that the test does not answer, and nobody else can."""


def run(
    flow: Flow, company: Company, perform: Perform | None = None, tests: Iterable[Scenario] | None = None
) -> list[ScenarioResult]:
    """Play the tests of a flow. `perform` answers the effects that a test does not mock; None where it must mock all."""
    return [play(flow, company, scenario, perform) for scenario in (flow.tests if tests is None else tests)]


def coverage(flow: Flow, results: Iterable[ScenarioResult]) -> list[tuple[str, str]]:
    """Return the exits that no test takes, as (node, exit) in the order of the file."""
    taken = {exit for result in results for exit in result.exits}
    return [
        (name, exit)
        for name, node in flow.nodes.items()
        if not node.disabled
        for exit in own_exits(node)
        if (name, exit) not in taken
    ]


def own_exits(node: Node) -> tuple[str, ...]:
    """The exits of a node that callers take; `error` is not one of them."""
    return tuple(exit for exit in node.exits if exit != "error")


def play(flow: Flow, company: Company, scenario: Scenario, perform: Perform | None = None) -> ScenarioResult:
    """Play one test and compare what came of it."""
    if scenario.is_local:
        zone = zone_of(flow, company, company.number_of(scenario.called))
        scenario = in_zone(scenario, ZoneInfo(zone))
    used: set[str] = set()

    def answer(node: str, effect: Effect, now: datetime) -> Result:
        mock = scenario.mocks.get(node)
        if mock is not None:
            used.add(node)
            return _mocked(mock, effect, company, node, None if perform is None else perform(effect, company, now))
        if perform is None:
            what = "hours" if isinstance(effect, ReadHours) else "a promise"
            raise _NotMocked(f'node "{node}" asks for {what}; write mock: {{{node}: …}} into the test')
        return perform(effect, company, now)

    call = Rehearsal(flow, company, answer)
    problems: list[str] = []
    choice_seconds: float | None = None
    now = scenario.at
    try:
        call.begin(scenario.caller, now, scenario.called)
        for act in scenario.acts:
            if isinstance(act.does, Elapse):
                now += act.does.by
                continue
            if call.is_over:
                problems.append(f'the call was over before "{act.written}"')
                break
            if isinstance(act.does, Silence):
                call.seconds += sum(verb.timeout_seconds for verb in call.verbs if isinstance(verb, Gather))
            if refused := cannot_be_sent(call.verbs, act.does):
                problems.append(f'"{act.written}" cannot be sent: {refused}')
                break
            before, seconds = len(call.events), call.seconds
            call.take(act.does, now)
            happened = call.events[before:]
            ignored = [event.reason for event in happened if isinstance(event, InputIgnored)]
            problems.extend(f'"{act.written}" fits nothing: {reason}' for reason in ignored)
            if choice_seconds is None and any(isinstance(each, KeysPressed) and each.matched for each in happened):
                choice_seconds = seconds
    except _NotMocked as error:
        problems.append(str(error))
    else:
        problems += _unmet(scenario, call, choice_seconds)
        moot = {name for name, mock in scenario.mocks.items() if isinstance(mock, MockPromise)}
        needed = scenario.mocks.keys() - (set() if scenario.caller.number else moot)  # nobody promises them a call
        problems += [f'mock for "{node}" was not used' for node in scenario.mocks if node in needed - used]
    ended = call.session.ended if call.session is not None else ""
    return ScenarioResult(
        name=scenario.name,
        line=scenario.mark.line,
        problems=tuple(problems),
        path=call.path(),
        heard=tuple(call.heard),
        events=tuple(call.events),
        outcome=ended,
        exits=call.exits(),
    )


def _mocked(mock: MockHours | MockPromise, effect: Effect, company: Company, node: str, real: Result | None) -> Result:
    """The mocked answer; what it leaves open, such as when it opens again, is that of the real calendar where there is one."""
    match mock, effect:
        case MockHours(state), ReadHours():
            if not isinstance(real, HoursRead):
                return HoursRead(state, "mocked")
            return real if real.state == state else replace(real, state=state, reason="mocked", names={})
        case MockPromise(until), QuotePromise(queue):
            return PromiseQuoted(until, zone_of_queue(company, queue) or "UTC")
    wants = "open, closed, holiday or override" if isinstance(effect, ReadHours) else "a moment or none"
    raise _NotMocked(f'mock for "{node}" must be {wants}')


def _unmet(scenario: Scenario, call: Rehearsal, choice_seconds: float | None) -> list[str]:
    expect = scenario.expect
    problems: list[str] = []

    def compare(what: str, expected: object, found: object) -> None:
        if expected != found:
            problems.append(f"{what}: expected {expected}, found {found or 'none'}")

    if expect.path:
        compare("path", " → ".join(expect.path), " → ".join(call.path()))
    if expect.outcome:
        compare("outcome", expect.outcome, call.session.ended if call.session else "")
    if expect.language:
        compare("language", expect.language, call.session.language if call.session else "")
    problems += _unheard(expect.said, expect.not_said, [words.text for words in call.heard], _names(call.company))
    messages = [event for event in call.events if isinstance(event, VoicemailLeft)]
    duties = [event for event in call.events if isinstance(event, VoicemailLeft | CallbackRequested)]
    problems += _unlike("callback", expect.callback, duties)
    problems += _unlike("voicemail", expect.voicemail, messages)
    if expect.no_callback and duties:
        problems.append(f"callback: expected none, found one for {duties[0].queue}")
    if expect.no_voicemail and messages:
        problems.append(f"voicemail: expected none, found one for {messages[0].queue}")
    if expect.seconds_to_choice is not None:
        if choice_seconds is None:
            problems.append("seconds_to_choice: no choice was made")
        elif choice_seconds > expect.seconds_to_choice:
            problems.append(
                f"seconds_to_choice: expected {expect.seconds_to_choice} at most, found {choice_seconds:.0f}"
            )
    return problems


def _names(company: Company) -> tuple[str, ...]:
    """What `{organisation}` may mean in a test: the name of the house, or of a number, in any language."""
    houses = (company.organisation, *(number.organisation for number in company.numbers.values()))
    return tuple(dict.fromkeys(name for house in houses for name in house.values()))


def _unheard(
    said: tuple[str, ...], not_said: tuple[str, ...], heard: list[str], organisation: tuple[str, ...]
) -> list[str]:
    """Compare pieces of what was heard, in their order."""
    problems: list[str] = []
    everything = " ".join(heard)
    position = 0
    for piece in said:
        pattern = _pattern(piece, organisation)
        found = pattern.search(everything, position)
        if found is not None:
            position = found.end()
        elif pattern.search(everything):
            problems.append(f'not heard in this order: "{piece}"')
        else:
            problems.append(f'not heard: "{piece}"; heard instead: {_nearest(piece, heard)}')
    problems += [
        f'heard, but should not be: "{piece}"' for piece in not_said if _pattern(piece, organisation).search(everything)
    ]
    return problems


def _pattern(piece: str, organisation: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in organisation)
    return re.compile(re.escape(piece).replace(re.escape("{organisation}"), f"(?:{names})"))


def _nearest(piece: str, heard: list[str]) -> str:
    """What was heard that is most like a piece; the last words when nothing is."""
    if not heard:
        return "nothing"
    likeness = [SequenceMatcher(None, piece, words).ratio() for words in heard]
    best = max(range(len(heard)), key=lambda place: (likeness[place], place))
    return f'"{heard[best] if likeness[best] > _ALIKE else heard[-1]}"'


def _unlike(
    what: str, expected: ExpectedCallback | None, found: list[VoicemailLeft] | list[VoicemailLeft | CallbackRequested]
) -> list[str]:
    if expected is None:
        return []
    if not found:
        return [f"{what}: expected one, found none"]
    differences = [_difference(expected, event) for event in found]
    return [] if any(not difference for difference in differences) else [f"{what}: {differences[0]}"]


def _difference(expected: ExpectedCallback, found: VoicemailLeft | CallbackRequested) -> str:
    seconds = found.seconds if isinstance(found, VoicemailLeft) else None
    for name, wanted, actual in (
        ("queue", expected.queue, found.queue),
        ("intent", expected.intent, found.intent),
        ("by", expected.by, found.until),
        ("seconds", expected.seconds, seconds),
    ):
        if wanted and wanted != actual:
            return f"expected {name} {wanted}, found {actual or 'none'}"
    return ""
