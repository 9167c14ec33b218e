"""Compares the time of a turn with few and many calls under way, and with few and many stored callbacks.

    .venv/bin/python -m bench.flat [--seconds 4] [--rounds 5] [--stored 1000000]

Needs wrk, as bench/turns.py does. Both servers run at once and are asked in turn. A ratio is the time of a turn to that of the
first line; the target is at most 1.2.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench.stored import fill
from bench.turns import CONNECTIONS, ours, prepare, run
from callbacks.backlog import count_queues
from runtime.sql.database import open_database

MOST_A_SECOND = 5_000


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=4)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--stored", type=int, default=1_000_000)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="rb-flat-") as name:
        folder = Path(name)
        with ours(folder / "empty", "") as port:
            compare(
                "a key at the menu, by calls under way",
                {f"{calls:,} calls": (port, "turn", calls) for calls in (10, 1_000)},
                folder,
                asked.seconds,
                asked.rounds,
            )
        filled = folder / "filled"
        with ExitStack() as servers:
            ports = {"no callbacks": servers.enter_context(ours(folder / "none", ""))}
            ports[f"{asked.stored:,} callbacks"] = servers.enter_context(
                ours(
                    filled,
                    "",
                    lambda url: store(url, asked.stored),
                )
            )
            for what, said in (("voice", "a call comes in"), ("promise", "a promise is quoted")):
                compare(
                    f"{said}, by callbacks stored",
                    {each: (port, what, None) for each, port in ports.items()},
                    folder,
                    asked.seconds,
                    asked.rounds,
                )


def store(url: str, callbacks: int) -> None:
    """Store callbacks, a tenth of them open, in a queue of other callers, so that the answers stay the same."""
    engine = open_database(url)
    fill(engine, callbacks // 10, callbacks - callbacks // 10, queue="elsewhere")
    count_queues(engine, datetime.now(UTC))
    engine.dispose()


def compare(
    title: str, settings: dict[str, tuple[int, str, int | None]], folder: Path, seconds: int, rounds: int
) -> None:
    """Measure each setting (port, what, calls) in turn, `rounds` times, and print the ratio to the first one."""
    took: dict[str, list[float]] = {each: [] for each in settings}
    for _ in range(rounds):
        for each, (port, what, calls) in settings.items():
            requests = prepare(what, folder, MOST_A_SECOND * seconds, calls)
            took[each].append(1e6 / run(port, requests, folder, seconds, CONNECTIONS).per_second)
            requests.unlink()
    first = next(iter(took.values()))
    print(title)
    for each, costs in took.items():
        ratio = statistics.median(mine / other for mine, other in zip(costs, first, strict=True))
        print(f"  {each}: {statistics.median(costs):.0f} µs a turn, ratio {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
