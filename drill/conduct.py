"""Runs a drill from the first call to the report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy.engine import Engine

from drill.agents import Agent
from drill.carrier import Carrier, make_sounds, planned_calls
from drill.checker import Stored, check_all, check_index, read_stored
from drill.faults import FaultIntervals, Step, plan
from drill.installation import AGENTS, DatabaseName, Installation, running_installation
from drill.processes import ROOT
from drill.quiet import jobs_left, read_index, wait_until_quiet
from drill.report import Report, figures_of, keep
from runtime.sql.database import open_database

log = structlog.get_logger()

# The last calls may wait for the end of an outage, and callers pause.
LAST_CALLS_SECONDS = 180.0
# A difference between SQL and the index that is seen this often, a second apart, is a fault.
READINGS = 5
CLIPS = ROOT.parent / "shared" / "audio" / "ko"


@dataclass(frozen=True, slots=True)
class Options:
    seed: int
    minutes: float = 5.0
    database: DatabaseName = "sqlite"
    calls_per_minute: float = 70.0
    intervals: FaultIntervals = field(default_factory=FaultIntervals)


def drill(options: Options, folder: Path) -> Report:
    """Run an installation in `folder`, cause the faults of the seed, and check. Logs and report stay in `folder`."""
    seconds = options.minutes * 60
    with running_installation(folder, options.database) as running:
        sounds = make_sounds(folder / "sounds", options.seed, CLIPS if CLIPS.is_dir() else None)
        calls = planned_calls(options.seed, seconds, options.calls_per_minute, sounds)
        agents = [
            Agent(name, running.front_url, running.tokens[name], options.seed * 10 + number)
            for number, name in enumerate(AGENTS)
        ]
        carrier = Carrier(running.line, calls, agents)
        steps = plan(options.seed, seconds, options.intervals, running.database.outages)
        log.info("drill.begun", seed=options.seed, calls=len(calls), steps=len(steps), folder=str(folder))
        carrier.start()
        _break(running, carrier, steps, seconds)
        running.end_faults()
        _await_callers(running, carrier)
        last_call_at = time.time()
        engine = open_database(running.database.url)
        try:
            restless = wait_until_quiet(running, engine, last_call_at)
            stored, index = _read_at_rest(running, engine)
        finally:
            engine.dispose()
        violations = check_all(carrier.stories, carrier.actions, running.data, stored, index, jobs_left(running))
        figures = figures_of(running, carrier.stories, stored, carrier.most_at_once, agents)
    report = Report(options.seed, options.database, options.minutes, figures, tuple(violations), tuple(restless))
    keep(report, carrier.stories, folder)
    return report


def _read_at_rest(running: Installation, engine: Engine) -> tuple[Stored, dict[str, str]]:
    """Read SQL and the index until they agree: a lease may end between the two reads."""
    stored, index = read_stored(engine), read_index(running)
    for _ in range(READINGS - 1):
        if not any(check_index(index, stored)):
            break
        time.sleep(1)
        stored, index = read_stored(engine), read_index(running)
    return stored, index


def _break(running: Installation, carrier: Carrier, steps: tuple[Step, ...], seconds: float) -> None:
    began = time.monotonic()
    waiting = list(steps)
    while (now := time.monotonic() - began) < seconds and not carrier.is_done:
        while waiting and waiting[0].at_seconds <= now:
            step = waiting.pop(0)
            log.info("drill.step", at=round(now, 1), what=step.what, whom=step.whom)
            running.carry_out(step)
        running.supervise()
        time.sleep(0.1)


def _await_callers(running: Installation, carrier: Carrier) -> None:
    give_up = time.monotonic() + LAST_CALLS_SECONDS
    while not carrier.is_done and time.monotonic() < give_up:
        running.supervise()
        time.sleep(0.2)
    carrier.finish(1.0)
