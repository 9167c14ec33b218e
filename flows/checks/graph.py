"""Where a flow can go: which nodes are reached, which ways do not wait, and what is known on arrival."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from flows.limits import BACK, REPEAT
from flows.model import Flow
from flows.nodes import Callback, End, Greeting, Hours, Language, Menu, Node, Prompt, Transfer, Voicemail

# Whether a promise is known on arrival at a node: on some path, on every path.
PromiseKnown = tuple[bool, bool]


def asks(node: Node) -> bool:
    """Whether a node waits for keys, so that the keys of the flow work in it."""
    return isinstance(node, Menu | Language | Callback)


def ways(flow: Flow, name: str) -> Iterator[tuple[str, str]]:
    """Yield every (exit, node) from a node: its exits, the error way, the flow's keys. Disabled nodes are skipped."""
    node = flow.nodes[name]
    for exit, target in node.exits.items():
        yield exit, flow.resolve(target)
    if flow.defaults.error and "error" not in node.exits and not isinstance(node, End):
        yield "error", flow.resolve(flow.defaults.error)
    if asks(node):
        for key, meaning in flow.keys.items():
            if meaning not in (BACK, REPEAT):
                yield f"key {key}", flow.resolve(meaning)


def unwaiting_ways(flow: Flow, name: str) -> Iterator[str]:
    """Yield the nodes that a call may reach from here without the caller doing anything."""
    node = flow.nodes[name]
    match node:
        case Greeting() | Prompt() | Hours():
            exits = tuple(node.exits)
        case Language():
            exits = ("known",)
        case Callback():
            exits = ("not_possible",)
        case Menu() | Voicemail() | Transfer() | End():
            exits = ()
        case _:
            assert_never(node)
    for exit in exits:
        if exit != "error" and exit in node.exits:
            yield flow.resolve(node.exits[exit])


def reachable(flow: Flow, start: str, without: Iterable[str] = ()) -> set[str]:
    """Return the nodes that can be reached from one, itself included, on paths that avoid those of `without`."""
    barred = set(without)
    first = flow.resolve(start)
    found: set[str] = set()
    waiting = [] if first in barred else [first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(target for _, target in ways(flow, name) if target not in barred)
    return found


def unwaiting_ring(flow: Flow) -> list[str]:
    """Return nodes that lead round to the first of them without a wait, or an empty list."""
    finished: set[str] = set()
    for name in flow.nodes:
        if not flow.nodes[name].disabled and (ring := _ring_from(flow, name, [], finished)):
            return ring
    return []


def _ring_from(flow: Flow, name: str, path: list[str], finished: set[str]) -> list[str]:
    if name in path:
        return [*path[path.index(name) :], name]
    if name in finished:
        return []
    for target in unwaiting_ways(flow, name):
        if ring := _ring_from(flow, target, [*path, name], finished):
            return ring
    finished.add(name)
    return []


def hours_states(flow: Flow) -> dict[str, frozenset[str]]:
    """Return for each reachable node what a calendar may have said last when it is entered; "" where none was asked."""
    start = flow.resolve(flow.start)
    known: dict[str, frozenset[str]] = {start: frozenset({""})}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for exit, target in ways(flow, name):
            said = isinstance(flow.nodes[name], Hours) and exit != "error"
            after = known.get(target, frozenset()) | (frozenset({exit}) if said else known[name])
            if after != known.get(target):
                known[target] = after
                waiting.append(target)
    return known


def promises(flow: Flow) -> dict[str, PromiseKnown]:
    """Return for each reachable node whether a promise may, and must, be known when it is entered."""
    start = flow.resolve(flow.start)
    known: dict[str, PromiseKnown] = {start: (False, False)}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for exit, target in ways(flow, name):
            may, must = _promise_after(flow.nodes[name], exit, known[name])
            before = known.get(target)
            after = (may, must) if before is None else (may or before[0], must and before[1])
            if after != before:
                known[target] = after
                waiting.append(target)
    return known


def _promise_after(node: Node, exit: str, before: PromiseKnown) -> PromiseKnown:
    match node, exit:
        case Callback(), "accepted":
            return True, True
        case Callback(), "declined" | "not_possible":
            return False, False
        case Voicemail(), "empty":
            return False, False
        case Callback() | Voicemail(), _:
            return True, False
    return before
