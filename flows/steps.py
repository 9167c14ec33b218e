"""What a node decides: leave by an exit, wait for the caller, ask the world, or end the call."""

from __future__ import annotations

from dataclasses import dataclass

from flows.events import Effect
from flows.verbs import Wait


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave by a named exit of the node."""

    exit: str


@dataclass(frozen=True, slots=True)
class Jump:
    """Leave for a node that no exit leads to: a global key. `exit` is how the event names it.

    `returning` is going back: a node that would pass a known caller on at once asks again.
    """

    exit: str
    target: str
    returning: bool = False


@dataclass(frozen=True, slots=True)
class Await:
    verb: Wait


@dataclass(frozen=True, slots=True)
class Ask:
    effect: Effect


@dataclass(frozen=True, slots=True)
class Fail:
    """The node cannot go on: take the error way."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finish:
    outcome: str


Step = Leave | Jump | Await | Ask | Fail | Finish
