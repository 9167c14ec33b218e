"""Agents of a drill: they claim, call back, complete and release by the JSON interface, and sometimes vanish."""

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
class AgentAction:
    """What an agent did, and the last HTTP `status`; 0 when no answer came.

    `was_in_doubt`: an earlier try got no answer, so this one may repeat it.
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
    actions: list[AgentAction] = field(default_factory=list)
    vanished: int = 0
    slowest_seconds: float = 0.0

    async def work(self, stop: asyncio.Event) -> None:
        """Work on one callback after the other until `stop` is set."""
        random = Random(f"agent {self.name} {self.seed}")
        async with httpx2.AsyncClient(
            base_url=self.url, headers={"authorization": f"Bearer {self.token}"}, timeout=30, trust_env=False
        ) as client:
            while not stop.is_set():
                await asyncio.sleep(random.uniform(0.2, 1.5))
                await self._take_one(client, random)

    async def _take_one(self, client: httpx2.AsyncClient, random: Random) -> None:
        # A claim whose answer was lost does not count: the callback returns when its lease ends.
        try:
            answer = await client.post("/api/callbacks/claim", json={})
        except httpx2.HTTPError:
            return
        if answer.status_code != 200:
            return
        claimed = answer.json()
        callback_id, nonce = str(claimed["id"]), str(claimed["nonce"])
        self.actions.append(AgentAction(self.name, "claim", callback_id, nonce, 200, was_in_doubt=False))
        await asyncio.sleep(random.uniform(0.0, 1.5))
        held = {"nonce": nonce}
        draw = random.random()
        if draw < 0.08:
            self.vanished += 1
        elif draw < 0.75:
            await self._do(client, "complete", callback_id, held | {"outcome": "resolved"})
        elif draw < 0.9:
            told = {"outcome": random.choice(("busy", "no_answer", "carrier_failure")), "key": uuid.uuid4().hex}
            await self._do(client, "attempt", callback_id, held | told)
        else:
            await self._do(client, "release", callback_id, held)

    async def _do(self, client: httpx2.AsyncClient, verb: Verb, callback_id: str, body: dict[str, str]) -> None:
        """Send the request, and send it again while its result is unknown."""
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
        self.actions.append(AgentAction(self.name, verb, callback_id, body["nonce"], status, was_in_doubt))
