"""A short drill of the whole house: the same seed each time, and nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from drill.carrier import planned_calls
from drill.conduct import Options, drill
from drill.faults import FaultIntervals, plan


def test_one_seed_is_one_story() -> None:
    intervals = FaultIntervals()
    assert plan(7, 300, intervals, ("held",)) == plan(7, 300, intervals, ("held",))
    assert plan(7, 300, intervals, ("held",)) != plan(8, 300, intervals, ("held",))
    sounds = [Path("a"), Path("b"), Path("c")]
    assert planned_calls(7, 60, 60, sounds) == planned_calls(7, 60, 60, sounds)
    assert planned_calls(7, 60, 60, sounds) != planned_calls(8, 60, 60, sounds)


def test_what_is_taken_away_comes_back_before_the_end() -> None:
    for seed in range(50):
        steps = plan(seed, 120, FaultIntervals(), ("frozen", "killed"))
        whats = [step.what for step in steps]
        assert whats.count("take_sql") == whats.count("bring_sql") >= 1
        assert whats.count("freeze") == whats.count("thaw")
        assert all(step.at_seconds < 120 for step in steps)


@pytest.mark.timeout(420)
def test_nothing_is_lost_or_doubled_and_nobody_waits(tmp_path: Path) -> None:
    intervals = FaultIntervals(kill=5, empty=15, freeze=25, sql=22)
    report = drill(Options(seed=20261122, minutes=1.0, calls_per_minute=100, intervals=intervals), tmp_path / "drill")
    assert report.is_clean, report.as_text()
    assert report.figures["calls"] > 60
    assert report.figures["kill -9"] >= 5
    assert report.figures["Redis emptied"] >= 2
    assert report.figures["SQL away for 10 s"] >= 1
