"""Claims per second, durable in SQL, against the bare script of the queue server; and their cost by how many are waiting.

    .venv/bin/python -m bench.claims [--seconds 3] [--rounds 5] [--agents 1,16,40] [--waiting 1000000]
                                     [--database postgresql+psycopg://…] [--folder FOLDER]

Starts a queue server of its own. The database must be empty; it is filled and emptied again. Prints ratios, medians of rounds.
Agents are requests of one event loop, as in the api. The bare script is asked by as many threads and by as many tasks of an event
loop, and the ratio is to the faster of both.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis
import redis.asyncio
import sqlalchemy as sa
import uvloop
from sqlalchemy.engine import Engine

from bench.stored import emptied, fill
from callbacks import loans_beside
from callbacks.desk import LEASE, Desk
from callbacks.queue.callback_queue import SCRIPT, CallbackQueue
from callbacks.queue.consistency import WINDOW, compare
from callbacks.queue.index import rebuild, refresh
from callbacks.tables import callbacks
from flows.company import Company
from runtime.beside import beside as beside_of
from runtime.embedded import EmbeddedRedis
from runtime.ids import new_id
from runtime.redis import open_redis
from runtime.sql.database import open_database, writing

FEW = 1_000
# Claims of one round of the comparison by size: half of the few that wait, so that every claim has something to find.
BLOCK = 500
BLOCK_AGENTS = 16
TOO_FEW = "too few are waiting for so many rounds: give a larger --waiting"


@dataclass(frozen=True)
class House:
    """A database with so many callbacks ready, and their index."""

    engine: Engine
    queue: CallbackQueue

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """A desk as the api's, for the loop that asks."""
        writer = beside_of(self.engine, loans_beside.DEFINITIONS)
        if writer is not None:
            await writer.start()
        try:
            yield Desk(self.engine, _no_company, self.queue, beside=writer)
        finally:
            if writer is not None:
                writer.close()


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
        yield House(engine, queue)
    engine.dispose()


def _no_company() -> Company:
    raise AssertionError("a claim asks for no company")


def compare_with_the_script(house: House, agents: int, seconds: float, rounds: int) -> None:
    rates: dict[str, list[float]] = {"threads": [], "tasks": [], "durable": []}
    for _ in range(rounds):
        for name, measure in (("threads", bare_in_threads), ("tasks", bare_in_tasks)):
            taken: list[tuple[str, str]] = []
            rates[name].append(measure(house, agents, seconds, taken))
            for callback_id, nonce in taken:
                house.queue.release(callback_id, nonce)
        rates["durable"].append(uvloop.run(durable(house, agents, seconds)))
    ratios = [
        mine / max(others) for mine, *others in zip(rates["durable"], rates["threads"], rates["tasks"], strict=True)
    ]
    medians = {name: statistics.median(each) for name, each in rates.items()}
    print(
        f"{agents:3} agents: ratio {statistics.median(ratios):.2f} ({', '.join(f'{ratio:.2f}' for ratio in ratios)}); "
        f"durable {medians['durable']:.0f}/s, the bare script {medians['threads']:.0f}/s by threads, "
        f"{medians['tasks']:.0f}/s by tasks",
        flush=True,
    )


def bare_in_threads(house: House, agents: int, seconds: float, taken: list[tuple[str, str]]) -> float:
    def ask() -> None:
        nonce = new_id("no")
        lent = house.queue.claim(None, "an agent", nonce, LEASE)
        assert lent is not None, TOO_FEW
        taken.append((lent.id, nonce))

    return at_once(ask, agents, seconds)


def bare_in_tasks(house: House, agents: int, seconds: float, taken: list[tuple[str, str]]) -> float:
    lease_ms = str(round(LEASE.total_seconds() * 1000))

    async def run() -> float:
        address = house.queue._client.connection_pool.connection_kwargs["path"]
        async with redis.asyncio.Redis(unix_socket_path=address, decode_responses=True) as client:
            script = client.register_script(SCRIPT.read_text())

            async def ask() -> None:
                nonce = new_id("no")
                answer = await script([house.queue.prefix], ["claim", house.queue.epoch, lease_ms, "an agent", nonce])
                assert answer[0] == "taken", TOO_FEW
                taken.append((answer[1], nonce))

            return await at_once_in_loop(ask, agents, seconds)

    return uvloop.run(run())


async def durable(house: House, agents: int, seconds: float) -> float:
    async with house.desk() as desk:

        async def claim() -> None:
            assert await desk.claim_next_together(None, "an agent") is not None, TOO_FEW

        return await at_once_in_loop(claim, agents, seconds)


def compare_sizes(few: House, many: House, rounds: int) -> None:
    """The cost of a claim with many waiting over that with a few, in turn, so that both meet the same disk."""
    costs: dict[str, list[float]] = {"few": [], "many": []}
    for _ in range(rounds):
        for name, house in (("few", few), ("many", many)):
            taken: list[str] = []
            costs[name].append(uvloop.run(cost_of_a_block(house, taken)))
            if house is few:
                give_back(house, taken)
    medians = {name: statistics.median(each) * 1e6 for name, each in costs.items()}
    print(
        f"a claim of {BLOCK_AGENTS} agents: {medians['few']:.0f} µs with {FEW} waiting, {medians['many']:.0f} µs with many; "
        f"ratio {medians['many'] / medians['few']:.2f}",
        flush=True,
    )


async def cost_of_a_block(house: House, taken: list[str]) -> float:
    """Seconds a claim."""
    left = iter(range(BLOCK))
    async with house.desk() as desk:

        async def claim() -> None:
            for _ in left:
                claimed = await desk.claim_next_together(None, "an agent")
                assert claimed is not None, TOO_FEW
                taken.append(claimed.id)

        began = time.perf_counter()
        await asyncio.gather(*(claim() for _ in range(BLOCK_AGENTS)))
        return (time.perf_counter() - began) / BLOCK


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
    threads = [threading.Thread(target=run) for _ in range(agents)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) < agents:
        raise SystemExit("an agent failed; see above")
    return sum(counts) / (time.monotonic() - began)


async def at_once_in_loop(work: Callable[[], Awaitable[None]], agents: int, seconds: float) -> float:
    """How often a second so many tasks together do it."""
    until = time.monotonic() + seconds

    async def run() -> int:
        count = 0
        while time.monotonic() < until:
            await work()
            count += 1
        return count

    began = time.monotonic()
    counts = await asyncio.gather(*(run() for _ in range(agents)))
    return sum(counts) / (time.monotonic() - began)


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
