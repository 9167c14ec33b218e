"""Claims per second, durable in SQL, against the bare script of the queue server; and their cost by how many are waiting.

    .venv/bin/python -m bench.claims [--seconds 3] [--rounds 5] [--agents 1,16,40] [--waiting 1000000]
                                     [--database postgresql+psycopg://…] [--folder FOLDER]

Starts a queue server of its own. The database must be empty; it is filled and emptied again. Prints ratios, medians of rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bench.stored import emptied, fill
from callbacks.comparison import WINDOW, compare
from callbacks.desk import LEASE, Desk
from callbacks.index import rebuild, refresh
from callbacks.queue import CallbackQueue
from callbacks.tables import callbacks
from flows.company import Company
from runtime.database import open_database, writing
from runtime.embedded import EmbeddedRedis
from runtime.ids import new_id
from runtime.redis import open_redis

FEW = 1_000
# Claims of one round of the comparison by size: half of the few that wait, so that every claim has something to find.
BLOCK = 500
BLOCK_AGENTS = 16


@dataclass(frozen=True)
class House:
    """A database with so many callbacks ready, their index, and a desk."""

    engine: Engine
    queue: CallbackQueue
    desk: Desk


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=3)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--agents", default="1,16,40")
    arguments.add_argument("--waiting", type=int, default=1_000_000)
    arguments.add_argument("--database", default="")
    arguments.add_argument("--folder", type=Path)
    asked = arguments.parse_args()
    sys.setswitchinterval(0.001)  # as in the api
    with tempfile.TemporaryDirectory(prefix="rb-claims-", dir=asked.folder) as name:
        folder = Path(name)
        with EmbeddedRedis(folder / "queue", folder / "s") as server:
            client = open_redis(server.url)
            with (
                house(folder, asked.database, client, "many", asked.waiting) as many,
                beside(asked.database) as other,
                house(folder, other, client, "few", FEW) as few,
            ):
                for agents in map(int, asked.agents.split(",")):
                    compare_with_the_script(many, agents, asked.seconds, asked.rounds)
                compare_sizes(few, many, asked.rounds * 5)
                time_the_comparison(many)


@contextmanager
def house(folder: Path, database: str, client: redis.Redis, name: str, waiting: int) -> Iterator[House]:
    engine = open_database(database or f"sqlite:///{folder / name}.sqlite3", pool_size=50)
    began = time.monotonic()
    with emptied(engine):
        fill(engine, live=waiting)
        filled = time.monotonic()
        queue = CallbackQueue(client, name)
        rebuild(engine, queue)
        print(
            f"{waiting} callbacks in SQL in {filled - began:.0f} s, in the index in {time.monotonic() - filled:.0f} s"
        )
        yield House(engine, queue, Desk(engine, _no_company, queue))
    engine.dispose()


def _no_company() -> Company:
    raise AssertionError("a claim asks for no company")


def compare_with_the_script(house: House, agents: int, seconds: float, rounds: int) -> None:
    bare: list[float] = []
    durable: list[float] = []
    for _ in range(rounds):
        taken: list[tuple[str, str]] = []

        def ask(taken: list[tuple[str, str]] = taken) -> None:
            nonce = new_id("no")
            lent = house.queue.claim(None, "an agent", nonce, LEASE)
            assert lent is not None, "too few are waiting for so many rounds: give a larger --waiting"
            taken.append((lent.id, nonce))

        def claim() -> None:
            assert house.desk.claim_next(None, "an agent") is not None

        bare.append(at_once(ask, agents, seconds))
        for callback_id, nonce in taken:
            house.queue.release(callback_id, nonce)
        durable.append(at_once(claim, agents, seconds))
    ratios = [mine / other for mine, other in zip(durable, bare, strict=True)]
    print(
        f"{agents:3} agents: ratio {statistics.median(ratios):.2f} ({', '.join(f'{ratio:.2f}' for ratio in ratios)}); "
        f"durable {statistics.median(durable):.0f}/s, the bare script {statistics.median(bare):.0f}/s",
        flush=True,
    )


def compare_sizes(few: House, many: House, rounds: int) -> None:
    """The cost of a claim with many waiting over that with a few, in turn, so that both meet the same disk."""
    costs: dict[str, list[float]] = {"few": [], "many": []}
    for _ in range(rounds):
        for name, house in (("few", few), ("many", many)):
            left = iter(range(BLOCK))
            taken: list[str] = []

            def claim(house: House = house, left: Iterator[int] = left, taken: list[str] = taken) -> None:
                for _ in left:
                    claimed = house.desk.claim_next(None, "an agent")
                    assert claimed is not None
                    taken.append(claimed.id)

            began = time.perf_counter()
            in_threads(claim, BLOCK_AGENTS)
            costs[name].append((time.perf_counter() - began) / BLOCK)
            if house is few:
                give_back(house, taken)
    medians = {name: statistics.median(each) * 1e6 for name, each in costs.items()}
    print(
        f"a claim of {BLOCK_AGENTS} agents: {medians['few']:.0f} µs with {FEW} waiting, {medians['many']:.0f} µs with many; "
        f"ratio {medians['many'] / medians['few']:.2f}",
        flush=True,
    )


def give_back(house: House, ids: list[str]) -> None:
    free = {"state": "ready", "holder": None, "nonce": None, "lease_expires_at": None}
    with writing(house.engine) as connection:
        connection.execute(
            callbacks.update().where(callbacks.c.id.in_(ids)).values(**free, version=callbacks.c.version + 1)
        )
    refresh(house.engine, house.queue, ids)


def time_the_comparison(house: House) -> None:
    """What a minute's window of the comparison of index and SQL costs the clock."""
    took = []
    for _ in range(5):
        house.queue.compare_at = 0.0
        began = time.perf_counter()
        compare(house.engine, house.queue)
        took.append(time.perf_counter() - began)
    print(f"a minute's comparison of {WINDOW} callbacks: {statistics.median(took) * 1000:.0f} ms", flush=True)


def at_once(work: Callable[[], None], agents: int, seconds: float) -> float:
    """How often a second so many threads together do it."""
    counts: list[int] = []
    until = time.monotonic() + seconds

    def run() -> None:
        count = 0
        while time.monotonic() < until:
            work()
            count += 1
        counts.append(count)

    began = time.monotonic()
    in_threads(run, agents)
    if len(counts) < agents:
        raise SystemExit("an agent failed; see above")
    return sum(counts) / (time.monotonic() - began)


def in_threads(work: Callable[[], None], agents: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(agents)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def beside(database: str) -> Iterator[str]:
    """Another empty database on the same server; nothing for SQLite, where each house has a file."""
    if not database:
        yield ""
        return
    url = sa.make_url(database)
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE ringback_bench_few")
    try:
        yield url.set(database="ringback_bench_few").render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE ringback_bench_few WITH (FORCE)")


if __name__ == "__main__":
    main()
