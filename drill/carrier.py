"""The calls of a drill: who calls when, with which script and network faults. A seed gives a list of calls."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from drill.agents import Agent, AgentAction
from drill.caller import CallRecord, PlannedCall, make_call
from ivr.line.store.account import LineAccount

COMPANY_NUMBER = "+37167000000"
SAMPLE_RATE_HZ = 8000
# A fifth of the calls come from regular callers, whose messages join open callbacks.
REGULARS = 12
# Documents are delayed by less than three seconds; status and recording callbacks may be late or lost.
NETWORKS = (
    "",
    "duplicate=0.3",
    "duplicate=0.2 delay=0.2:0.3s reorder",
    "drop=0.3",
    "drop=recording drop=status",
    "duplicate=0.5 drop=0.2 delay=0.1:0.5s",
)
MODES = ("", "", "empty-recording=next", "recording-callback=before", "availability=2s", "hangup-in-dial=none")


def planned_calls(seed: int, seconds: float, calls_per_minute: float, sounds: list[Path]) -> list[PlannedCall]:
    """The calls of a drill in order. `sounds` are the messages of callers."""
    random = Random(f"calls {seed}")
    found: list[PlannedCall] = []
    at = 0.5
    while at < seconds:
        number = len(found)
        found.append(
            PlannedCall(
                number=number,
                at_seconds=round(at, 2),
                from_number=_caller(random, number),
                script=_script(random, sounds),
                faults=random.choice(NETWORKS),
                modes=random.choice(MODES),
                seed=random.randrange(1 << 30),
                hang_up_at=random.randrange(1, 14) if random.random() < 0.25 else None,
                max_pause_seconds=random.choice((0.5, 2.0, 6.0)),
            )
        )
        at += random.expovariate(calls_per_minute / 60)
    return found


def make_sounds(folder: Path, seed: int, clips: Path | None) -> list[Path]:
    """Make short messages: tones and noise, and some clips of real speech if there are any."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    made = []
    for number, seconds in enumerate((1.0, 1.6, 2.5)):
        time_axis = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        tone = 0.2 * np.sin(2 * np.pi * (300 + 200 * number) * time_axis)
        path = folder / f"tone-{number}.wav"
        soundfile.write(path, tone + random.normal(0, 0.02, len(time_axis)), SAMPLE_RATE_HZ, subtype="PCM_16")
        made.append(path)
    if clips is not None:
        made += sorted(clips.glob("zeroth*.wav"))[:2]
    return made


class Carrier:
    """Makes all calls and runs the agents, in a thread of its own; `finish` waits for the last call."""

    def __init__(self, account: LineAccount, calls: list[PlannedCall], agents: list[Agent]) -> None:
        self.stories: list[CallRecord] = []
        self.most_at_once = 0
        self._account = account
        self._calls = calls
        self._agents = agents
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="callers", daemon=True)
        self._under_way = 0
        self._failure: BaseException | None = None

    @property
    def actions(self) -> list[AgentAction]:
        return [action for agent in self._agents for action in agent.actions]

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def finish(self, within_seconds: float) -> None:
        """Wait for the last call. Raises the exception that stopped the callers, or AssertionError after the time limit."""
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
            for planned in self._calls:
                await asyncio.sleep(max(0.0, began + planned.at_seconds - time.monotonic()))
                ringing.append(asyncio.create_task(self._ring(planned)))
            await asyncio.gather(*ringing)
            stop.set()
            await asyncio.gather(*working)
        except BaseException as error:
            self._failure = error
            raise

    async def _ring(self, planned: PlannedCall) -> None:
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        self.stories.append(await make_call(self._account, COMPANY_NUMBER, planned))
        self._under_way -= 1


def _caller(random: Random, number: int) -> str:
    draw = random.random()
    if draw < 0.05:
        return "anonymous"
    if draw < 0.25:
        return f"+3712910{random.randrange(REGULARS):04d}"
    return f"+3712{number:07d}"


def _script(random: Random, sounds: list[Path]) -> str:
    """The script of a caller. A regular caller is not asked for the language, so the keys differ."""
    language = random.choice(("key 1", "key 1", "key 2", "silence"))
    sound = random.choice(sounds) if random.random() < 0.15 else random.choice(sounds[:3])
    message = random.choice((f"record {sound}", f"record {sound} then #", f"record {sound} then hangup", "say nothing"))
    ending = random.choice(
        (
            f"key 4, {message}",
            f"key 4, {message}",
            f"key 2, {message}",
            "key 3, key 1",
            "key 3, key 1",
            f"key 3, key 2, {message}",
            f"silence, silence, {message}",
            f"keys 9, silence, {message}",
            f"dial {random.choice(('busy', 'no-answer', 'failed'))}, key 1, key 1",
            f"dial busy, key 0, key 2, {message}",
            "dial answered 20s, key 1",
            "hangup",
        )
    )
    return f"{language}, {ending}"
