"""Claims per second, each durable in SQL, on SQLite and on PostgreSQL; and their cost by how many are waiting.

    .venv/bin/python -m bench.claims [--seconds 3] [--rounds 3] [--agents 1,16,40] [--waiting 100000] [--folder FOLDER]

Starts a queue server and a PostgreSQL server of its own. Agents are threads on one desk, as in the api. Prints medians of rounds,
and ends with 1 when 16 agents claim fewer than 500 a second on a database.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bench.stored import emptied, fill
from callbacks.callback import Callback
from callbacks.desk import Desk
from callbacks.queue.callback_queue import CallbackQueue
from callbacks.queue.index import rebuild, refresh
from callbacks.tables import callbacks
from drill.databases import PostgresDatabase
from flows.company.company import Company
from runtime.embedded import EmbeddedRedis
from runtime.redis import open_redis
from runtime.sql.database import open_database, writing

FEW = 1_000
# Claims of one round of the comparison by size: half of the few that wait, so that every claim finds something.
BLOCK = 500
AGENTS = 16
AT_LEAST = 500.0


@dataclass(frozen=True)
class House:
    """A database with so many callbacks ready, and their index."""

    engine: Engine
    queue: CallbackQueue
    desk: Desk


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=3)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--agents", default="1,16,40")
    arguments.add_argument("--waiting", type=int, default=100_000)
    arguments.add_argument("--folder", type=Path)
    asked = arguments.parse_args()
    too_slow = False
    with tempfile.TemporaryDirectory(prefix="rb-claims-", dir=asked.folder) as name:
        folder = Path(name)
        with EmbeddedRedis(folder / "queue", folder / "s") as server, postgresql(folder) as (first, second):
            client = open_redis(server.url)
            urls = {"SQLite": (f"sqlite:///{folder}/many.sqlite3", f"sqlite:///{folder}/few.sqlite3")}
            urls["PostgreSQL"] = (first, second)
            for database, (many_url, few_url) in urls.items():
                with house(many_url, client, asked.waiting) as many, house(few_url, client, FEW) as few:
                    for agents in map(int, asked.agents.split(",")):
                        rounds = [claims_a_second(many.desk, agents, asked.seconds) for _ in range(asked.rounds)]
                        rate = statistics.median(rate for rate, _ in rounds)
                        print(
                            f"{database}, {agents:2} agents: {rate:.0f} claims a second "
                            f"({', '.join(f'{each:.0f}' for each, _ in rounds)}), "
                            f"{statistics.median(cpu for _, cpu in rounds):.0f} µs of CPU each",
                            flush=True,
                        )
                        too_slow |= agents == AGENTS and rate < AT_LEAST
                    compare_sizes(database, few, many, asked.rounds)
    if too_slow:
        raise SystemExit(f"{AGENTS} agents claim fewer than {AT_LEAST:.0f} a second")


@contextmanager
def postgresql(folder: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases on a server of its own."""
    server = PostgresDatabase(folder)
    try:
        engine = sa.create_engine(server.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE few")
        yield server.url, server.url.replace("/postgres?", "/few?")
    finally:
        server.stop()


@contextmanager
def house(url: str, client: redis.Redis, waiting: int) -> Iterator[House]:
    engine = open_database(url, pool_size=50)
    began = time.monotonic()
    with emptied(engine):
        fill(engine, live=waiting)
        filled = time.monotonic()
        queue = CallbackQueue(client, f"{engine.dialect.name[:6]}{waiting}")
        rebuild(engine, queue)
        print(f"{waiting} callbacks: in SQL {filled - began:.0f} s, in the index {time.monotonic() - filled:.0f} s")
        yield House(engine, queue, Desk(engine, _no_company, queue))
    engine.dispose()


def _no_company() -> Company:
    raise AssertionError("a claim asks for no company")


def claims_a_second(desk: Desk, agents: int, seconds: float) -> tuple[float, float]:
    """How many so many agents claim together, and the CPU time of this process for each in µs."""
    began, cpu = time.monotonic(), time.process_time()

    def work(number: int) -> int:
        count = 0
        while time.monotonic() < began + seconds:
            claim(desk, number)
            count += 1
        return count

    with ThreadPoolExecutor(agents) as threads:
        counts = list(threads.map(work, range(agents)))
    return sum(counts) / (time.monotonic() - began), (time.process_time() - cpu) / sum(counts) * 1e6


def claim(desk: Desk, agent: int) -> Callback:
    claimed = desk.claim_next(None, f"agent {agent}")
    if claimed is None:
        raise SystemExit("too few are waiting for so many rounds: give a larger --waiting")
    return claimed


def compare_sizes(database: str, few: House, many: House, rounds: int) -> None:
    """The cost of a claim with many waiting over that with a few, in turn, so that both meet the same disk."""
    costs: dict[str, list[float]] = {"few": [], "many": []}
    for _ in range(rounds):
        for name, house in (("few", few), ("many", many)):
            began = time.perf_counter()
            with ThreadPoolExecutor(AGENTS) as threads:
                taken = list(threads.map(lambda number, desk=house.desk: claim(desk, number % AGENTS), range(BLOCK)))
            costs[name].append((time.perf_counter() - began) / BLOCK)
            give_back(house, [callback.id for callback in taken])
    medians = {name: statistics.median(each) * 1e6 for name, each in costs.items()}
    print(
        f"{database}, a claim of {AGENTS} agents: {medians['few']:.0f} µs with {FEW} waiting, {medians['many']:.0f} µs "
        f"with many; ratio {medians['many'] / medians['few']:.2f}",
        flush=True,
    )


def give_back(house: House, ids: list[str]) -> None:
    free = {"state": "ready", "holder": None, "nonce": None, "lease_expires_at": None}
    with writing(house.engine) as connection:
        connection.execute(
            callbacks.update().where(callbacks.c.id.in_(ids)).values(**free, version=callbacks.c.version + 1)
        )
    refresh(house.engine, house.queue, ids)


if __name__ == "__main__":
    sys.setswitchinterval(0.001)  # as in the api
    main()
