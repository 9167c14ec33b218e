"""The calls of a drill, many at once: who rings when, with which script, over which network. One seed, one list of calls."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from drill.agents import Agent, Deed
from drill.caller import Story, Wish, live_through
from ivr.line.store.account import LineAccount

COMPANY_NUMBER = "+37167000000"
SAMPLE_RATE_HZ = 8000
# A fifth of the calls come from people who ring again and again: their messages join, their callbacks are reopened.
REGULARS = 12
# Documents are delayed by less than the promise of three seconds leaves room for; callbacks may come late or never.
NETWORKS = (
    "",
    "duplicate=0.3",
    "duplicate=0.2 delay=0.2:0.3s reorder",
    "drop=0.3",
    "drop=recording drop=status",
    "duplicate=0.5 drop=0.2 delay=0.1:0.5s",
)
MODES = ("", "", "empty-recording=next", "recording-callback=before", "availability=2s", "hangup-in-dial=none")


def wishes(seed: int, seconds: float, calls_per_minute: float, sounds: list[Path]) -> list[Wish]:
    """All calls of a drill in order. `sounds` are the messages that callers may speak."""
    chance = Random(f"calls {seed}")
    found: list[Wish] = []
    at = 0.5
    while at < seconds:
        number = len(found)
        found.append(
            Wish(
                number=number,
                at_seconds=round(at, 2),
                from_number=_caller(chance, number),
                script=_script(chance, sounds),
                faults=chance.choice(NETWORKS),
                modes=chance.choice(MODES),
                seed=chance.randrange(1 << 30),
                hang_up_at=chance.randrange(1, 14) if chance.random() < 0.25 else None,
                max_pause_seconds=chance.choice((0.5, 2.0, 6.0)),
            )
        )
        at += chance.expovariate(calls_per_minute / 60)
    return found


def make_sounds(folder: Path, seed: int, clips: Path | None) -> list[Path]:
    """Short messages: tones and noise, which cost a worker little, and a few clips of real speech where there are any."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    made = []
    for number, seconds in enumerate((1.0, 1.6, 2.5)):
        time_axis = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        tone = 0.2 * np.sin(2 * np.pi * (300 + 200 * number) * time_axis)
        path = folder / f"tone-{number}.wav"
        soundfile.write(path, tone + chance.normal(0, 0.02, len(time_axis)), SAMPLE_RATE_HZ, subtype="PCM_16")
        made.append(path)
    if clips is not None:
        made += sorted(clips.glob("zeroth*.wav"))[:2]
    return made


class Carrier:
    """Plays all calls and lets the agents work, in a thread of its own; `finish` waits for the last one."""

    def __init__(self, account: LineAccount, calls: list[Wish], agents: list[Agent]) -> None:
        self.stories: list[Story] = []
        self.most_at_once = 0
        self._account = account
        self._calls = calls
        self._agents = agents
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="callers", daemon=True)
        self._under_way = 0
        self._failure: BaseException | None = None

    @property
    def deeds(self) -> list[Deed]:
        return [deed for agent in self._agents for deed in agent.deeds]

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def finish(self, within_seconds: float) -> None:
        """Wait for the last call. Raises what stopped the callers, or AssertionError when they do not end."""
        self._thread.join(within_seconds)
        if self._failure is not None:
            raise self._failure
        if self._thread.is_alive():
            raise AssertionError("the calls did not end in time")

    async def _run(self) -> None:
        try:
            stop = asyncio.Event()
            working = [asyncio.create_task(agent.work(stop)) for agent in self._agents]
            began = time.monotonic()
            ringing = []
            for wish in self._calls:
                await asyncio.sleep(max(0.0, began + wish.at_seconds - time.monotonic()))
                ringing.append(asyncio.create_task(self._ring(wish)))
            await asyncio.gather(*ringing)
            stop.set()
            await asyncio.gather(*working)
        except BaseException as error:
            self._failure = error
            raise

    async def _ring(self, wish: Wish) -> None:
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        self.stories.append(await live_through(self._account, COMPANY_NUMBER, wish))
        self._under_way -= 1


def _caller(chance: Random, number: int) -> str:
    draw = chance.random()
    if draw < 0.05:
        return "anonymous"
    if draw < 0.25:
        return f"+3712910{chance.randrange(REGULARS):04d}"
    return f"+3712{number:07d}"


def _script(chance: Random, sounds: list[Path]) -> str:
    """What the caller means to do. A regular whose language is known is not asked for it; then the keys mean others."""
    language = chance.choice(("key 1", "key 1", "key 2", "silence"))
    sound = chance.choice(sounds) if chance.random() < 0.15 else chance.choice(sounds[:3])
    message = chance.choice((f"record {sound}", f"record {sound} then #", f"record {sound} then hangup", "say nothing"))
    ending = chance.choice(
        (
            f"key 4, {message}",
            f"key 4, {message}",
            f"key 2, {message}",
            "key 3, key 1",
            "key 3, key 1",
            f"key 3, key 2, {message}",
            f"silence, silence, {message}",
            f"keys 9, silence, {message}",
            f"dial {chance.choice(('busy', 'no-answer', 'failed'))}, key 1, key 1",
            f"dial busy, key 0, key 2, {message}",
            "dial answered 20s, key 1",
            "hangup",
        )
    )
    return f"{language}, {ending}"
