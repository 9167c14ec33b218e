"""Agents at work over the JSON interface: they claim, ring back, complete, give back, and sometimes just vanish."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from random import Random
from typing import Literal

import httpx2

Verb = Literal["claim", "complete", "attempt", "release"]
TRIES = 12
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Deed:
    """What an agent did and what came of it: `status` is the last answer, 0 when none came at all.

    `was_in_doubt`: an earlier try got no answer, so that this one may be its repeat.
    """

    agent: str
    verb: Verb
    callback_id: str
    nonce: str
    status: int
    was_in_doubt: bool


@dataclass(slots=True)
class Agent:
    name: str
    url: str
    token: str
    seed: int
    deeds: list[Deed] = field(default_factory=list)
    vanished: int = 0
    slowest_seconds: float = 0.0

    async def work(self, stop: asyncio.Event) -> None:
        """Take one callback after the other until `stop` is set."""
        chance = Random(f"agent {self.name} {self.seed}")
        async with httpx2.AsyncClient(
            base_url=self.url, headers={"authorization": f"Bearer {self.token}"}, timeout=30, trust_env=False
        ) as client:
            while not stop.is_set():
                await asyncio.sleep(chance.uniform(0.2, 1.5))
                await self._take_one(client, chance)

    async def _take_one(self, client: httpx2.AsyncClient, chance: Random) -> None:
        # A claim whose answer was lost is no deed: the callback comes back when its lease ends.
        try:
            answer = await client.post("/api/callbacks/claim", json={})
        except httpx2.HTTPError:
            return
        if answer.status_code != 200:
            return
        claimed = answer.json()
        callback_id, nonce = str(claimed["id"]), str(claimed["nonce"])
        self.deeds.append(Deed(self.name, "claim", callback_id, nonce, 200, was_in_doubt=False))
        await asyncio.sleep(chance.uniform(0.0, 1.5))
        held = {"nonce": nonce}
        draw = chance.random()
        if draw < 0.08:
            self.vanished += 1
        elif draw < 0.75:
            await self._do(client, "complete", callback_id, held | {"outcome": "resolved"})
        elif draw < 0.9:
            told = {"outcome": chance.choice(("busy", "no_answer", "carrier_failure")), "key": uuid.uuid4().hex}
            await self._do(client, "attempt", callback_id, held | told)
        else:
            await self._do(client, "release", callback_id, held)

    async def _do(self, client: httpx2.AsyncClient, verb: Verb, callback_id: str, body: dict[str, str]) -> None:
        """Do it, and do it again while it is not known whether it was done."""
        status, was_in_doubt = 0, False
        path = f"/api/callbacks/{callback_id}/{'attempts' if verb == 'attempt' else verb}"
        for _ in range(TRIES):
            try:
                answer = await client.post(path, json=body)
                status = answer.status_code
            except httpx2.HTTPError:
                status = 0
            if status and status < 500:
                break
            was_in_doubt = True
            await asyncio.sleep(PAUSE_SECONDS)
        self.deeds.append(Deed(self.name, verb, callback_id, body["nonce"], status, was_in_doubt))
