"""What goes wrong and when: one seed, one story."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

What = Literal["kill", "term", "empty", "freeze", "thaw", "take_sql", "bring_sql"]

# Nothing is broken before the house stands, and what is broken at the end is whole again before the count.
CALM_SECONDS = 4.0
SQL_AWAY_SECONDS = 10.0
_VICTIMS = ("api-1", "api-2", "api-1", "api-2", "worker-1", "worker-2", "clock", "redis")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens `at_seconds` after the first call; `whom` names the process, or the manner for SQL."""

    at_seconds: float
    what: What
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often each fault comes, on average, in seconds; 0 is never."""

    kill: float = 8.0
    empty: float = 40.0
    freeze: float = 90.0
    sql: float = 80.0


def plan(seed: int, seconds: float, rhythm: Rhythm, manners: tuple[str, ...]) -> tuple[Step, ...]:
    """All faults of a drill in order. `manners` are the ways in which its database can be away, which take turns."""
    chance = Random(f"faults {seed}")
    last = seconds - CALM_SECONDS
    steps: list[Step] = []
    for at in _moments(chance, rhythm.kill, last):
        # One kill in eight is a deploy: the process is asked to end and may finish what it does.
        steps.append(Step(at, "term" if chance.random() < 0.125 else "kill", chance.choice(_VICTIMS)))
    steps += [Step(at, "empty", "redis") for at in _moments(chance, rhythm.empty, last)]
    for at in _moments(chance, rhythm.freeze, last - 8):
        steps += [Step(at, "freeze", "redis"), Step(at + chance.uniform(3, 8), "thaw", "redis")]
    for number, at in enumerate(_moments(chance, rhythm.sql, last - SQL_AWAY_SECONDS, SQL_AWAY_SECONDS + 5)):
        manner = manners[number % len(manners)]
        steps += [Step(at, "take_sql", manner), Step(at + SQL_AWAY_SECONDS, "bring_sql", manner)]
    return tuple(sorted(steps, key=lambda step: (step.at_seconds, step.what)))


def _moments(chance: Random, every: float, last: float, least: float = 0.0) -> list[float]:
    """Moments about `every` seconds apart, at least `least`, from the calm of the beginning to `last`."""
    found: list[float] = []
    at = CALM_SECONDS + (chance.uniform(0.2, 0.8) * every if every else 0)
    while every and at <= last:
        found.append(round(at, 2))
        at += max(least, chance.uniform(0.5, 1.5) * every)
    return found
