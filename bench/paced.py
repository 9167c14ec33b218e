"""Whole calls at a steady rate against a running api: how long each of their webhooks waits for its answer."""

from __future__ import annotations

import asyncio
import html
import re
import secrets
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from bench.reference import BASE_URL, TOKEN

ACCOUNT = "AC00000000000000000000000000000001"
# A call does one thing after the other with this pause: it rings, chooses a language, presses keys, and is completed. One call in
# so many leaves a message, of which the recording is told.
PAUSE_SECONDS = 0.25
CALLS_A_MESSAGE = 10
STEPS = ("voice", "turn", "recording", "status")
_SIGN = RequestValidator(TOKEN).compute_signature


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the answers to one kind of webhook took, and how many the api refused because SQL was too slow for them."""

    count: int
    refused: int
    p50_ms: float
    p99_ms: float


def play(port: int, calls_per_second: float, seconds: float) -> dict[str, Waits]:
    """Play calls for so long, each at its own moment, and return the waits by webhook."""
    taken: dict[str, list[float]] = {step: [] for step in STEPS}
    refused: Counter[str] = Counter()
    asyncio.run(_play(port, calls_per_second, seconds, taken, refused))
    return {
        step: Waits(len(each), refused[step], statistics.median(each), statistics.quantiles(each, n=100)[98])
        for step, each in taken.items()
    }


async def _play(
    port: int, calls_per_second: float, seconds: float, taken: dict[str, list[float]], refused: Counter[str]
) -> None:
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(round(calls_per_second * seconds)):
            await asyncio.sleep(max(0.0, began + number / calls_per_second - time.perf_counter()))
            group.create_task(_call(port, number, taken, refused))


async def _call(port: int, number: int, taken: dict[str, list[float]], refused: Counter[str]) -> None:
    caller = f"+3712{number % 5000:07d}"
    facts = {
        "AccountSid": ACCOUNT,
        "CallSid": "CA" + secrets.token_hex(16),
        "Direction": "inbound",
        "From": caller,
        "To": "+37167000000",
    }
    recorded = {"RecordingSid": "RE" + secrets.token_hex(16), "RecordingDuration": "9"}
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def post(step: str, target: str, **more: str) -> str:
        await asyncio.sleep(PAUSE_SECONDS if step != "voice" else 0)
        request = _request(target, facts | more)
        sent = time.perf_counter()
        writer.write(request)
        status, answer = await _answer(reader)
        refused[step] += status == 503
        taken[step].append((time.perf_counter() - sent) * 1000)
        return answer

    document = await post("voice", "/twilio/voice", CallStatus="ringing")
    for key in ("1", "3" if number % CALLS_A_MESSAGE == 0 else "9"):
        if "<Gather" in document:
            document = await post("turn", _link(document, "Gather", "action"), CallStatus="in-progress", Digits=key)
    if "<Record" in document:
        told = _link(document, "Record", "recordingStatusCallback")
        await post("turn", _link(document, "Record", "action"), CallStatus="in-progress", Digits="", **recorded)
        await post("recording", told, CallStatus="in-progress", RecordingStatus="completed", **recorded)
    await post("status", "/twilio/status", CallStatus="completed", CallDuration="20")
    writer.close()


def _request(target: str, form: dict[str, str]) -> bytes:
    body = urlencode(form).encode()
    head = (
        f"POST {target} HTTP/1.1\r\nHost: ivr\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {_SIGN(BASE_URL + target, form)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status = int(head.split(" ", 2)[1])
    assert status in (200, 204, 503), head
    length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
    return status, (await reader.readexactly(int(length[1]) if length else 0)).decode()


def _link(document: str, verb: str, attribute: str) -> str:
    found = re.search(rf'<{verb} [^>]*{attribute}="([^"]+)"', document)
    assert found, document
    return html.unescape(found[1]).removeprefix(BASE_URL)
