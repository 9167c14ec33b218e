"""The plan of faults: what fails and when. A seed gives a plan."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

What = Literal["kill", "term", "empty", "freeze", "thaw", "take_sql", "bring_sql"]

# The time without faults at the beginning and at the end.
CALM_SECONDS = 4.0
SQL_AWAY_SECONDS = 10.0
_VICTIMS = ("api-1", "api-2", "api-1", "api-2", "worker-1", "worker-2", "clock", "redis")


@dataclass(frozen=True, slots=True)
class Step:
    """A fault, or its end, `at_seconds` after the first call. `whom`: the process, or the outage of SQL."""

    at_seconds: float
    what: What
    whom: str = ""


@dataclass(frozen=True, slots=True)
class FaultIntervals:
    """The average seconds between faults of a kind; 0 means never."""

    kill: float = 8.0
    empty: float = 40.0
    freeze: float = 90.0
    sql: float = 80.0


def plan(seed: int, seconds: float, intervals: FaultIntervals, outages: tuple[str, ...]) -> tuple[Step, ...]:
    """The faults of a drill in order. The `outages` of the database take turns."""
    random = Random(f"faults {seed}")
    last = seconds - CALM_SECONDS
    steps: list[Step] = []
    for at in _moments(random, intervals.kill, last):
        # One kill in eight is a SIGTERM, as in a deployment: the process may finish its work.
        steps.append(Step(at, "term" if random.random() < 0.125 else "kill", random.choice(_VICTIMS)))
    steps += [Step(at, "empty", "redis") for at in _moments(random, intervals.empty, last)]
    for at in _moments(random, intervals.freeze, last - 8):
        steps += [Step(at, "freeze", "redis"), Step(at + random.uniform(3, 8), "thaw", "redis")]
    for number, at in enumerate(_moments(random, intervals.sql, last - SQL_AWAY_SECONDS, SQL_AWAY_SECONDS + 5)):
        outage = outages[number % len(outages)]
        steps += [Step(at, "take_sql", outage), Step(at + SQL_AWAY_SECONDS, "bring_sql", outage)]
    return tuple(sorted(steps, key=lambda step: (step.at_seconds, step.what)))


def _moments(random: Random, every: float, last: float, least: float = 0.0) -> list[float]:
    """Times about `every` seconds apart, at least `least`, from CALM_SECONDS to `last`."""
    found: list[float] = []
    at = CALM_SECONDS + (random.uniform(0.2, 0.8) * every if every else 0)
    while every and at <= last:
        found.append(round(at, 2))
        at += max(least, random.uniform(0.5, 1.5) * every)
    return found
