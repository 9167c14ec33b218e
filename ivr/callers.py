"""What is known of a caller when the phone rings: asked of SQL by one thread, for all who ring at that moment at once."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Collection
from dataclasses import dataclass

import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from callbacks.promises import open_promises
from customers.customer import owners_of
from flows.session import Caller
from runtime.database import reading

log = structlog.get_logger()

MAX_BATCH = 64


def look_up(connection: Connection, numbers: Collection[str]) -> dict[str, Caller]:
    """Name, language and open promise of the customers with these numbers; who is not known is left out."""
    owners = owners_of(connection, numbers)
    promised = open_promises(connection, [owner.id for owner in owners.values()])
    return {
        number: Caller(number, owner.name, owner.language, promised.get(owner.id)) for number, owner in owners.items()
    }


@dataclass(slots=True)
class _Asked:
    number: str
    loop: asyncio.AbstractEventLoop
    found: asyncio.Future[Caller]


class Callers:
    """Looks callers up without keeping the event loop waiting. One thread, one database connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="callers", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._asked.put(None)

    async def find(self, number: str | None, patience_seconds: float) -> Caller:
        """The caller with this number. Only the number, when nothing is known or SQL takes longer than `patience_seconds`."""
        if number is None:
            return Caller()
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Caller] = loop.create_future()
        self._asked.put(_Asked(number, loop, found))
        try:
            async with asyncio.timeout(patience_seconds):
                return await found
        except TimeoutError:
            log.warning("caller.look_up_slow")
            return Caller(number)

    def _run(self) -> None:
        while (first := self._asked.get()) is not None:
            batch = [first]
            while len(batch) < MAX_BATCH and not self._asked.empty():
                following = self._asked.get()
                if following is None:
                    return
                batch.append(following)
            try:
                with reading(self._engine) as connection:
                    known = look_up(connection, {asked.number for asked in batch})
            except SQLAlchemyError as error:
                log.warning("caller.look_up_failed", reason=str(error)[:200])
                known = {}
            for loop in {asked.loop for asked in batch}:
                mine = [
                    (asked.found, known.get(asked.number) or Caller(asked.number))
                    for asked in batch
                    if asked.loop is loop
                ]
                loop.call_soon_threadsafe(_settle, mine)


def _settle(settled: list[tuple[asyncio.Future[Caller], Caller]]) -> None:
    for found, caller in settled:
        if not found.done():
            found.set_result(caller)
