"""What is legal in a flow but wrong for a caller: errors that block publishing, warnings that do not.

Each finding has a code, a place and a remedy. A comment `# check: allow CODE reason` on a line of the node, or
right above it, silences a warning; errors cannot be silenced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from flows.checks import graph
from flows.checks.keys import clashing_keys, help_key
from flows.checks.references import Place, node_prompts, unknown_references
from flows.checks.wording import wording
from flows.company.company import Company
from flows.model import Flow
from flows.nodes import Callback, End, Greeting, Language, Menu, Transfer, Voicemail
from flows.testing.scenarios import ScenarioResult, coverage
from flows.values.language import unknown_language
from flows.values.telephone import is_possible

Severity = Literal["error", "warning"]

MANY_OPTIONS = 4
_LAST_LINE = 1 << 30
SHORTEST_TIMEOUT_SECONDS, LONGEST_TIMEOUT_SECONDS = 3, 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `node` is empty when it concerns the whole flow."""

    code: str
    severity: Severity
    path: str
    line: int
    column: int
    node: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}  {self.message} {self.remedy}"


# What a check yields: code, severity, place in the file, message, remedy.
Note = tuple[str, Severity, Place, str, str]


def check(flow: Flow, company: Company) -> list[Finding]:
    """Return everything found in a flow, in the order of its lines, without the warnings that its comments allow."""
    found = [
        Finding(fault.code, "error", fault.path, fault.line, fault.column, "", fault.message, "Correct the name.")
        for fault in unknown_references(flow, company)
    ]
    checks: tuple[Callable[[Flow], Iterator[Note]], ...] = (
        _languages,
        _numbers,
        _beginning,
        _unreachable,
        _rings,
        _endless,
        clashing_keys,
        help_key,
        _notices,
        _fallbacks,
        _unsaid_promises,
        _convenience,
        partial(wording, company=company),
    )
    for each in checks:
        found.extend(_finding(flow, note) for note in each(flow))
    kept = [finding for finding in found if finding.severity == "error" or not _is_allowed(flow, finding)]
    return sorted(kept, key=lambda finding: (finding.line, finding.column, finding.code, finding.message))


def untested(flow: Flow, results: Iterable[ScenarioResult]) -> list[Finding]:
    """Return a warning for each exit that no test of the flow takes; one for all of them while there is no test."""
    found = []
    without = coverage(flow, results)
    if not flow.tests and without:
        message, remedy = (
            f"the flow has no test; none reaches its {len(without)} exits.",
            "Add tests: a call that goes well, first.",
        )
        untested_flow = _finding(flow, ("UNTESTED_EXIT", "warning", ("nodes",), message, remedy))
        return [] if _is_allowed(flow, untested_flow) else [untested_flow]
    for node, exit in without:
        message, remedy = f'node "{node}": no test reaches exit "{exit}".', "Add a test that takes it."
        finding = _finding(flow, ("UNTESTED_EXIT", "warning", ("nodes", node, "exits", exit), message, remedy))
        if not _is_allowed(flow, finding):
            found.append(finding)
    return found


def _finding(flow: Flow, note: Note) -> Finding:
    code, severity, place, message, remedy = note
    mark = flow.mark(*place)
    node = place[1] if len(place) > 1 and place[0] == "nodes" else ""
    return Finding(code, severity, flow.path, mark.line, mark.column, node, message, remedy)


def _is_allowed(flow: Flow, finding: Finding) -> bool:
    first = last = finding.line
    if finding.node:
        first = flow.mark("nodes", finding.node).line
        starts = (flow.mark("nodes", name).line for name in flow.nodes)
        last = min((line - 1 for line in starts if line > first), default=_LAST_LINE)
    return any(code == finding.code and first <= line <= last for line, code in flow.allowed)


def _languages(flow: Flow) -> Iterator[Note]:
    for tag in flow.languages:
        if wrong := unknown_language(tag):
            yield "UNKNOWN_LANGUAGE", "error", ("languages", tag), wrong, "Write a code such as en, lv or pt-BR."


def _numbers(flow: Flow) -> Iterator[Note]:
    for name, node in flow.nodes.items():
        for number in node.to if isinstance(node, Transfer) else ():
            if number.startswith("+") and not is_possible(number):
                message = f'transfer "{name}": "{number}" has a length that no number of its country has.'
                yield "IMPOSSIBLE_NUMBER", "error", ("nodes", name, "to"), message, "Count its figures."


def _beginning(flow: Flow) -> Iterator[Note]:
    start = flow.resolve(flow.start)
    if not isinstance(flow.nodes[start], Greeting):
        yield (
            "NO_GREETING",
            "error",
            ("start",),
            f'the flow begins with "{start}", which is no greeting.',
            "Begin with a node of type greeting.",
        )


def _unreachable(flow: Flow) -> Iterator[Note]:
    reached = graph.reachable(flow, flow.start)
    for name, node in flow.nodes.items():
        if name not in reached and not node.disabled:
            yield (
                "UNREACHABLE",
                "error",
                ("nodes", name),
                f'node "{name}" is never reached.',
                "Let an exit or a key go to it, or remove it.",
            )


def _rings(flow: Flow) -> Iterator[Note]:
    ring = graph.unwaiting_ring(flow)
    if ring:
        yield (
            "LOOP",
            "error",
            ("nodes", ring[0]),
            f"a call goes round without a wait: {' → '.join(ring)}.",
            "Let one of these nodes lead elsewhere, or put a menu between them.",
        )


def _endless(flow: Flow) -> Iterator[Note]:
    reached = graph.reachable(flow, flow.start)
    if not any(isinstance(flow.nodes[name], End) for name in reached):
        reached = {flow.resolve(flow.start)}  # one mistake, one message
    for name in sorted(reached):
        if not any(isinstance(flow.nodes[each], End) for each in graph.reachable(flow, name)):
            yield (
                "NO_END",
                "error",
                ("nodes", name),
                f'no way from "{name}" comes to an end.',
                "Let an exit lead to a node of type end.",
            )


def _notices(flow: Flow) -> Iterator[Note]:
    """A voicemail's own prompt tells that a message is recorded; without one, a greeting on every path must."""
    telling = [
        name for name, node in flow.nodes.items() if isinstance(node, Greeting) and node.recording_notice is not None
    ]
    untold = graph.reachable(flow, flow.start, without=telling)
    for name, node in flow.nodes.items():
        if isinstance(node, Voicemail) and node.prompt is None and name in untold:
            yield (
                "NO_NOTICE",
                "error",
                ("nodes", name),
                f'voicemail "{name}" records a caller who was not told so on some path.',
                "Give it a prompt, or the greeting a recording_notice.",
            )


def _fallbacks(flow: Flow) -> Iterator[Note]:
    for name, node in flow.nodes.items():
        if isinstance(node, Transfer):
            failed = {flow.resolve(node.exits[exit]) for exit in ("no_answer", "busy", "failed")}
            if any(isinstance(flow.nodes[target], End) for target in failed):
                yield (
                    "NO_FALLBACK",
                    "warning",
                    ("nodes", name),
                    f'transfer "{name}" ends the call when nobody answers.',
                    "Let no_answer, busy and failed lead to a callback or voicemail.",
                )


def _unsaid_promises(flow: Flow) -> Iterator[Note]:
    for name, node in flow.nodes.items():
        if isinstance(node, Voicemail) and not node.disabled:
            after = graph.reachable(flow, node.exits["saved"])
            if not any(_says_promise(flow, each) for each in (name, *after)):
                yield (
                    "PROMISE_UNSAID",
                    "warning",
                    ("nodes", name),
                    f'nobody who leaves a message at "{name}" is told when we call back.',
                    "Say [… {promise.until|by}] in its prompt or in a prompt after it.",
                )


def _says_promise(flow: Flow, name: str) -> bool:
    return any(
        value.name == "promise.until"
        for _, prompt in node_prompts(flow.nodes[name])
        for line in prompt.lines.values()
        for value in line.values()
    )


def _convenience(flow: Flow) -> Iterator[Note]:
    for name, node in flow.nodes.items():
        if isinstance(node, Menu) and len(node.options) > MANY_OPTIONS:
            yield (
                "MANY_OPTIONS",
                "warning",
                ("nodes", name),
                f'menu "{name}" has {len(node.options)} options; callers keep about {MANY_OPTIONS} in mind.',
                "Split it into two menus.",
            )
        if isinstance(node, Menu | Language | Callback):
            seconds = node.asking.timeout_seconds
            if not SHORTEST_TIMEOUT_SECONDS <= seconds <= LONGEST_TIMEOUT_SECONDS:
                yield (
                    "TIMEOUT",
                    "warning",
                    ("nodes", name, "timeout"),
                    f'node "{name}" waits {seconds} s for a key.',
                    f"Wait {SHORTEST_TIMEOUT_SECONDS} to {LONGEST_TIMEOUT_SECONDS} s.",
                )
