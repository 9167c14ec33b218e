"""Checks of keys: which clash, and whether 0 leads to a person."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from flows.checks import graph
from flows.model import Flow
from flows.nodes import Callback, Language, Menu, Transfer, Voicemail

if TYPE_CHECKING:
    from flows.checks.findings import Note


def clashing_keys(flow: Flow) -> Iterator[Note]:
    """Yield keys that stand for two things, or that the telephone cannot tell apart."""
    for name, node in flow.nodes.items():
        if not isinstance(node, Menu | Language | Callback):
            continue
        place, title = ("nodes", name), f'node "{name}"'
        own = node.keys()
        for first, second in combinations(own, 2):
            shorter, longer = sorted((first, second), key=len)
            if first == second:
                yield (
                    "KEY_CLASH",
                    "error",
                    place,
                    f"{title}: key {first} stands for two choices.",
                    "Give each its own key.",
                )
            elif longer.startswith(shorter):
                message = f"{title}: key {shorter} is the beginning of key {longer}."
                yield "KEY_PREFIX", "error", place, message, "Use keys of which none begins another."
        if any(len(key) > 1 for key in own):
            if any("#" in key for key in own):
                message = f"{title}: # ends an entry of several keys, so it cannot be part of one."
                yield "KEY_CLASH", "error", place, message, "Use other keys, or single ones only."
            elif "#" in flow.keys and "#" not in node.asking.overrides:
                message = f"{title}: # ends an entry of several keys here, so key # of the whole flow does nothing."
                yield (
                    "KEY_CLASH",
                    "error",
                    place,
                    message,
                    'Take another key, use single ones here, or write overrides: ["#"].',
                )
        for key, meaning in flow.keys.items():
            taken = [each for each in own if each.startswith(key)]
            if taken and key not in node.asking.overrides:
                message = f'{title}: its key {taken[0]} hides key {key} of the whole flow ("{meaning}").'
                yield "SHADOW", "error", place, message, f'Use another key, or write overrides: ["{key}"].'


def help_key(flow: Flow) -> Iterator[Note]:
    """Yield what keeps key 0 from leading to a person or a mailbox."""
    asking = [name for name in graph.reachable(flow, flow.start) if graph.asks(flow.nodes[name])]
    if not asking:
        return
    if "0" not in flow.keys:
        yield (
            "NO_HELP",
            "error",
            ("keys",),
            "key 0 leads nowhere, so a caller cannot reach a person from a menu.",
            'Write keys: {"0": NODE}, a transfer, callback or voicemail.',
        )
        return
    target = flow.keys["0"]
    if target not in flow.nodes:
        reached: set[str] = set()
    else:
        reached = _first_waits(flow, flow.resolve(target))
    if not reached or not all(isinstance(flow.nodes[name], Transfer | Voicemail | Callback) for name in reached):
        yield (
            "NO_HELP",
            "error",
            ("keys", "0"),
            f'key 0 goes to "{target}", which does not lead to a person or a mailbox.',
            "Let it go to a transfer, callback or voicemail.",
        )


def _first_waits(flow: Flow, start: str) -> set[str]:
    """The nodes at which a call coming from `start` first waits (or ends)."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        following = list(graph.unwaiting_ways(flow, name))
        waiting.extend(following)
        if not following or graph.asks(flow.nodes[name]):
            found.add(name)
    return found
