"""One drill from the first call to the report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy.engine import Engine

from drill.agents import Agent
from drill.carrier import Carrier, make_sounds, wishes
from drill.checker import Stored, check_all, check_index, read_stored
from drill.faults import Rhythm, Step, plan
from drill.house import AGENTS, DatabaseName, House, house
from drill.processes import ROOT
from drill.quiet import jobs_left, read_index, settle
from drill.report import Report, figures_of, keep
from runtime.sql.database import open_database

log = structlog.get_logger()

# The last calls may wait out an outage and a caller's own pauses.
LAST_CALLS_SECONDS = 180.0
# What SQL and the index disagree about so often in a row, a second apart, is a fault.
READINGS = 5
CLIPS = ROOT.parent / "shared" / "audio" / "ko"


@dataclass(frozen=True, slots=True)
class Options:
    seed: int
    minutes: float = 5.0
    database: DatabaseName = "sqlite"
    calls_per_minute: float = 70.0
    rhythm: Rhythm = field(default_factory=Rhythm)


def drill(options: Options, folder: Path) -> Report:
    """Run everything in `folder`, break it as the seed says, and judge. Leaves logs, stories and the report there."""
    seconds = options.minutes * 60
    with house(folder, options.database) as stands:
        sounds = make_sounds(folder / "sounds", options.seed, CLIPS if CLIPS.is_dir() else None)
        calls = wishes(options.seed, seconds, options.calls_per_minute, sounds)
        agents = [
            Agent(name, stands.front_url, stands.tokens[name], options.seed * 10 + number)
            for number, name in enumerate(AGENTS)
        ]
        carrier = Carrier(stands.line, calls, agents)
        steps = plan(options.seed, seconds, options.rhythm, stands.database.manners)
        log.info("drill.begun", seed=options.seed, calls=len(calls), steps=len(steps), folder=str(folder))
        carrier.start()
        _break(stands, carrier, steps, seconds)
        stands.make_whole()
        _await_callers(stands, carrier)
        last_call_at = time.time()
        engine = open_database(stands.database.url)
        try:
            restless = settle(stands, engine, last_call_at)
            stored, index = _read_at_rest(stands, engine)
        finally:
            engine.dispose()
        violations = check_all(carrier.stories, carrier.deeds, stands.data, stored, index, jobs_left(stands))
        figures = figures_of(stands, carrier.stories, stored, carrier.most_at_once, agents)
    report = Report(options.seed, options.database, options.minutes, figures, tuple(violations), tuple(restless))
    keep(report, carrier.stories, folder)
    return report


def _read_at_rest(stands: House, engine: Engine) -> tuple[Stored, dict[str, str]]:
    """SQL and the index as of one moment: a lease that ends between the two looks is no difference."""
    stored, index = read_stored(engine), read_index(stands)
    for _ in range(READINGS - 1):
        if not any(check_index(index, stored)):
            break
        time.sleep(1)
        stored, index = read_stored(engine), read_index(stands)
    return stored, index


def _break(stands: House, carrier: Carrier, steps: tuple[Step, ...], seconds: float) -> None:
    began = time.monotonic()
    waiting = list(steps)
    while (now := time.monotonic() - began) < seconds and not carrier.is_done:
        while waiting and waiting[0].at_seconds <= now:
            step = waiting.pop(0)
            log.info("drill.step", at=round(now, 1), what=step.what, whom=step.whom)
            stands.carry_out(step)
        stands.look_after()
        time.sleep(0.1)


def _await_callers(stands: House, carrier: Carrier) -> None:
    give_up = time.monotonic() + LAST_CALLS_SECONDS
    while not carrier.is_done and time.monotonic() < give_up:
        stands.look_after()
        time.sleep(0.2)
    carrier.finish(1.0)
