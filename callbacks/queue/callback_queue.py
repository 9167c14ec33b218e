"""The Python face of queue.lua: the order of callbacks, their leases and the bell, in a Redis-compatible server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast

import redis

from callbacks.callback import FINAL_STATES, HELD_STATES, Callback, State
from callbacks.queue.circuit import Circuit, QueueError
from runtime.moments import span_ms, to_ms

One = TypeVar("One")

# Callbacks of one upsert: the server is busy with them for some 5 ms.
_BATCH: Final = 250
_SCRIPT: Final = Path(__file__).with_name("queue.lua")

Mode = Literal["news", "quiet", "force", "truth"]
Place = Literal["ready", "wait", "lease", "gone"]


class QueueUntrusted(QueueError):
    """The index is empty or not the one that SQL knows of. The clock builds it again."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A callback that the index keeps for one agent; it is claimed once SQL confirms this version."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index has of one callback, in its own words; all empty when nothing. `score` is that of its place."""

    version: str
    place: str
    queue: str
    score: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many callbacks stand in each place of the index."""

    ready: int
    waiting: int
    leased: int


def place_of(state: State | str) -> Place:
    """Where a callback of this state belongs in the index."""
    if state in FINAL_STATES:
        return "gone"
    if state in HELD_STATES:
        return "lease"
    return "wait" if state == "waiting" else "ready"


class CallbackQueue:
    """The queue of one tenant. Safe to share between threads; every method may raise QueueAway.

    `epoch` is the one that SQL knows: an index that carries another is not trusted (index.py).
    """

    def __init__(self, client: redis.Redis, tenant: str = "main", circuit: Circuit | None = None) -> None:
        self.prefix = f"cb:{{{tenant}}}"
        self.name = f"queue:{tenant}"
        self._client = client
        self._script = client.register_script(_SCRIPT.read_text())
        self._circuit = circuit or Circuit()

    def upsert(self, callbacks: Iterable[Callback], now: datetime, mode: Mode = "news") -> int:
        """Put callbacks where their state says, unless the index knows a newer version; return how many were taken."""
        taken = 0
        for some in _batches(callbacks):
            records = [field for callback in some for field in _record(callback, now)]
            taken += int(self._run("upsert", mode, to_ms(now), *records))
        return taken

    def forget(self, callback_ids: Iterable[str]) -> None:
        """Take callbacks out that SQL does not know at all."""
        for callback_id in callback_ids:
            self._run("upsert", "truth", 0, callback_id, 0, "gone", "gone", "", 0, 0, 0, "", "", "")

    def entries(self, callback_ids: Sequence[str]) -> list[Entry]:
        """What it has of each of these now."""
        found: list[Entry] = []
        for some in _batches(callback_ids):
            found += (Entry(*line.split("\t")) for line in str(self._run("entries", *some)).split("\n"))
        return found

    def members(self, place: str, cursor: str, count: int) -> tuple[str, list[str]]:
        """Some ids of a place (ready:QUEUE, wait or lease), about `count`, and where to go on; "0" begins and ends."""
        cursor, ids = self._run("members", place, cursor, count)
        return cursor, ids.split("\n") if ids else []

    def is_member(self, place: str, callback_id: str) -> bool:
        return self._ask("ZSCORE", f"{self.prefix}:{place}", callback_id) is not None

    def places(self) -> list[str]:
        """The names of all places."""
        return [*(f"ready:{queue}" for queue in sorted(self._queues())), "wait", "lease"]

    def claim(
        self, epoch: str, queues: Sequence[str] | None, holder: str, nonce: str, lease: timedelta
    ) -> Reserved | None:
        """Reserve the earliest due of these queues (None: of all). Raises QueueUntrusted."""
        if queues is not None and not queues:
            return None
        return self._reserved(self._run("claim", epoch, span_ms(lease), holder, nonce, *(queues or ())))

    def claim_id(self, epoch: str, callback_id: str, holder: str, nonce: str, lease: timedelta) -> Reserved | None:
        """Reserve this one if it is ready. Raises QueueUntrusted."""
        return self._reserved(self._run("claim_id", epoch, span_ms(lease), holder, nonce, callback_id))

    def renew(self, callback_id: str, nonce: str, lease: timedelta) -> bool:
        return bool(self._run("renew", callback_id, nonce, span_ms(lease)))

    def release(self, callback_id: str, nonce: str) -> bool:
        """Undo a claim that SQL did not confirm."""
        return bool(self._run("release", callback_id, nonce))

    def promote(self, now: datetime, limit: int = 1000) -> list[str]:
        """Move those whose time to wait is over to ready, and name them."""
        return _names(self._run("promote", to_ms(now), limit))

    def expired(self, limit: int = 1000) -> list[str]:
        """Name those whose lease is over by the server's clock, for SQL to decide; others see them again after 5 seconds."""
        return _names(self._run("expired", limit))

    def due_warnings(self, now: datetime, limit: int = 1000) -> list[str]:
        """Ring for those that are due within 15 minutes, once each, and name them."""
        return _names(self._run("due_warnings", to_ms(now), limit))

    def is_trusted(self, epoch: str) -> bool:
        """Whether the index carries this epoch."""
        return bool(epoch) and self._ask("GET", f"{self.prefix}:epoch") == epoch

    def counts(self) -> Counts:
        ready = sum(int(self._ask("ZCARD", f"{self.prefix}:ready:{queue}")) for queue in self._queues())
        waiting, leased = (int(self._ask("ZCARD", f"{self.prefix}:{place}")) for place in ("wait", "lease"))
        return Counts(ready, waiting, leased)

    def ids(self) -> set[str]:
        """Every callback that stands in some place of the index."""
        keys = [f"{self.prefix}:{place}" for place in self.places()]
        return {callback_id for key in keys for callback_id in _names(self._ask("ZRANGE", key, 0, -1))}

    def begin_rebuild(self, builder: str, patience: timedelta) -> bool:
        """Become the one builder for a while: the index is distrusted and emptied. False when another is at it."""
        if not self._ask("SET", f"{self.prefix}:rebuild", builder, "NX", "PX", span_ms(patience)):
            return False
        self._ask("DEL", f"{self.prefix}:epoch")
        keep = {f"{self.prefix}:rebuild", f"{self.prefix}:events"}
        cursor = "0"
        while True:
            cursor, keys = self._ask("SCAN", cursor, "MATCH", f"{self.prefix}:*", "COUNT", 1000)
            gone = [key for key in keys if key not in keep]
            if gone:
                self._ask("UNLINK", *gone)
            if str(cursor) == "0":
                return True

    def end_rebuild(self, builder: str, epoch: str) -> None:
        """The index is whole: trust it, by the epoch that SQL holds already."""
        self._ask("SET", f"{self.prefix}:epoch", epoch)
        self.give_up_rebuild(builder)

    def give_up_rebuild(self, builder: str) -> None:
        """Let another be the builder."""
        if self._ask("GET", f"{self.prefix}:rebuild") == builder:
            self._ask("DEL", f"{self.prefix}:rebuild")

    def _queues(self) -> list[str]:
        return _names(self._ask("SMEMBERS", f"{self.prefix}:queues"))

    def _reserved(self, answer: list[str]) -> Reserved | None:
        match answer:
            case ["taken", callback_id, version]:
                return Reserved(callback_id, int(version))
            case ["none"]:
                return None
            case _:
                raise QueueUntrusted(f"the index {self.prefix} does not carry the epoch that SQL knows")

    def _run(self, *arguments: str | float) -> Any:
        return self._circuit.ask(lambda: self._script(keys=[self.prefix], args=list(arguments)))

    def _ask(self, *command: str | int) -> Any:
        return self._circuit.ask(
            lambda: self._client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py leaves it bare
        )


def _record(callback: Callback, now: datetime) -> tuple[str | int, ...]:
    """The eleven fields of one callback, in the order that queue.lua reads them."""
    lease_left = span_ms(callback.lease_expires_at - now) if callback.lease_expires_at is not None else 0
    not_before = "+inf" if callback.not_before is None else str(to_ms(callback.not_before))
    return (
        callback.id,
        callback.version,
        place_of(callback.state),
        callback.state,
        callback.queue,
        to_ms(callback.due_at),
        not_before,
        lease_left,
        callback.language,
        callback.holder or "",
        callback.nonce or "",
    )


def _batches(all_of_them: Iterable[One]) -> Iterator[list[One]]:
    rest = iter(all_of_them)
    while some := list(islice(rest, _BATCH)):
        yield some


def _names(answer: Any) -> list[str]:
    return cast("list[str]", list(answer))
