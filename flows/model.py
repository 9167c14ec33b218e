"""A flow: the immutable menu tree that a call walks, as loaded from one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.files.faults import Mark
from flows.limits import MAX_CALL_SECONDS, MAX_FAILED_ATTEMPTS, MAX_STEPS
from flows.nodes import Node
from flows.prompts.prompt import Prompt
from flows.testing.scripts import Scenario


@dataclass(frozen=True, slots=True)
class Defaults:
    """What nodes inherit. `error` is the node that a failed node goes to, empty for the built-in last resort."""

    timeout_seconds: int = 6
    interdigit_timeout_seconds: int = 3
    max_attempts: int = 3
    error: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one call may take: a flow may lower these, never raise them."""

    call_seconds: int = MAX_CALL_SECONDS
    steps: int = MAX_STEPS
    failed_attempts: int = MAX_FAILED_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow. The first of `languages` is the fallback.

    `version` is the hash of the file's text and of the audio it plays: the same version is the same meaning. `keys` maps
    a key that works at every menu to a node, or to `back` or `repeat`, `key_intents` to what its caller wants. `marks` says
    where each part stands in the file and `allowed` which findings its comments silence, as (line, code); neither is part of
    the flow's meaning.
    """

    flow: str
    title: str
    description: str
    languages: tuple[str, ...]
    start: str
    defaults: Defaults
    keys: dict[str, str]
    limits: Limits
    prompts: dict[str, Prompt]
    nodes: dict[str, Node]
    tests: tuple[Scenario, ...]
    version: str
    key_intents: dict[str, str] = field(default_factory=dict)
    path: str = field(default="", compare=False)
    marks: Mapping[tuple[str, ...], Mark] = field(default_factory=dict, compare=False, repr=False)
    allowed: frozenset[tuple[int, str]] = field(default=frozenset(), compare=False, repr=False)

    def resolve(self, name: str) -> str:
        """Return the node that a name leads to when disabled nodes are skipped (the loader refuses a ring of them)."""
        while self.nodes[name].disabled:
            name = self.nodes[name].disabled
        return name

    def mark(self, *place: str) -> Mark:
        """Return where a part stands, or the nearest part around it that has a place."""
        while place and place not in self.marks:
            place = place[:-1]
        return self.marks.get(place, Mark(1, 1))
