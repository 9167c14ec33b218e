"""Carries the line's requests to us as Twilio's do: signed, within 15 seconds, with faults where they were asked for.

Rules 36 to 45 of docs/twiml-rules.md.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlencode, urljoin

import httpx2
import structlog

from ivr.line.twiml.document import MAX_BODY_BYTES, DocumentFailed
from ivr.line.webhooks.faults import Fate, Faults, RequestKind
from ivr.line.webhooks.signing import address_to_sign, sign

TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0
MAX_REDIRECTS = 10
MAX_MEDIA_BYTES = 40 * 1024 * 1024

log = structlog.get_logger()
Parameters = list[tuple[str, str]]
Warn = Callable[[int, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook answered; `url` is where it was found in the end, without the parameters of a GET."""

    status: int
    content_type: str
    body: bytes
    url: str


class Courier:
    """Carries the requests of one call; counts answers that differ though the request was the same."""

    def __init__(self, client: httpx2.AsyncClient, auth_token: str, faults: Faults, chance: Random, warn: Warn) -> None:
        """`client` keeps the call's cookies; `warn` tells of trouble that does not stop the call."""
        self._client = client
        self._auth_token = auth_token
        self._faults = faults
        self._chance = chance
        self._warn = warn
        self._under_way: set[asyncio.Task[None]] = set()
        self._held: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self.differing_answers = 0

    async def ask(self, method: str, url: str, parameters: Parameters) -> Answer:
        """Ask for a document and give the answer with its status 2xx. Raises DocumentFailed with Twilio's code."""
        fate = self._faults.befall("document", self._chance)
        token = str(uuid.uuid4())
        await asyncio.sleep(fate.delay_seconds)

        def send() -> Coroutine[Any, Any, Answer]:
            return self._within_time(method, url, parameters, token)

        match fate.repeat:
            case "together":
                first, second = await asyncio.gather(_caught(send()), _caught(send()))
                self._compare(first, second)
                return _given(first)
            case "after":
                first = await _caught(send())
                self._compare(first, await _caught(send()))
                return _given(first)
            case "late":
                first = await _caught(send())
                self._start(self._repeat_late(first, send()))
                return _given(first)
            case None:
                return await send()

    def call_back(self, kind: RequestKind, method: str, url: str, parameters: Parameters) -> asyncio.Task[None] | None:
        """Send a status or recording callback on its own way; None when it is lost or held back to the call's end."""
        fate = self._faults.befall(kind, self._chance)
        if fate.is_dropped:
            log.info("line.callback_dropped", kind=kind)
            return None
        if fate.is_held:
            self._held.append(lambda: self._deliver(kind, method, url, parameters, fate))
            return None
        return self._start(self._deliver(kind, method, url, parameters, fate))

    async def settle(self, within_seconds: float) -> None:
        """Send what was held back, in another order, and wait for all that is under way."""
        self._chance.shuffle(self._held)
        for deliver in self._held:
            await deliver()
        self._held.clear()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=within_seconds)

    async def media(self, url: str) -> tuple[bytes, str] | None:
        """Fetch what <Play> plays; None after a warning when it cannot be had (rule 38). It carries no parameters."""
        try:
            answer = await self._with_timeout(self._followed("GET", url, [], "", MAX_MEDIA_BYTES), url)
            if not 200 <= answer.status < 300:
                raise DocumentFailed(11200, f"{url} answered {answer.status}")
            if not answer.content_type.startswith("audio/"):
                raise DocumentFailed(12300, f"{url} has content type {answer.content_type!r}, which is not audio")
        except DocumentFailed as error:
            await self._warn(error.code, error.message)
            return None
        return answer.body, answer.content_type

    async def _deliver(self, kind: RequestKind, method: str, url: str, parameters: Parameters, fate: Fate) -> None:
        await asyncio.sleep(fate.delay_seconds)
        token = str(uuid.uuid4())
        times = 2 if fate.repeat else 1
        sent = (self._within_time(method, url, parameters, token) for _ in range(times))
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, DocumentFailed):
                await self._warn(15003, f"{kind} callback: {outcome.message}")
            elif isinstance(outcome, BaseException):
                raise outcome

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _repeat_late(self, first: Answer | BaseException, again: Coroutine[Any, Any, Answer]) -> None:
        self._compare(first, await _caught(again))

    def _compare(self, first: Answer | BaseException, second: Answer | BaseException) -> None:
        """The same request must get the same answer (rule 45)."""
        alike = (
            (first.status, first.body) == (second.status, second.body)
            if isinstance(first, Answer) and isinstance(second, Answer)
            else str(first) == str(second)
        )
        if not alike:
            self.differing_answers += 1
            log.warning("line.answers_differ", url=first.url.partition("?")[0] if isinstance(first, Answer) else "")

    async def _within_time(self, method: str, url: str, parameters: Parameters, token: str) -> Answer:
        answer = await self._with_timeout(self._followed(method, url, parameters, token, MAX_BODY_BYTES), url)
        if not 200 <= answer.status < 300:
            raise DocumentFailed(11200, f"{url} answered {answer.status}")
        return answer

    async def _with_timeout(self, work: Coroutine[Any, Any, Answer], url: str) -> Answer:
        """Give `work` the 15 seconds that every request of a call has, and name its failures as Twilio does."""
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await work
        except (TimeoutError, httpx2.ReadTimeout):
            raise DocumentFailed(11200, f"{url} did not answer within {TOTAL_SECONDS:.0f} s") from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise DocumentFailed(11205, f"{url} could not be reached: {error}") from None
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise DocumentFailed(11100, f"{url} is not an address that can be asked: {error}") from None
        except httpx2.HTTPError as error:
            raise DocumentFailed(11200, f"{url} broke off: {error}") from None

    async def _followed(self, method: str, url: str, parameters: Parameters, token: str, most_bytes: int) -> Answer:
        """Follow up to ten redirects; each loses the parameters, as at Twilio (rule 44)."""
        answer = await self._once(method, url, parameters, token, most_bytes)
        for _ in range(MAX_REDIRECTS):
            if not 300 <= answer.status < 400:
                return answer
            answer = await self._once("GET", urljoin(answer.url, answer.body.decode()), [], token, most_bytes)
        if 300 <= answer.status < 400:
            raise DocumentFailed(11215, f"{url} redirects more than {MAX_REDIRECTS} times")
        return answer

    async def _once(self, method: str, url: str, parameters: Parameters, token: str, most_bytes: int) -> Answer:
        """One request, tried again once when no connection was made (rule 43); a redirect's body is its target.

        A body beyond `most_bytes` is cut off a little later, so that the reader sees that it is too large.
        """
        address = url.partition("#")[0]
        target, form = address, parameters
        if method == "GET" and parameters:
            target, form = f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}", []
        request = self._client.build_request(
            method,
            target,
            content=urlencode(form).encode() if method == "POST" else None,
            headers=_headers(method, token),
        )
        if token:
            signed_address = address_to_sign(str(request.url))
            request.headers["X-Twilio-Signature"] = sign(signed_address, form, self._auth_token)
        try:
            response = await self._client.send(request, stream=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            response = await self._client.send(request, stream=True)
        try:
            if response.is_redirect:
                return Answer(response.status_code, "", response.headers["location"].encode(), address)
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > most_bytes:
                    break
            return Answer(response.status_code, response.headers.get("content-type", ""), body, address)
        finally:
            await response.aclose()


def _headers(method: str, token: str) -> dict[str, str]:
    headers = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"}
    if token:
        headers["I-Twilio-Idempotency-Token"] = token
    if method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
    return headers


async def _caught(work: Coroutine[Any, Any, Answer]) -> Answer | BaseException:
    try:
        return await work
    except DocumentFailed as error:
        return error


def _given(answer: Answer | BaseException) -> Answer:
    if isinstance(answer, BaseException):
        raise answer
    return answer
