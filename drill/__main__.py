"""`python -m drill`: cause faults for some minutes and check that nothing was lost."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import typer

from drill.conduct import Options, drill
from drill.faults import FaultIntervals
from runtime.logs.logging import set_up_logging


def main(
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same calls and faults.")] = None,
    minutes: Annotated[float, typer.Option(min=0.2, max=24 * 60)] = 5.0,
    database: Annotated[Literal["sqlite", "postgresql"], typer.Option()] = "sqlite",
    calls_per_minute: Annotated[float, typer.Option(min=1, max=2000)] = 70.0,
    kill_every: Annotated[float, typer.Option(help="Average seconds between kills; 0 means never.")] = 8.0,
    empty_every: Annotated[float, typer.Option(help="Average seconds between FLUSHALLs of Redis.")] = 40.0,
    freeze_every: Annotated[float, typer.Option(help="Average seconds between freezes of Redis.")] = 90.0,
    sql_every: Annotated[float, typer.Option(help="Average seconds between outages of SQL of 10 s.")] = 80.0,
    folder: Annotated[
        Path | None, typer.Option(help="The folder of logs. Default: a temporary one, kept on failure.")
    ] = None,
) -> None:
    """Cause faults and check the results. Exit code 1 if anything was lost, doubled or silent."""
    set_up_logging("drill")
    seed = seed if seed is not None else random.SystemRandom().randrange(1 << 20)
    print(f"seed {seed}", flush=True)
    place = folder or Path(tempfile.mkdtemp(prefix="rb-drill-"))
    intervals = FaultIntervals(kill_every, empty_every, freeze_every, sql_every)
    options = Options(seed, minutes, database, calls_per_minute, intervals)
    report = drill(options, place)
    print(report.as_text())
    if report.is_clean and folder is None:
        shutil.rmtree(place, ignore_errors=True)
    else:
        print(f"logs, calls and report: {place}")
    raise typer.Exit(0 if report.is_clean else 1)


if __name__ == "__main__":
    typer.run(main)
